"""Django's SMTP backend, remembering whether the server had the message when an error came.

The difference decides what may follow: before the message itself was sent, trying again is
safe; after it, the server may have taken it, and a second try could be a second mail.
"""

import smtplib
from typing import Any

from django.core.mail.backends.smtp import EmailBackend as DjangoBackend


class _Watched:
    """Notes when the payload, the second thing that ``data()`` sends, goes out."""

    payload_sent = False
    _sends_in_data: int | None = None

    def sendmail(self, *args: Any, **kwargs: Any) -> Any:
        self.payload_sent = False
        return super().sendmail(*args, **kwargs)  # type: ignore[misc]

    def data(self, msg: Any) -> Any:
        self._sends_in_data = 0
        try:
            return super().data(msg)  # type: ignore[misc]
        finally:
            self._sends_in_data = None

    def send(self, s: Any) -> None:
        if self._sends_in_data is not None:
            self._sends_in_data += 1
            self.payload_sent = self._sends_in_data > 1
        super().send(s)  # type: ignore[misc]


class WatchedSMTP(_Watched, smtplib.SMTP):
    pass


class WatchedSMTPOverTLS(_Watched, smtplib.SMTP_SSL):
    pass


class EmailBackend(DjangoBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return WatchedSMTPOverTLS if self.use_ssl else WatchedSMTP

    @property
    def payload_sent(self) -> bool:
        """Whether the server was sent the text of the latest message, in whole or in part."""
        return getattr(self.connection, "payload_sent", False)
