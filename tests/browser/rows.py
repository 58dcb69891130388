"""Inside of an installation's own database: what the tests in the browser put there and look up.

Run as a process of its own by ``desk.py``: a call a line comes in, what it returns goes out.
"""

import datetime as dt
import json
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

import django

if __name__ == "__main__":
    django.setup()

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from surveys.admin.editor.starting import start_survey
from surveys.default_surveys.templates import TEMPLATES
from surveys.delivery.messages import write_mail
from surveys.models import (
    Answer,
    Contact,
    Invitation,
    InvitationState,
    Response,
    Survey,
    SurveyMoment,
)
from surveys.models.invitations import Suppression
from surveys.publishing import publish
from tests.factories.surveys import (
    CancellationFactory,
    ContactFactory,
    CustomerFactory,
    IntentFactory,
    InvitationFactory,
    SubscriptionFactory,
    published_version,
)


def publish_templates() -> None:
    """Surveys made of the templates that an installation does not begin with, each once."""
    for template in TEMPLATES:
        if not Survey.objects.filter(key=template.key).exists():
            survey = start_survey(name=str(template.name), key=template.key, template=template.key)
            publish(survey.versions.get(), now=timezone.now())


@transaction.atomic
def invite(survey: str, language: str, count: int) -> list[str]:
    """Tokens of new invitations: mailed, or offered on a cancel page as the survey has it."""
    version = published_version(survey)
    cancelling = version.survey.moment == SurveyMoment.CANCELLING
    invitations = InvitationFactory.create_batch(
        count, survey_version=version, language=language, for_intent=cancelling
    )
    return [str(invitation.token) for invitation in invitations]


def age(token: str, what: str) -> None:
    """Make the invitation ``expired``, ``withdrawn``, ``closed`` (to changes) or ``erased``."""
    rows, past = Invitation.objects.filter(token=token), timezone.now() - dt.timedelta(days=90)
    if what == "expired":
        rows.update(not_before=past, expires_at=past)
    elif what == "withdrawn":
        rows.update(state=InvitationState.WITHDRAWN)
    elif what == "closed":
        assert Response.objects.filter(invitation__token=token).update(submitted_at=past)
    elif what == "erased":
        Contact.objects.get(invitations__token=token).delete()
    else:
        raise ValueError(what)


def stored(tokens: list[str]) -> dict[str, dict[str, Any] | None]:
    """The response to each invitation, with its current answers by question key; None: none."""
    responses = Response.objects.filter(invitation__token__in=tokens)
    found: dict[str, dict[str, Any] | None] = dict.fromkeys(tokens)
    for response in responses.select_related("invitation"):
        answers = Answer.objects.current().filter(response=response).select_related("question")
        found[response.invitation.token] = {
            "answers": {each.question.key: each.choices or each.text for each in answers},
            "displayed": {each.question.key: each.displayed for each in answers},
            "language": response.language,
            "revision": response.revision,
            "text_probe": response.text_probe,
            "unsent": response.unsent,
            "is_submitted": response.submitted_at is not None,
            "is_completed": response.completed_at is not None,
        }
    return found


def traces(token: str) -> dict[str, Any]:
    """What reading mail and pages must not change: everything but the "opened" mark."""
    invitation = Invitation.objects.get(token=token)
    return {
        "responses": Response.objects.filter(invitation=invitation).count(),
        "answers": Answer.objects.filter(response__invitation=invitation).count(),
        "state": invitation.state,
        "suppressed": bool(
            invitation.contact and Suppression.objects.covers(invitation.contact.email)
        ),
        "suppressions": Suppression.objects.count(),
    }


def mail(token: str) -> dict[str, str]:
    written = write_mail(Invitation.objects.get(token=token))
    return {"subject": written.subject, "text": written.text, "html": written.html}


def error_page(template: str, language: str) -> str:
    with translation.override(language):
        return render_to_string(template)


CALLS: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (publish_templates, invite, age, stored, traces, mail, error_page)
}


def main() -> None:
    # Another desk may have been here before: identifiers go on where nobody has been.
    for each in (
        CustomerFactory,
        ContactFactory,
        SubscriptionFactory,
        CancellationFactory,
        IntentFactory,
    ):
        each.reset_sequence(time.time_ns())
    for line in sys.stdin:
        name, arguments = json.loads(line)
        try:
            said = {"returned": CALLS[name](*arguments)}
        except Exception:
            said = {"raised": traceback.format_exc()}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
