"""SQL that the ORM writes once and that is run again and again with other values.

For the few statements that every respondent waits for: putting the same query together anew
costs several times what the database needs to answer it. What is run is the ORM's own SQL for the
database at hand; tests hold it against what the ORM does with the same values.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakSet

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    BooleanField,
    CharField,
    Field,
    ForeignKey,
    IntegerField,
    Model,
    QuerySet,
    TextField,
)
from django.db.models.sql import InsertQuery, UpdateQuery

logger = logging.getLogger(__name__)

# Stand in the place of what comes later; nothing else in a statement looks like them.
TEXT_MARK = "value-comes-later"
NUMBER_MARK = 2_147_480_917

Statement = tuple[str, Sequence[Any]]
# Columns whose values every database takes as they are.
_TAKEN_AS_THEY_ARE = (CharField, TextField, IntegerField, BooleanField, ForeignKey)


def run_together(*statements: Statement) -> None:
    """One after the other; where the driver takes several at once, in one message."""
    database = connections[DEFAULT_DB_ALIAS]
    if len(statements) > 1 and _takes_several(database):
        statements = (_joined(statements),)
    with database.cursor() as cursor:
        for sql, params in statements:
            cursor.execute(sql, params)


def _joined(statements: Sequence[Statement]) -> Statement:
    params = [value for _sql, some in statements for value in some]
    return "; ".join(sql for sql, _params in statements), params


def _takes_several(database: BaseDatabaseWrapper) -> bool:
    """PostgreSQL's driver does as long as it puts in the parameters itself, as it does unasked."""
    options = database.settings_dict.get("OPTIONS") or {}
    return database.vendor == "postgresql" and not options.get("server_side_binding")


@dataclass(frozen=True)
class _Read:
    """The SQL, and what makes Python values of the columns that need it."""

    sql: str
    type: str  # PostgreSQL's, of the one parameter
    conversions: list[tuple[int, list[Any], Any]]
    can_be_prepared: bool


class PreparedRead:
    """The first row of a query by one value: ``read(value)`` gives a tuple, None for none.

    ``make`` returns the query, a ``values_list``, with TEXT_MARK or NUMBER_MARK in the place of
    the value. On PostgreSQL the statement is prepared on each connection, because planning so
    many joins takes ten times as long as reading the row; where that does not work (behind a
    pooler that changes connections between transactions), it is run as it is.
    """

    def __init__(self, name: str, make: Callable[[], "QuerySet[Any, Any]"]) -> None:
        self._name, self._make = name, make
        self._reads: dict[str, _Read] = {}
        self._prepared_on: WeakSet[Any] = WeakSet()
        self._may_prepare = True

    def __call__(self, value: str | int) -> tuple[Any, ...] | None:
        database = connections[DEFAULT_DB_ALIAS]
        read = self._reads.get(database.vendor) or self._compile(database)
        row = self._row(database, read, value)
        if row is None or not read.conversions:
            return row
        values = list(row)
        for position, converters, expression in read.conversions:
            if values[position] is not None:
                for convert in converters:
                    values[position] = convert(values[position], expression, database)
        return tuple(values)

    def _row(
        self, database: BaseDatabaseWrapper, read: _Read, value: str | int
    ) -> tuple[Any, ...] | None:
        # In a transaction an error could not be passed over.
        if self._may_prepare and read.can_be_prepared and not database.in_atomic_block:
            # Reading says as well as a question of its own whether the connection still holds.
            was_kept = database.connection is not None
            database.health_check_done = True  # type: ignore[attr-defined]
            try:
                return self._execute_prepared(database, read, value)
            except DatabaseError as error:
                if not database.is_usable():
                    if not was_kept:
                        raise
                    database.close()  # the next attempt opens another
                else:
                    self._may_prepare = False
                    logger.warning("Reading without preparing (%s).", type(error).__name__)
        with database.cursor() as cursor:
            cursor.execute(read.sql, (value,))
            return cursor.fetchone()

    def _execute_prepared(
        self, database: BaseDatabaseWrapper, read: _Read, value: str | int
    ) -> tuple[Any, ...] | None:
        with database.cursor() as cursor:
            if database.connection not in self._prepared_on:
                sql = read.sql.replace("%s", "$1")
                cursor.execute(f"PREPARE {self._name} ({read.type}) AS {sql}")
                self._prepared_on.add(database.connection)
            cursor.execute(f"EXECUTE {self._name} (%s)", (value,))
            return cursor.fetchone()

    def _compile(self, database: BaseDatabaseWrapper) -> _Read:
        compiler = self._make().query.get_compiler(connection=database)
        sql, params = compiler.as_sql()
        if tuple(params) not in ((TEXT_MARK,), (NUMBER_MARK,)):
            raise ValueError(f"One parameter was expected, not {params!r}.")
        columns = [column for column, *_ in compiler.select]
        converters = compiler.get_converters(columns).items()
        read = self._reads[database.vendor] = _Read(
            sql=sql,
            type="text" if params[0] == TEXT_MARK else "bigint",
            conversions=[(place, found, column) for place, (found, column) in converters],
            can_be_prepared=database.vendor == "postgresql",
        )
        return read


