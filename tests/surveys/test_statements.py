"""Statements that are written once: they do what the ORM does with the same values."""

import datetime as dt

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from surveys import statements
from surveys.models import Answer, Cancellation, Customer, Invitation, Question, Response
from surveys.statements import (
    NUMBER_MARK,
    TEXT_MARK,
    PreparedInsert,
    PreparedRead,
    PreparedUpdate,
    insert_with_children,
    run_together,
)
from tests.factories.surveys import (
    CancellationFactory,
    CustomerFactory,
    InvitationFactory,
    ResponseFactory,
)

READ = (
    "token",
    "opened_at",
    "expires_at",
    "cancellation__effective_on",
    "cancellation__content_version",
    "intent__return_url",
    "response__unsent",
    "customer__is_test",
)
RESPONSE = [f.attname for f in Response._meta.concrete_fields if not f.primary_key]
ANSWER = [field.attname for field in Answer._meta.concrete_fields if not field.primary_key]


def by_token():
    return PreparedRead(
        "tests_by_token",
        lambda: Invitation.objects.order_by().filter(token=TEXT_MARK).values_list(*READ),
    )


def by_key():
    return PreparedRead(
        "tests_by_key",
        lambda: (
            Customer.objects.order_by().filter(pk=NUMBER_MARK).values_list("name", "created_at")
        ),
    )


@pytest.fixture
def invitations(db):
    answered = InvitationFactory(opened_at=timezone.now())
    ResponseFactory(invitation=answered, unsent={"reason": ["price", "é"], "nps": 7})
    return [answered, InvitationFactory(), InvitationFactory(for_intent=True)]


class TestReading:
    def test_as_the_orm_reads(self, invitations):
        read = by_token()
        for invitation in invitations:
            expected = Invitation.objects.values_list(*READ).get(pk=invitation.pk)
            with CaptureQueriesContext(connection) as queries:
                assert read(invitation.token) == expected
            assert len(queries) == 1

    def test_by_a_number(self, db):
        customer = CustomerFactory()
        assert by_key()(customer.pk) == (customer.name, customer.created_at)

    def test_nothing_is_none(self, invitations):
        assert by_token()("nobody has this token") is None
        assert by_token()("' OR 1=1 --") is None

    def test_a_query_of_two_values_is_refused(self, db):
        read = PreparedRead(
            "tests_wrong",
            lambda: Invitation.objects.filter(token=TEXT_MARK, language="en").values_list("id"),
        )
        with pytest.raises(ValueError, match="One parameter"):
            read("token")


@pytest.mark.django_db(transaction=True)
class TestOutsideATransaction:
    """There PostgreSQL prepares the statement; SQLite runs it as ever."""

    def test_the_same_again_and_again(self):
        first, second = InvitationFactory(), InvitationFactory()
        read = by_token()
        for invitation in [first, second] * 4:
            assert read(invitation.token)[0] == invitation.token

    def test_on_a_connection_that_is_opened_anew(self):
        invitation, read = InvitationFactory(), by_token()
        assert read(invitation.token)[0] == invitation.token
        connection.close()
        assert read(invitation.token)[0] == invitation.token

    def test_on_a_connection_that_the_server_has_closed(self):
        invitation, read = InvitationFactory(), by_token()
        assert read(invitation.token)[0] == invitation.token
        break_connection()
        assert read(invitation.token)[0] == invitation.token

    def test_where_nothing_can_be_prepared_it_is_run_as_it_is(self, monkeypatch, caplog):
        invitation, read = InvitationFactory(), by_token()
        read(invitation.token)
        asked = []

        def refuse(*arguments):
            asked.append(arguments)
            raise ProgrammingError("prepared statement does not exist")

        compiled = read._reads[connection.vendor]
        read._reads[connection.vendor] = statements._Read(
            compiled.sql, compiled.type, compiled.conversions, can_be_prepared=True
        )
        monkeypatch.setattr(read, "_execute_prepared", refuse)
        for _ in range(3):
            assert read(invitation.token)[0] == invitation.token
        assert len(asked) == 1
        assert "without preparing" in caplog.text


def break_connection():
    """As a server that is started again does; with SQLite there is none."""
    if connection.vendor != "postgresql":
        connection.close()
        return
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    other.close()


