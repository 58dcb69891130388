"""The way back to the page where a customer is cancelling. A survey never stands in it."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings

from surveys.models import Intent

DEFAULT_PORTS = {"http": 80, "https": 443}


def return_address(intent: Intent, outcome: str) -> str:
    """The intent's return address with ``whyleft=outcome`` added; "" where it is not allowed.

    Only origins of SURVEY_RETURN_ORIGINS are linked to: whoever can name an address to us must
    not be able to make our pages point anywhere.
    """
    if not intent.return_url or origin_of(intent.return_url) not in _allowed_origins():
        return ""
    parts = urlsplit(intent.return_url)
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name != "whyleft"
    ]
    return urlunsplit(parts._replace(query=urlencode([*query, ("whyleft", outcome)])))


def origin_of(address: str) -> str:
    """``scheme://host[:port]`` of a web address, "" where it is none or is ambiguous.

    Browsers read backslashes, blanks and user names in addresses other than libraries do; none
    of them belongs in one that we link to.
    """
    if any(char in "\\@" or char.isspace() or not char.isprintable() for char in address):
        return ""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in DEFAULT_PORTS or not host:
        return ""
    if port is None or port == DEFAULT_PORTS[parts.scheme]:
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{host}:{port}"


def _allowed_origins() -> set[str]:
    return {origin_of(origin) for origin in settings.SURVEY_RETURN_ORIGINS} - {""}
