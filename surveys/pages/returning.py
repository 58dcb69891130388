"""The way back to the page where a customer is cancelling. A survey never stands in it."""

import hashlib
import hmac
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings

from surveys.models import Intent

DEFAULT_PORTS = {"http": 80, "https": 443}
ADDRESS_LIMIT = 2000  # characters; longer ones are cut off on their way by somebody


def return_address(intent: Intent, outcome: str, *, signed: str = "") -> str:
    """Where the customer goes on, with ``whyleft=outcome`` added; "" where none is allowed.

    ``signed``, an address that came with the link and was verified, goes before the intent's.
    Only origins of SURVEY_RETURN_ORIGINS are linked to: whoever can name an address to us must
    not be able to make our pages point anywhere.
    """
    address = signed or intent.return_url
    if not is_allowed(address):
        return ""
    parts = urlsplit(address)
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name != "whyleft"
    ]
    return urlunsplit(parts._replace(query=urlencode([*query, ("whyleft", outcome)])))


def is_signed(token: str, address: str, signature: str) -> bool:
    """Whether the vendor's server vouches for ``address`` in the link of this very survey.

    Any of SURVEY_RETURN_SECRETS may have signed, so that one can be replaced while links signed
    with the one before are still out. The origin must be allowed all the same.
    """
    if not signature or len(address) > ADDRESS_LIMIT or not is_allowed(address):
        return False
    given = signature.lower().encode()
    expected = [
        sign(token, address, secret).encode()
        for secret in settings.SURVEY_RETURN_SECRETS
        if secret.strip()
    ]
    # Every one is compared, so that the time taken does not tell which of them it was.
    return any([hmac.compare_digest(given, each) for each in expected])  # noqa: C419


def sign(token: str, address: str, secret: str) -> str:
    """HMAC-SHA256 over ``token``, a line feed and ``address``: 64 hexadecimal digits."""
    return hmac.new(secret.encode(), f"{token}\n{address}".encode(), hashlib.sha256).hexdigest()


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
    if ":" in host:
        host = f"[{host}]"
    if port is None or port == DEFAULT_PORTS[parts.scheme]:
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{host}:{port}"


def is_allowed(address: str) -> bool:
    """Whether the address's origin is one of SURVEY_RETURN_ORIGINS."""
    origin = origin_of(address)
    return bool(origin) and origin in {origin_of(each) for each in settings.SURVEY_RETURN_ORIGINS}
