import smtplib
import ssl

import pytest

from surveys.delivery.failures import Verdict, read_failure, wait_seconds

ADDRESS = "ann@mail.localhost"


def refused(code, answer):
    return smtplib.SMTPRecipientsRefused({ADDRESS: (code, answer)})


@pytest.mark.parametrize(
    ("error", "payload_sent", "verdict", "connection_lost"),
    [
        (refused(550, b"No such user"), False, Verdict.NO_SUCH_ADDRESS, False),
        (refused(550, b"5.1.1 Unknown"), False, Verdict.NO_SUCH_ADDRESS, False),
        (refused(553, b"Malformed"), False, Verdict.NO_SUCH_ADDRESS, False),
        (refused(554, b"5.7.1 Relay access denied"), False, Verdict.LATER, False),
        (refused(450, b"4.2.0 Greylisted"), False, Verdict.LATER, False),
        (refused(452, b"Mailbox full"), False, Verdict.LATER, False),
        (refused(421, b"Too many"), False, Verdict.LATER, True),
        (smtplib.SMTPDataError(550, b"Looks like spam"), True, Verdict.REFUSED, False),
        (smtplib.SMTPDataError(550, b"5.1.1 Unknown"), True, Verdict.NO_SUCH_ADDRESS, False),
        (smtplib.SMTPDataError(451, b"Try later"), True, Verdict.LATER, False),
        (smtplib.SMTPDataError(421, b"Closing"), True, Verdict.LATER, True),
        (smtplib.SMTPSenderRefused(550, b"Who are you?", "us"), False, Verdict.LATER, True),
        (smtplib.SMTPAuthenticationError(535, b"Wrong"), False, Verdict.LATER, True),
        (smtplib.SMTPConnectError(554, b"No"), False, Verdict.LATER, True),
        (smtplib.SMTPServerDisconnected("gone"), False, Verdict.LATER, True),
        (smtplib.SMTPServerDisconnected("gone"), True, Verdict.UNKNOWN, True),
        (TimeoutError("timed out"), False, Verdict.LATER, True),
        (TimeoutError("timed out"), True, Verdict.UNKNOWN, True),
        (ConnectionRefusedError(111, "refused"), False, Verdict.LATER, True),
        (ssl.SSLError("bad certificate"), False, Verdict.LATER, True),
        (smtplib.SMTPNotSupportedError("SMTPUTF8"), False, Verdict.REFUSED, False),
        (ValueError("Invalid address"), False, Verdict.REFUSED, False),
    ],
)
def test_what_a_refusal_means(error, payload_sent, verdict, connection_lost):
    failure = read_failure(error, payload_sent=payload_sent)

    assert (failure.verdict, failure.connection_lost) == (verdict, connection_lost)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"<ann@mail.localhost>: unknown\r\nuser", "550 <[address]>: unknown user"),
        (b"\xff\xfe", "550 \ufffd\ufffd"),
        (b"x" * 900, "550 " + "x" * 496),
    ],
)
def test_the_words_hold_no_address_and_fit_the_column(answer, words):
    assert read_failure(refused(550, answer)).words == words


def test_an_error_without_words_says_its_name():
    assert read_failure(TimeoutError()).words == "TimeoutError"


def test_waits_grow_scatter_and_are_bounded():
    for attempts, expected in enumerate((60, 240, 960, 3840, 15360, 28800, 28800), start=1):
        waits = [wait_seconds(attempts) for _ in range(200)]
        assert expected * 0.75 <= min(waits) < max(waits) <= expected * 1.25
        assert max(waits) - min(waits) > expected * 0.2