def insert_with_children(
    parent: "PreparedInsert",
    row: Sequence[Any],
    child: "PreparedInsert",
    rows: Sequence[Sequence[Any]],
    *others: Statement,
) -> int:
    """Insert ``row`` and what belongs to it, then run ``others``; the new row's key.

    The first column of ``child`` is the parent's key, and is left out of ``rows``. In a
    transaction; IntegrityError where a constraint refuses anything.
    """
    database = connections[DEFAULT_DB_ALIAS]
    if not _takes_several(database):
        key = parent.insert_one(row)
        children = [child.of([[key, *each] for each in rows])] if rows else []
        run_together(*children, *others)
        return key
    children = [child.of(rows, first=parent.newest_key)] if rows else []
    with database.cursor() as cursor:
        cursor.execute(*_joined([parent.one(row), *children, *others]))
        made: int = cursor.fetchone()[0]
    return made


class PreparedUpdate:
    """An update of the row with a given key, to values that are the same every time."""

    def __init__(self, model: type[Model], **values: Any) -> None:
        self._model, self._values = model, values
        self._prepared: dict[str, Statement] = {}

    def of(self, pk: int) -> Statement:
        """The statement that updates the row with this key."""
        database = connections[DEFAULT_DB_ALIAS]
        sql, params = self._prepared.get(database.vendor) or self._compile(database)
        return sql, [pk if value == NUMBER_MARK else value for value in params]

    def _compile(self, database: BaseDatabaseWrapper) -> Statement:
        rows = self._model._default_manager.filter(pk=NUMBER_MARK)  # noqa: SLF001
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(self._values)
        sql, params = query.get_compiler(connection=database).as_sql()
        if list(params).count(NUMBER_MARK) != 1:
            raise ValueError(f"The key was expected once in {params!r}.")
        self._prepared[database.vendor] = sql, tuple(params)
        return sql, tuple(params)


class PreparedInsert:
    """Rows of ``model``, given as the values of ``fields`` (``response_id``) in order.

    Defaults and ``auto_now`` are not applied: name every column that must not be NULL.
    """

    def __init__(self, model: type[Model], fields: Sequence[str]) -> None:
        self._model, self._names = model, fields
        self._prepared: dict[tuple[str, bool], str] = {}

    def insert(self, rows: Sequence[Sequence[Any]]) -> None:
        """All in one statement; nothing where there are none."""
        if rows:
            run_together(self.of(rows))

    def insert_one(self, row: Sequence[Any]) -> int:
        """The new row's key."""
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(*self.one(row))
            made: int = cursor.fetchone()[0]
        return made

    def of(self, rows: Sequence[Sequence[Any]], *, first: str = "") -> Statement:
        """The statement that inserts ``rows``, of which there must be one.

        ``first``: SQL for the first column, which is then left out of ``rows``.
        """
        database = connections[DEFAULT_DB_ALIAS]
        begin, values = self._sql(database, returning=False).rsplit(" VALUES ", 1)
        if first:
            values = values.replace("%s", first, 1)
        converted = self._converted(database, rows, offset=1 if first else 0)
        sql = f"{begin} VALUES {', '.join([values] * len(rows))}"
        return sql, [value for row in converted for value in row]

    def one(self, row: Sequence[Any]) -> Statement:
        """The statement that inserts ``row`` and returns its key."""
        database = connections[DEFAULT_DB_ALIAS]
        return self._sql(database, returning=True), self._converted(database, [row])[0]

    @property
    def newest_key(self) -> str:
        """PostgreSQL's word for the key that this connection has given out last."""
        key = self._model._meta.pk  # noqa: SLF001
        return f"currval(pg_get_serial_sequence('{self._model._meta.db_table}', '{key.column}'))"  # noqa: SLF001

    @cached_property
    def _fields(self) -> "list[Field[Any, Any]]":
        columns = {field.attname: field for field in self._model._meta.concrete_fields}  # noqa: SLF001
        return [columns[name] for name in self._names]

    @cached_property
    def _to_convert(self) -> "list[tuple[int, Field[Any, Any]]]":
        return [
            (place, field)
            for place, field in enumerate(self._fields)
            if not isinstance(field, _TAKEN_AS_THEY_ARE)
        ]

    def _converted(
        self, database: BaseDatabaseWrapper, rows: Sequence[Sequence[Any]], *, offset: int = 0
    ) -> list[list[Any]]:
        """``offset``: how many columns are left out at the beginning of the rows."""
        converted = [list(row) for row in rows]
        for column, field in self._to_convert:
            place, before, made = column - offset, None, None
            for row in converted:
                if row[place] is None:
                    continue
                if row[place] is not before:  # one moment stands in many rows
                    before, made = row[place], field.get_db_prep_save(row[place], database)
                row[place] = made
        return converted

    def _sql(self, database: BaseDatabaseWrapper, *, returning: bool) -> str:
        """Of one row."""
        key = database.vendor, returning
        if found := self._prepared.get(key):
            return found
        query = InsertQuery(self._model)
        query.insert_values(self._fields, [self._model()], raw=True)
        compiler = query.get_compiler(connection=database)
        if returning:
            compiler.returning_fields = [self._model._meta.pk]  # noqa: SLF001
        [(sql, params)] = compiler.as_sql()
        if len(params) != len(self._fields):
            raise ValueError(f"A parameter a column was expected, not {params!r}.")
        self._prepared[key] = sql
        return sql
