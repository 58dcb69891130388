"""A mail as it goes over the wire: its headers, and Django's message of them."""

import hashlib
from email.header import Header
from email.utils import formataddr, parseaddr
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from surveys.delivery.messages import Mail, WrittenMail, invitation_of, step_of, write_mail


class Message(EmailMultiAlternatives):
    """Django's, with a subject that begins on the line of its name in every language.

    A long subject beyond ASCII is folded by Django without counting "Subject: ", so that the
    first line stays empty: some servers take that for no subject at all, and readers show a
    blank before it.
    """

    def message(self, **options: Any) -> Any:
        built = super().message(**options)
        subject = str(self.subject)
        if not subject.isascii():
            built.replace_header("Subject", Header(subject, "utf-8", header_name="Subject"))
        return built


def build_message(mail: Mail, *, connection: Any = None) -> EmailMultiAlternatives:
    """The message for the invitation's contact, ready to be sent over ``connection``.

    ValueError where the address is none. No queries where version, customer, contact and the
    cancellation's subscription have been joined.
    """
    contact = invitation_of(mail).contact
    if contact is None:
        raise ValueError("The invitation has no contact.")
    written = write_mail(mail)
    return message_of(
        written,
        to=contact.email,
        headers=headers_of(mail) | {"Content-Language": written.language},
        connection=connection,
    )


def message_of(
    written: WrittenMail, *, to: str, headers: dict[str, str], connection: Any = None
) -> EmailMultiAlternatives:
    message = Message(
        subject=written.subject,
        body=written.text,
        from_email=sender(),
        to=[to],
        reply_to=[settings.REPLY_TO] if settings.REPLY_TO else None,
        headers=headers,
        connection=connection,
    )
    message.attach_alternative(written.html, "text/html")
    return message


def headers_of(mail: Mail) -> dict[str, str]:
    """What this mail says for mail programs beside its words."""
    invitation = invitation_of(mail)
    headers = {
        "Message-ID": message_id_of(mail),
        # RFC 8058: a mail program's own button posts to this address.
        "List-Unsubscribe": f"<{invitation.unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        # RFC 3834, and Exchange's word for it: no out-of-office notes in return.
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
    if step_of(mail) and invitation.message_id:
        # A reminder stands below the first mail, not beside it.
        headers |= {"In-Reply-To": invitation.message_id, "References": invitation.message_id}
    return headers


def message_id_of(mail: Mail) -> str:
    """The same for every attempt at this invitation and step, and no way back to the token,
    which opens the survey."""
    if mail.message_id:
        return mail.message_id
    step = step_of(mail)
    about = f"message:{invitation_of(mail).token}" + (f":{step}" if step else "")
    digest = hashlib.sha256(about.encode()).hexdigest()[:32]
    return f"<{digest}@{_domain(settings.DEFAULT_FROM_EMAIL)}>"


def sender() -> str:
    """Name and address; without a name of its own the organisation's."""
    return _named(settings.DEFAULT_FROM_EMAIL, settings.ORGANISATION_NAME)


@lru_cache(maxsize=8)
def _named(sender: str, organisation: str) -> str:
    name, address = parseaddr(sender)
    return formataddr((name or organisation, address))


@lru_cache(maxsize=8)
def _domain(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"