def test_updating(db):
    cancellations = [CancellationFactory() for _ in range(3)]
    update = PreparedUpdate(Cancellation, content_version=F("content_version") + 1)
    for _ in range(2):
        run_together(update.of(cancellations[1].pk))
    versions = Cancellation.objects.order_by("pk").values_list("content_version", flat=True)
    assert list(versions) == [1, 3, 1]


def answer_rows(response, count):
    now = timezone.now()
    questions = Question.objects.filter(version=response.survey_version).order_by("pk")[:count]
    contents = [
        (["price"], ["other", "price"], "", None),
        ([], [], "“Ünïcode” =1+1 'quoted' \\ %s\nline", None),
        ([], [], "", 0),
        (["a", "b"], ["b", "a"], "", 10),
        ([], [], "{}", None),
    ]
    return [
        Answer(
            response=response,
            question=question,
            revision=1,
            choices=choices,
            displayed=displayed,
            text=text,
            scale=scale,
            answered_at=now,
        )
        for question, (choices, displayed, text, scale) in zip(questions, contents, strict=True)
    ]


def stored(response):
    columns = [name for name in ANSWER if name != "response_id"]
    return list(Answer.objects.filter(response=response).order_by("pk").values_list(*columns))


class TestInserting:
    def test_as_the_orm_inserts(self, db):
        ours, theirs = ResponseFactory(), ResponseFactory()
        Answer.objects.bulk_create(answer_rows(theirs, 5))
        rows = [
            [getattr(answer, name) for name in ANSWER]
            for answer in Answer.objects.filter(response=theirs).order_by("pk")
        ]
        place = ANSWER.index("response_id")
        rows = [[*row[:place], ours.pk, *row[place + 1 :]] for row in rows]
        insert = PreparedInsert(Answer, ANSWER)
        with CaptureQueriesContext(connection) as queries:
            insert.insert(rows)
        assert len(queries) == 1
        assert stored(ours) == stored(theirs)

    @pytest.mark.parametrize("count", [0, 1, 2, 5])
    def test_any_number_of_rows(self, db, count):
        response = ResponseFactory()
        insert = PreparedInsert(Answer, ANSWER)
        answers = (answer_rows(response, 5))[:count]
        insert.insert([[getattr(answer, name) for name in ANSWER] for answer in answers])
        assert Answer.objects.filter(response=response).count() == count

    def test_one_row_gives_its_key_and_a_second_is_refused(self, db):
        row = response_row(InvitationFactory())
        insert = PreparedInsert(Response, RESPONSE)
        assert insert.insert_one(row) == Response.objects.get().pk
        with pytest.raises(IntegrityError), transaction.atomic():
            insert.insert_one(row)
        assert Response.objects.count() == 1

    @pytest.mark.parametrize("count", [0, 1, 5])
    def test_a_row_with_its_children(self, db, count):
        theirs, invitation = ResponseFactory(), InvitationFactory()
        Answer.objects.bulk_create(answer_rows(theirs, 5)[:count])
        names = ["response_id", *(name for name in ANSWER if name != "response_id")]
        unread = PreparedUpdate(Cancellation, content_version=F("content_version") + 1)
        pk = insert_with_children(
            PreparedInsert(Response, RESPONSE),
            response_row(invitation),
            PreparedInsert(Answer, names),
            [
                [getattr(answer, name) for name in names[1:]]
                for answer in Answer.objects.filter(response=theirs).order_by("pk")
            ],
            unread.of(invitation.cancellation_id),
        )
        ours = Response.objects.get(invitation=invitation)
        assert pk == ours.pk
        assert stored(ours) == stored(theirs)
        invitation.cancellation.refresh_from_db()
        assert invitation.cancellation.content_version == 2


def response_row(invitation):
    response = ResponseFactory.build(
        invitation=invitation,
        survey_version=invitation.survey_version,
        customer=invitation.customer,
        intent=None,
        cancellation=invitation.cancellation,
    )
    return [getattr(response, name) for name in RESPONSE]


def test_statements_together_are_all_run(db):
    customers = [CustomerFactory(plan="Team") for _ in range(2)]
    update = PreparedUpdate(Customer, plan="Pro", created_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    run_together(update.of(customers[0].pk), update.of(customers[1].pk))
    assert set(Customer.objects.values_list("plan", flat=True)) == {"Pro"}
