"""Signatures of the kind ``t=<seconds>,v1=<hex>[,v1=<hex>...]`` (Stripe's scheme).

Source: https://docs.stripe.com/webhooks#verify-manually. HMAC-SHA256 over ``<t>.<raw body>``.
"""

import hashlib
import hmac
from collections.abc import Iterable

SCHEME = "v1"
LONGEST_TIMESTAMP = 12  # digits


class SignatureError(ValueError):
    """The body is not provably from whom it says, or not from now. The message holds no secret."""


def verify(*, header: str, body: bytes, secrets: Iterable[str], now: float, tolerance: int) -> None:
    """SignatureError unless one of ``secrets`` signed ``body``, ``tolerance`` seconds from ``now``.

    Every secret is tried with every signature, so that either side may rotate; a time in the
    future is refused as one in the past is.
    """
    timestamp, signatures = _read(header)
    message = timestamp.encode() + b"." + body
    expected = [
        hmac.new(secret.encode(), message, hashlib.sha256).hexdigest().encode()
        for secret in secrets
        if secret.strip()
    ]
    # No short cut: the time taken must not say which one was nearly right.
    matches = [hmac.compare_digest(each, given) for each in expected for given in signatures]
    if not any(matches):
        raise SignatureError("The signature does not fit the body.")
    if abs(now - int(timestamp)) > tolerance:
        raise SignatureError(f"The signature's time is more than {tolerance} seconds away.")


def sign(*, body: bytes, secret: str, timestamp: int) -> str:
    """The header that ``verify`` accepts; what a provider does."""
    message = f"{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return f"t={timestamp},{SCHEME}={digest}"


def _read(header: str) -> tuple[str, list[bytes]]:
    pairs = [part.strip().partition("=") for part in header.split(",")]
    timestamps = [value for name, _equals, value in pairs if name == "t"]
    signatures = [
        value.encode("ascii", "replace") for name, _equals, value in pairs if name == SCHEME
    ]
    if len(timestamps) != 1 or not signatures:
        raise SignatureError("The signature is missing or cannot be read.")
    (timestamp,) = timestamps
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= LONGEST_TIMESTAMP):
        raise SignatureError("The signature's time cannot be read.")
    return timestamp, signatures
