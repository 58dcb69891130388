"""Reading a body: bounded and strict."""

from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

from surveys.strict_json import UnreadableJsonError, read_json

BODY_LIMIT = 64 * 1024  # bytes; the longest comment fits several times
LONGEST_LENGTH = 12  # digits


class BodyTooLargeError(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"

    def __init__(self) -> None:
        super().__init__(
            gettext("The body is larger than %(limit)s bytes.") % {"limit": BODY_LIMIT}
        )


def check_length(announced: str | None) -> None:
    """BodyTooLargeError for a Content-Length above BODY_LIMIT."""
    if not announced or not (announced.isascii() and announced.isdigit()):
        return
    if len(announced) > LONGEST_LENGTH or int(announced) > BODY_LIMIT:
        raise BodyTooLargeError


class BoundedJSONParser(JSONParser):
    """DRF's own reads a body of any size, and lets a name stand twice."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(BODY_LIMIT + 1)
        if len(body) > BODY_LIMIT:
            raise BodyTooLargeError
        try:
            return read_json(body)
        except UnreadableJsonError as error:
            raise ParseError(str(error)) from error
