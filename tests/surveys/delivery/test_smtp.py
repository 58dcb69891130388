"""Commands that go out together, to a real server and to one that answers as it is told to."""

import smtplib
import socketserver
import threading
from contextlib import contextmanager

import pytest

from surveys.delivery.smtp import WatchedSMTP

FROM, TO = "care@harbour.dev", "ann@mail.localhost"
PAYLOAD = b"Subject: Dots\r\n\r\n.one\r\n..two\r\n."


class Scripted(socketserver.StreamRequestHandler):
    """Answers a group of commands in one go; ``lines`` are what it was sent."""

    def handle(self):
        self.connection.sendall(b"220 here\r\n")
        in_message = False
        while line := self.rfile.readline():
            self.server.lines.append(line.rstrip(b"\r\n"))
            verb = line[:4].strip().upper()
            if in_message:
                if line != b".\r\n":
                    continue
                verb, in_message = b".", False
            answer = self.server.answers.get(verb, b"250 OK")
            if not answer:
                return
            in_message = verb == b"DATA" and answer.startswith(b"354")
            self.connection.sendall(answer + b"\r\n")
            if answer.startswith(b"421"):
                return


@contextmanager
def server_that_says(**answers):
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Scripted)
    server.daemon_threads = True
    server.lines = []
    server.answers = {
        b"EHLO": b"250-here\r\n250-SIZE 100000\r\n250 PIPELINING",
        b"DATA": b"354 Go on",
    }
    server.answers |= {
        (b"." if verb == "end" else verb.encode()): answer.encode()
        for verb, answer in answers.items()
    }
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def client_of(server):
    client = WatchedSMTP(*server.server_address, timeout=5)
    try:
        yield client
    finally:
        client.close()


def test_the_message_arrives_whole_and_the_next_one_follows():
    with server_that_says() as server, client_of(server) as client:
        client.deliver(FROM, TO, PAYLOAD)
        client.deliver(FROM, "bob@mail.localhost", b"Second\r\n")

        assert client.payload_sent
    assert server.lines[1:] == [
        b"mail FROM:<care@harbour.dev> size=31", b"rcpt TO:<ann@mail.localhost>", b"data",
        b"Subject: Dots", b"", b"..one", b"...two", b"..", b".",
        b"mail FROM:<care@harbour.dev> size=8", b"rcpt TO:<bob@mail.localhost>", b"data",
        b"Second", b".",
    ]  # fmt: skip


def test_a_message_that_begins_with_a_dot_arrives_as_it_is(sink):
    sink.pipelining = True
    client = WatchedSMTP("127.0.0.1", sink.port, timeout=5)
    client.deliver(FROM, TO, b".Subject: x\r\n\r\n" + PAYLOAD)
    assert client.has_extn("pipelining")
    client.quit()

    assert sink.received[0].as_bytes().endswith(b".one\n..two\n.\n")


def test_without_the_servers_word_each_command_waits():
    with server_that_says(EHLO="250 here") as server, client_of(server) as client:
        client.deliver(FROM, TO, PAYLOAD)

    assert b"mail FROM:<care@harbour.dev>" in server.lines


@pytest.mark.parametrize(
    ("answers", "error", "code"),
    [
        ({"MAIL": "550 Not you"}, smtplib.SMTPSenderRefused, 550),
        ({"MAIL": "550 Not you", "DATA": "503 First"}, smtplib.SMTPSenderRefused, 550),
        ({"RCPT": "550 No such user"}, smtplib.SMTPRecipientsRefused, 550),
        ({"RCPT": "550 No such user", "DATA": "554 No valid recipients"},
         smtplib.SMTPRecipientsRefused, 550),
        ({"RCPT": "450 Later", "DATA": "554 None"}, smtplib.SMTPRecipientsRefused, 450),
        ({"DATA": "451 Busy"}, smtplib.SMTPDataError, 451),
        ({"end": "554 Spam"}, smtplib.SMTPDataError, 554),
    ],
)  # fmt: skip
def test_a_refusal_is_what_smtplib_would_raise_and_no_end(answers, error, code):
    with server_that_says(**answers) as server, client_of(server) as client:
        with pytest.raises(error) as refused:
            client.deliver(FROM, TO, PAYLOAD)
        server.answers |= {b"MAIL": b"250 OK", b"RCPT": b"250 OK", b"DATA": b"354 Go"}
        server.answers[b"."] = b"250 OK"
        sent_before = client.payload_sent
        client.deliver(FROM, TO, b"Next\r\n")

    found = refused.value
    codes = (
        [each for each, _words in found.recipients.values()]
        if isinstance(found, smtplib.SMTPRecipientsRefused)
        else [found.smtp_code]
    )
    assert codes == [code]
    assert sent_before is ("end" in answers)
    # What was refused was never given as a message, not even where the server waited for one.
    assert (b"Subject: Dots" in server.lines) is ("end" in answers)
    assert server.lines[-2:] == [b"Next", b"."]


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "end"])
def test_a_server_that_says_goodbye(verb):
    with server_that_says(**{verb: "421 Closing"}) as server, client_of(server) as client:
        with pytest.raises((smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused)) as said:
            client.deliver(FROM, TO, PAYLOAD)

        assert client.sock is None
        assert client.payload_sent is (verb == "end")
    assert "421" in str(said.value)


@pytest.mark.parametrize(("verb", "sent"), [("MAIL", False), ("RCPT", False), ("end", True)])
def test_a_server_that_is_gone(verb, sent):
    with server_that_says(**{verb: ""}) as server, client_of(server) as client:
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.deliver(FROM, TO, PAYLOAD)

        assert client.payload_sent is sent


def test_a_line_break_in_an_address_is_no_command():
    with (
        server_that_says() as server,
        client_of(server) as client,
        pytest.raises(ValueError, match="Line breaks"),
    ):
        client.deliver(FROM, "ann@mail.localhost>\r\nRCPT TO:<bob@mail.localhost", PAYLOAD)

    assert not any(b"bob" in line for line in server.lines)
