"""What may stand in a log: no secret of a survey's address, no API key, nobody's address.

The rows say what happened to whom; a log is copied, shipped and kept by many others.
"""

import logging
import re
from typing import Any

# A survey's token opens it, and unsubscribes, for whoever reads the line.
_SECRETS = (
    (re.compile(r"/([su])/[A-Za-z0-9_-]{16,}"), r"/\1/…"),
    (re.compile(r"\bwl_[A-Za-z0-9_-]+"), "wl_…"),
    (re.compile(r"[^\s@<>\"'(),:;/\\]{1,64}@(?=[^\s@<>\"'(),:;/\\]+\.[^\W\d_]{2,})"), "…@"),
)


def redacted(text: str) -> str:
    """``text`` without survey tokens, API keys and the local part of mail addresses."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


class RedactingFormatter(logging.Formatter):
    """Redacts the finished line, the traceback under it included."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


def redact_handlers(logger: logging.Logger, **options: Any) -> None:
    """Celery gives the loggers of its processes handlers of its own: these redact as well."""
    for handler in logger.handlers:
        wrapped = handler.formatter or logging.Formatter()
        if not isinstance(wrapped, _Redacting | RedactingFormatter):
            handler.setFormatter(_Redacting(wrapped))


class _Redacting(logging.Formatter):
    def __init__(self, wrapped: logging.Formatter) -> None:
        super().__init__()
        self.wrapped = wrapped

    def format(self, record: logging.LogRecord) -> str:
        return redacted(self.wrapped.format(record))
