"""Where mails leave: an SMTP server that gets prepared bytes, or any other backend of Django's.

Both are told one mail at a time, over one connection that is opened when it is first needed.
"""

from email.utils import parseaddr
from typing import Any, Protocol

from django.conf import settings
from django.core import mail
from django.core.mail.message import sanitize_address

from surveys.delivery.frames import Envelope, Frames
from surveys.delivery.messages import Mail
from surveys.delivery.mime import build_message

DJANGO_SMTP = "django.core.mail.backends.smtp.EmailBackend"
WATCHED_SMTP = "surveys.delivery.smtp.EmailBackend"
# Servers tire of a connection; a new one costs little beside so many mails.
MAILS_A_CONNECTION = 100


class Outlet(Protocol):
    def prepare(self, row: Mail) -> Any:
        """What ``deliver`` takes. Any error: the mail cannot be written."""

    def connect(self) -> None:
        """Be ready to deliver. OSError: the server cannot be reached."""

    @property
    def is_connected(self) -> bool: ...

    def deliver(self, prepared: Any) -> None:
        """Errors are judged by ``failures.read_failure``."""

    @property
    def payload_sent(self) -> bool:
        """Whether the server was sent the latest text, in whole or in part."""

    def disconnect(self) -> None: ...


def outlet_in_use() -> Outlet:
    """As the settings say it."""
    if settings.EMAIL_BACKEND in (DJANGO_SMTP, WATCHED_SMTP):
        return SmtpOutlet()
    return BackendOutlet()


class SmtpOutlet:
    def __init__(self) -> None:
        self.frames = Frames()
        self.backend: Any = mail.get_connection(WATCHED_SMTP)
        self._left = MAILS_A_CONNECTION

    def prepare(self, row: Mail) -> Envelope:
        return self.frames.fill(row) or envelope_of(build_message(row))

    @property
    def is_connected(self) -> bool:
        return bool(self.backend.is_open and self._left > 0)

    def connect(self) -> None:
        self.disconnect()
        self.backend.open()
        self._left = MAILS_A_CONNECTION

    def deliver(self, prepared: Envelope) -> None:
        self._left -= 1
        self.backend.deliver(prepared.sender, prepared.recipient, prepared.payload)

    @property
    def payload_sent(self) -> bool:
        return bool(self.backend.payload_sent)

    def disconnect(self) -> None:
        """A server that no longer answers is not waited for."""
        connection = self.backend.connection
        try:
            if connection is not None and connection.sock is not None:
                connection.sock.settimeout(2)
            self.backend.close()
        except OSError:
            if connection is not None:
                connection.close()


class BackendOutlet:
    """Mail into a folder, through a provider's API, into a test's outbox."""

    is_connected = False  # it knows by itself
    payload_sent = False

    def __init__(self) -> None:
        self.backend: Any = mail.get_connection()

    def prepare(self, row: Mail) -> mail.EmailMessage:
        message = build_message(row, connection=self.backend)
        message.message()  # what cannot be written fails here, before it is handed over
        return message

    def connect(self) -> None:
        self.backend.open()

    def deliver(self, prepared: mail.EmailMessage) -> None:
        self.backend.send_messages([prepared])

    def disconnect(self) -> None:
        self.backend.close()


def envelope_of(message: mail.EmailMessage) -> Envelope:
    """As Django's own backend sends it. BadHeaderError where a name or an address has a line
    break; IndexError where nobody is to get it."""
    payload = message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]
    encoding = message.encoding or settings.DEFAULT_CHARSET
    return Envelope(
        sender=parseaddr(sanitize_address(message.from_email, encoding))[1],
        recipient=parseaddr(sanitize_address(message.recipients()[0], encoding))[1],
        payload=payload,
    )
