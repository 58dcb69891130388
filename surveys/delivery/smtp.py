"""SMTP to the mail server that the settings name, made for one mail after another.

It remembers whether the server had the message when an error came. The difference decides what
may follow: before the message itself was sent, trying again is safe; after it, the server may
have taken it, and a second try could be a second mail.

Where the server offers it, the commands before the message go out together (RFC 2920): two round
trips a mail instead of four.
"""

import smtplib
from contextlib import suppress
from typing import Any

from django.core.mail.backends.smtp import EmailBackend as DjangoBackend

CRLF = "\r\n"
TAKEN, TAKEN_ELSEWHERE, GO_ON, GOODBYE = 250, 251, 354, 421

Reply = tuple[int, bytes]


class WatchedSMTP(smtplib.SMTP):
    """Notes when the payload, the second thing that ``data()`` sends, goes out."""

    payload_sent = False
    _sends_in_data: int | None = None

    def sendmail(self, *args: Any, **kwargs: Any) -> Any:
        self.payload_sent = False
        return super().sendmail(*args, **kwargs)

    def data(self, msg: Any) -> Any:
        self._sends_in_data = 0
        try:
            return super().data(msg)
        finally:
            self._sends_in_data = None

    def send(self, s: Any) -> None:
        if self._sends_in_data is not None:
            self._sends_in_data += 1
            self.payload_sent = self._sends_in_data > 1
        super().send(s)

    def deliver(self, sender: str, recipient: str, payload: bytes) -> None:
        """One message to one bare address. Raises what ``sendmail`` raises, in the same cases."""
        self.ehlo_or_helo_if_needed()
        if not self.has_extn("pipelining"):
            self.sendmail(sender, [recipient], payload)
            return
        self.payload_sent = False
        size = f" size={len(payload)}" if self.has_extn("size") else ""
        commands = [f"mail FROM:<{sender}>{size}", f"rcpt TO:<{recipient}>", "data"]
        if any("\r" in command or "\n" in command for command in commands):
            raise ValueError("Line breaks are no part of an address.")
        self.send("".join(command + CRLF for command in commands))
        self._check(sender, recipient, self._replies(len(commands)))
        self.payload_sent = True
        self.send(_stuffed(payload))
        code, words = self.getreply()
        if code != TAKEN:
            self._begin_anew(code)
            raise smtplib.SMTPDataError(code, words)

    def _replies(self, count: int) -> list[Reply]:
        """A server that says goodbye has nothing more to say; that stands for the rest."""
        replies: list[Reply] = []
        while len(replies) < count:
            reply = self.getreply()
            replies += [reply] * (count - len(replies) if reply[0] == GOODBYE else 1)
        return replies

    def _check(self, sender: str, recipient: str, replies: list[Reply]) -> None:
        """Raises where the server does not wait for the message."""
        (from_code, from_words), (to_code, to_words), (data_code, data_words) = replies
        from_refused, to_refused = from_code != TAKEN, to_code not in (TAKEN, TAKEN_ELSEWHERE)
        if not from_refused and not to_refused and data_code == GO_ON:
            return
        if data_code == GO_ON:
            # It waits for a message all the same: it gets an empty one, for nobody (RFC 2920).
            self.send(f".{CRLF}")
            self.getreply()
        self._begin_anew(data_code)
        if from_refused:
            raise smtplib.SMTPSenderRefused(from_code, from_words, sender)
        if to_refused:
            raise smtplib.SMTPRecipientsRefused({recipient: (to_code, to_words)})
        raise smtplib.SMTPDataError(data_code, data_words)

    def _begin_anew(self, code: int) -> None:
        """Be where a next message may begin, or gone, as ``sendmail`` does it."""
        if code == GOODBYE:
            self.close()
            return
        with suppress(smtplib.SMTPServerDisconnected):  # the next message will notice
            self.rset()


class WatchedSMTPOverTLS(WatchedSMTP, smtplib.SMTP_SSL):
    pass


class EmailBackend(DjangoBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return WatchedSMTPOverTLS if self.use_ssl else WatchedSMTP

    @property
    def payload_sent(self) -> bool:
        """Whether the server was sent the text of the latest message, in whole or in part."""
        return getattr(self.connection, "payload_sent", False)

    @property
    def is_open(self) -> bool:
        return self.connection is not None and self.connection.sock is not None

    def deliver(self, sender: str, recipient: str, payload: bytes) -> None:
        """One message, written already, over the open connection. Raises what ``smtplib`` does."""
        if not isinstance(self.connection, WatchedSMTP):
            raise smtplib.SMTPServerDisconnected("Not connected.")
        self.connection.deliver(sender, recipient, payload)


def _stuffed(payload: bytes) -> bytes:
    """With the dots that SMTP wants before dots, and the one that ends the message."""
    start = b"." if payload.startswith(b".") else b""
    end = b".\r\n" if payload.endswith(b"\r\n") else b"\r\n.\r\n"
    return start + payload.replace(b"\n.", b"\n..") + end
