"""JSON from outside, read strictly: what one reader would take and another not is refused."""

import json
from typing import Any, NoReturn

from django.utils.translation import gettext

DEEPEST = 32  # levels of nesting; nothing that is taken in needs more than a dozen


class UnreadableJsonError(ValueError):
    """The text is no JSON that can be taken in; the message says why."""


def read_json(body: bytes) -> Any:
    """``body`` (UTF-8, a byte order mark is no error) as objects; UnreadableJsonError otherwise.

    NaN and Infinity are no JSON, a name that stands twice hides one of its values, and what is
    nested deeper than DEEPEST would exhaust whoever walks through it later.
    """
    try:
        read = json.loads(
            body.decode("utf-8-sig"),
            parse_constant=_no_constant,
            parse_float=_finite,
            object_pairs_hook=_unambiguous,
        )
        _check_depth(read)
    except RecursionError as error:
        raise UnreadableJsonError(gettext("JSON is nested too deeply.")) from error
    except UnreadableJsonError:
        raise
    except ValueError as error:
        raise UnreadableJsonError(
            gettext("The body is no JSON in UTF-8: %(why)s") % {"why": error}
        ) from error
    return read


def storable(value: Any) -> Any:
    """``value`` (of ``read_json``) without NUL and lone surrogates, which databases refuse."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [storable(each) for each in value]
    if isinstance(value, dict):
        return {storable(name): storable(each) for name, each in value.items()}
    return value


def _check_depth(read: Any) -> None:
    level = [read]
    for _depth in range(DEEPEST):
        level = [
            inner
            for each in level
            if isinstance(each, list | dict)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return
    raise UnreadableJsonError(gettext("JSON is nested too deeply."))


def _no_constant(name: str) -> NoReturn:
    raise UnreadableJsonError(gettext("%(name)s is no number in JSON.") % {"name": name})


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise UnreadableJsonError(gettext("A number is too large."))
    return number


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name, value in pairs:
        if name in read:
            raise UnreadableJsonError(
                gettext("%(name)s stands twice.") % {"name": ascii(name[:50])}
            )
        read[name] = value
    return read
