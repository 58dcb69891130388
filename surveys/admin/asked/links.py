"""A cancellation's link for staff to hand on: shown, copied, as a QR code, made on request."""

import io
from collections.abc import Callable
from typing import Any

import segno
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from surveys.admin.access import may_read_verbatims
from surveys.delivery.links import OfferRefusedError, offer_link
from surveys.models import Cancellation, Invitation, InvitationState

HAND_ON = "surveys.change_invitation"
# Until somebody hands it on, a link waits in the queue, and handing it on takes it from there.
OUT = (InvitationState.OFFERED, InvitationState.SENT, InvitationState.UNCERTAIN)


def may_hand_on(request: HttpRequest) -> bool:
    """Whether this user may make links and give them to customers."""
    return request.user.has_perm(HAND_ON)


def may_see_link(request: HttpRequest, invitation: Invitation) -> bool:
    """The link shows the answer for a day, so it is a verbatim as soon as there is one."""
    if getattr(invitation, "response", None) is not None:
        return may_read_verbatims(request)
    return may_hand_on(request)


def link_context(request: HttpRequest, cancellation: Cancellation, site: str) -> dict[str, Any]:
    """What the cancellation's page says about its link; one query."""
    invitation = (
        Invitation.objects.select_related("response", "survey")
        .filter(cancellation=cancellation)
        .first()
    )
    shown = invitation if invitation and may_see_link(request, invitation) else None
    usable = bool(
        shown
        and shown.state != InvitationState.WITHDRAWN
        and (shown.expires_at > timezone.now() or hasattr(shown, "response"))
    )
    return {
        "may_hand_on": may_hand_on(request),
        "link": shown if usable and shown and shown.state in OUT else None,
        "qr_url": reverse(f"{site}:surveys_cancellation_qr", args=[cancellation.pk]),
        "make_url": reverse(f"{site}:surveys_cancellation_link", args=[cancellation.pk]),
    }


def make_link_view(model_admin: ModelAdmin) -> Callable[[HttpRequest, int], HttpResponse]:
    """POST makes the link, or opens the one that is there again, and takes it from our mail."""

    def view(request: HttpRequest, cancellation_id: int) -> HttpResponse:
        if not may_hand_on(request):
            raise PermissionDenied
        cancellation = get_object_or_404(_cancellations(), pk=cancellation_id)
        try:
            offer_link(cancellation, timezone.now())
        except OfferRefusedError as refused:
            model_admin.message_user(request, str(refused), messages.ERROR)
        else:
            model_admin.log_change(request, cancellation, gettext("Link to the survey handed on."))
            model_admin.message_user(
                request,
                gettext("Here is the link. We send no mail about this cancellation any more."),
            )
        address = reverse(
            f"{model_admin.admin_site.name}:surveys_cancellation_change", args=[cancellation.pk]
        )
        return HttpResponseRedirect(f"{address}#survey-link")

    return require_POST(view)


def qr_view(model_admin: ModelAdmin) -> Callable[[HttpRequest, int], HttpResponse]:
    """The link as a QR code (image/svg+xml); 404 where there is no link to show."""

    def view(request: HttpRequest, cancellation_id: int) -> HttpResponse:
        invitation = get_object_or_404(
            Invitation.objects.select_related("response"), cancellation=cancellation_id
        )
        if not may_see_link(request, invitation):
            raise PermissionDenied
        response = HttpResponse(qr_code(invitation.url), content_type="image/svg+xml")
        response["Cache-Control"] = "private, no-store"
        return response

    return require_safe(view)


def qr_code(url: str) -> bytes:
    """An SVG of ``url`` with its quiet zone, black on white so that every camera reads it."""
    out = io.BytesIO()
    code = segno.make(url, error="m", micro=False)
    code.save(out, kind="svg", scale=6, border=4, dark="#000", light="#fff", xmldecl=False)
    return out.getvalue()


def _cancellations() -> Any:
    return Cancellation.objects.select_related("customer", "subscription", "contact")
