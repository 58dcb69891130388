"""Where mail providers report to: ``/webhooks/mail/<provider>/tracking/``.

anymail's own addresses for what becomes of mails, and none for incoming mail. Each answers 404
until ANYMAIL_WEBHOOK_SECRET is set, and 400 to whoever does not know it.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.urls import urlpatterns as every_address
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from django.views.decorators.csrf import csrf_exempt

logger = logging.getLogger(__name__)

# What the readers of JSON and its values raise at something else than they expect.
NOT_ITS_PAYLOAD = (
    LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError,
)  # fmt: skip


class ReadOrRefused:
    """A payload that the provider's reader cannot make sense of is a bad request, no fault of
    the server: nobody has to send it again."""

    def run_validators(self, request: HttpRequest) -> None:
        with _refused():
            super().run_validators(request)  # type: ignore[misc]

    def parse_events(self, request: HttpRequest) -> Any:
        with _refused():
            return list(super().parse_events(request))  # type: ignore[misc]


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except (SuspiciousOperation, ImproperlyConfigured):
        raise
    except NOT_ITS_PAYLOAD as error:
        raise AnymailWebhookValidationFailure(
            f"Not a payload of this provider ({type(error).__name__})."
        ) from error


def guarded(address: URLPattern) -> URLPattern:
    provider_view: Any = cast(Any, address.callback).view_class
    view_class = type(provider_view.__name__, (ReadOrRefused, provider_view), {})
    answer: Callable[..., HttpResponse] = view_class.as_view()  # type: ignore[attr-defined]

    @csrf_exempt
    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.ANYMAIL.get("WEBHOOK_SECRET"):
            raise Http404
        try:
            return answer(request, *args, **kwargs)
        except ImproperlyConfigured as error:
            # This provider signs, and its key is not set; or its inbound mail was sent here.
            logger.warning("A mail provider's event was not taken: %s", type(error).__name__)
            raise Http404 from error

    return URLPattern(address.pattern, view, name=address.name)


app_name = "mail_webhooks"
urlpatterns = [guarded(each) for each in every_address if "inbound" not in str(each.pattern)]
