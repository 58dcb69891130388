"""A mail to look at: sent to one address of the team's own, about nobody."""

from django.core import mail
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.utils.translation import gettext

from surveys.delivery import gate
from surveys.delivery.failures import read_failure
from surveys.delivery.messages import sample_values, write_mail_for
from surveys.delivery.mime import message_of
from surveys.models import SurveyVersion
from surveys.questionnaire import Questionnaire, compile_version

SIGN = "[Test]"


class MailNotSentError(Exception):
    """The mail was not sent; the text says why, in words that a person can act on."""


def send_test(version: SurveyVersion, language: str, address: str, *, step: int = 0) -> None:
    """Send the mail of ``version``, a draft too, in ``language`` to ``address`` alone.

    With made-up words for the placeholders, "[Test]" before the subject, and links that lead to
    a page that says that it was a preview. ``step``: 0 the first mail, from 1 a reminder. Blocks
    until the mail server has answered. MailNotSentError where the address is none or must not be
    written to, and where the server refuses it or cannot be reached.
    """
    address = address.strip()
    _check(address)
    message = _message(version, language, address, step)
    try:
        message.send()
    except Exception as error:  # whatever a backend may raise
        raise MailNotSentError(
            gettext("The mail server did not take the mail: %(words)s")
            % {"words": read_failure(error).words}
        ) from error


def _check(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError as error:
        raise MailNotSentError(gettext("“%s” is no e-mail address.") % address) from error
    if because := gate.reason_against_address(address):
        raise MailNotSentError(gettext(because))


def _message(
    version: SurveyVersion, language: str, address: str, step: int
) -> EmailMultiAlternatives:
    definition = version.definition if version.is_published else compile_version(version)
    questionnaire = Questionnaire.from_definition(definition)
    written = write_mail_for(
        questionnaire,
        questionnaire.language_for(language),
        sample_values(language),
        step=step,
    )
    message = message_of(
        written,
        to=address,
        headers={"Content-Language": written.language, "Auto-Submitted": "auto-generated"},
        connection=mail.get_connection(),
    )
    message.subject = f"{SIGN} {written.subject}"
    return message
