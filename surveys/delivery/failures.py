"""What a mail server's refusal means for the invitation: wait, give up, or never know."""

import random
import re
import smtplib
from dataclasses import dataclass
from enum import Enum

import requests
from anymail.exceptions import AnymailError, AnymailRecipientsRefused
from urllib3.exceptions import NewConnectionError

MAX_ATTEMPTS = 8
FIRST_WAIT_SECONDS = 60.0
LONGEST_WAIT_SECONDS = 8 * 3600.0
# Enhanced status codes (RFC 3463): X.7.x is policy, X.1.x the address.
ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
# Servers repeat the address; it belongs into the contact alone, not into errors and logs.
ADDRESS = re.compile(r"[^\s<>:;,'\"]+@[^\s<>:;,'\"]+")
ADDRESS_SUBJECT, POLICY_SUBJECT = "1", "7"
# Something in front of the provider gave up waiting: what stands behind it may have gone on.
GATEWAY_STATUS = (502, 504)


class Verdict(Enum):
    LATER = "later"  # nothing was delivered; worth another try
    NO_SUCH_ADDRESS = "no such address"  # permanent, and true for every further mail
    REFUSED = "refused"  # permanent for this message, says nothing about the address
    UNKNOWN = "unknown"  # the server may have it


@dataclass(frozen=True, slots=True)
class Failure:
    """``connection_lost``: the connection cannot be used for the next message."""

    verdict: Verdict
    words: str
    connection_lost: bool = False


def read_failure(error: Exception, *, payload_sent: bool = False) -> Failure:
    """Judge an error of ``smtplib`` or of the socket below it, or of a provider's API.

    ``payload_sent``: the server had been sent the text when the error came, so that silence
    leaves open whether the mail was taken.
    """
    if isinstance(error, AnymailError):
        return _read_provider_failure(error)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
        return _recipient_refused(code, _words(code, answer))
    if isinstance(error, smtplib.SMTPDataError):
        return _message_refused(error.smtp_code, _words(error.smtp_code, error.smtp_error))
    if isinstance(error, smtplib.SMTPResponseException):
        # Greeting, login or sender refused: our side of it, not this recipient's.
        words = _words(error.smtp_code, error.smtp_error)
        return Failure(Verdict.LATER, words, connection_lost=True)
    if isinstance(error, (smtplib.SMTPNotSupportedError, ValueError)):
        return Failure(Verdict.REFUSED, _words(None, error))
    if isinstance(error, OSError) and payload_sent:
        return Failure(Verdict.UNKNOWN, _words(None, error), connection_lost=True)
    return Failure(Verdict.LATER, _words(None, error), connection_lost=True)


def wait_seconds(attempts: int) -> float:
    """How long to wait after so many attempts: four times as long each time, give or take 25 %."""
    wait = min(FIRST_WAIT_SECONDS * 4.0 ** (attempts - 1), LONGEST_WAIT_SECONDS)
    return wait * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, hides nothing


def _read_provider_failure(error: AnymailError) -> Failure:
    """Anything but a refused address is about our account or the moment, so it is tried again;
    without an answer nobody knows whether the provider took the mail."""
    if isinstance(error, AnymailRecipientsRefused):
        return Failure(Verdict.NO_SUCH_ADDRESS, "The provider does not deliver to this address.")
    response, name = error.response, error.esp_name or "The provider"
    if response is not None:
        lost = response.ok or response.status_code in GATEWAY_STATUS
        # Not its text: providers repeat the address, and some the key that they were sent.
        words = f"{name} answered {response.status_code} {response.reason}."
        return Failure(Verdict.UNKNOWN if lost else Verdict.LATER, words)
    cause = error.__cause__
    never_sent = not isinstance(cause, requests.RequestException) or (
        isinstance(cause, requests.ConnectTimeout)
        or isinstance(getattr(cause.args[0] if cause.args else None, "reason", None),
                      NewConnectionError)
    )  # fmt: skip
    verdict = Verdict.LATER if never_sent else Verdict.UNKNOWN
    return Failure(verdict, f"{name}: {type(cause or error).__name__}")


def _recipient_refused(code: int, words: str) -> Failure:
    if code < 500:
        return Failure(Verdict.LATER, words, connection_lost=code == 421)
    enhanced = ENHANCED.search(words)
    if enhanced and enhanced[2] == POLICY_SUBJECT:
        # "Relay access denied", "blocked": suppressing here would empty a list whose mail server
        # was set up wrongly for an hour.
        return Failure(Verdict.LATER, words)
    return Failure(Verdict.NO_SUCH_ADDRESS, words)


def _message_refused(code: int, words: str) -> Failure:
    if code < 500:
        return Failure(Verdict.LATER, words, connection_lost=code == 421)
    enhanced = ENHANCED.search(words)
    if enhanced and enhanced[2] == ADDRESS_SUBJECT:
        return Failure(Verdict.NO_SUCH_ADDRESS, words)
    return Failure(Verdict.REFUSED, words)


def _words(code: int | None, answer: object) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    text = ADDRESS.sub("[address]", " ".join(text.split())) or type(answer).__name__
    return (f"{code} {text}" if code else text)[:500]
