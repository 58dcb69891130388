"""Where billing systems report to. Verified first, read afterwards."""

import logging
import time

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from surveys.intake.webhooks.signature import SignatureError, verify
from surveys.intake.webhooks.stripe import UnreadableEventError
from surveys.intake.webhooks.taking_in import take_in
from surveys.strict_json import UnreadableJsonError, read_json

logger = logging.getLogger(__name__)

BODY_LIMIT = 1024 * 1024  # bytes; Stripe's largest events are a tenth of it
LONGEST_LENGTH = 12  # digits


@csrf_exempt  # no cookie is looked at; the signature says who it is
@require_POST
def stripe(request: HttpRequest) -> HttpResponse:
    """``/webhooks/stripe/``: 200 applied, ignored or seen before; 400 not from Stripe, or not now.

    A failure inside answers 500, so that Stripe sends the event again.
    """
    if not any(secret.strip() for secret in settings.STRIPE_WEBHOOK_SECRETS):
        raise Http404
    if _is_too_long(request):
        return JsonResponse({"detail": "The body is too large."}, status=413)
    body = request.body
    try:
        verify(
            header=request.headers.get("Stripe-Signature", ""),
            body=body,
            secrets=settings.STRIPE_WEBHOOK_SECRETS,
            now=time.time(),
            tolerance=settings.WEBHOOK_TOLERANCE_SECONDS,
        )
    except SignatureError as error:
        logger.warning("Stripe webhook refused: %s", error)
        return JsonResponse({"detail": str(error)}, status=400)
    try:
        outcome = take_in(read_json(body))
    except (UnreadableJsonError, UnreadableEventError) as error:
        logger.warning("Stripe webhook cannot be read: %s", error)
        return JsonResponse({"detail": str(error)}, status=400)
    except Exception:  # taking_in has said what; the error's words stay out of the log
        return JsonResponse({"detail": "The event could not be applied."}, status=500)
    return JsonResponse({"outcome": outcome})


def _is_too_long(request: HttpRequest) -> bool:
    length = request.headers.get("Content-Length", "")
    if not (length.isascii() and length.isdigit()):
        return False
    return len(length) > LONGEST_LENGTH or int(length) > BODY_LIMIT
