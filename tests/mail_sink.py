"""A real SMTP server for tests: takes mail on a local port, and misbehaves where it is told to."""

import asyncio
import email
import email.policy
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

from aiosmtpd.controller import Controller


class MailSink:
    """``recipients`` and ``messages`` say what to answer, by recipient: a reply such as "450 busy",
    "hang" or "drop". "take and drop", "take and hang": the message is kept, the reply never comes.
    """

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.recipients: dict[str, str] = {}
        self.messages: dict[str, str] = {}
        self.connections = 0
        self.pipelining = False
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address: str) -> list[EmailMessage]:
        return [message for message in self.received if message["To"] == address]

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        session.host_name = hostname
        self.connections += 1
        return [*responses[:-1], *["250-PIPELINING"] * self.pipelining, responses[-1]]

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        answer = self.recipients.get(address, "250 OK")
        if answer == "hang":
            await asyncio.sleep(30)
        if answer == "drop":
            server.transport.close()
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = self.messages.get(envelope.rcpt_tos[0], "250 OK")
        if answer.startswith(("250", "take")):
            self.received.append(
                email.message_from_bytes(envelope.content, policy=email.policy.default)
            )
        if answer.endswith("hang"):
            await asyncio.sleep(30)
        if answer.endswith("drop"):
            server.transport.close()
        return answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def mail_sink() -> Iterator[MailSink]:
    sink = MailSink()
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
