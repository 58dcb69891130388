"""A fast SMTP server that keeps nothing but Message-IDs: what came, and what came twice.

Runs in a process of its own, the same for every sender that is measured. Besides SMTP it answers
``XSTATS`` with a JSON object of what came since the last ``XRESET``.
"""

import asyncio
import json
import multiprocessing
import re
import smtplib
import socket
import time
from contextlib import contextmanager

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
END = b"\r\n.\r\n"


class Received:
    def __init__(self):
        self.reset()

    def reset(self):
        self.ids = set()
        self.count = self.size = self.connections = 0
        self.last = 0.0

    def take(self, message):
        self.count += 1
        self.size += len(message)
        self.ids.add(MESSAGE_ID.search(message)[1])
        self.last = time.monotonic()

    def stats(self):
        return {
            "count": self.count,
            "distinct": len(self.ids),
            "connections": self.connections,
            "bytes": self.size,
            "last": self.last,
        }


class Session(asyncio.Protocol):
    def __init__(self, received):
        self.received = received
        self.buffer = bytearray()
        self.in_message = False

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport.write(b"220 sink\r\n")

    def data_received(self, data):
        self.buffer += data
        while self.in_message or b"\r\n" in self.buffer:
            mark = END if self.in_message else b"\r\n"
            end = self.buffer.find(mark)
            if end < 0:
                return
            taken = bytes(self.buffer[:end])
            del self.buffer[: end + len(mark)]
            if self.in_message:
                self.in_message = False
                self.received.take(taken)
                self.transport.write(b"250 OK\r\n")
            else:
                self.transport.write(self.answer(taken[:4].upper(), taken))

    def answer(self, verb, line):
        if verb == b"DATA":
            self.in_message = True
            return b"354 Go on\r\n"
        if verb == b"EHLO":
            self.received.connections += 1
            return b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 10000000\r\n"
        if line == b"XSTATS":
            return f"250 {json.dumps(self.received.stats())}\r\n".encode()
        if line == b"XRESET":
            self.received.reset()
        if verb == b"QUIT":
            asyncio.get_running_loop().call_soon(self.transport.close)
            return b"221 Bye\r\n"
        return b"250 OK\r\n"


class Sink:
    """Asks the server's process."""

    def __init__(self, port):
        self.port = port

    def reset(self):
        self._ask("XRESET")

    def stats(self):
        return json.loads(self._ask("XSTATS"))

    def wait_for(self, count, patience=60):
        """What has come, once ``count`` mails have or ``patience`` seconds brought none."""
        moved, before = time.monotonic(), -1
        while True:
            stats = self.stats()
            if stats["count"] != before:
                moved, before = time.monotonic(), stats["count"]
            if before >= count or time.monotonic() - moved > patience:
                return stats
            time.sleep(0.1)

    def _ask(self, question):
        with smtplib.SMTP("127.0.0.1", self.port, timeout=60) as client:
            return client.docmd(question)[1].decode()


@contextmanager
def running_sink():
    parent, child = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(child,))
    process.start()
    try:
        yield Sink(parent.recv())
    finally:
        process.terminate()
        process.join()


def _serve(pipe):
    async def serve():
        received = Received()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Session(received), "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())
