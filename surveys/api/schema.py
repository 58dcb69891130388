"""What the OpenAPI document says beyond the serializers: how to authenticate, examples."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from surveys.api.serializers import ErrorDetail


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = "surveys.api.authentication.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": str(_("A key made in the admin or by the command create_api_key.")),
        }


SOURCE_AND_ID = [
    OpenApiParameter("source", str, OpenApiParameter.PATH),
    OpenApiParameter("external_id", str, OpenApiParameter.PATH),
]

REFUSED = {
    400: OpenApiResponse(
        description=str(_("What was found and what was expected, for each field by its name."))
    ),
    401: OpenApiResponse(ErrorDetail, description=str(_("No key, or one that is not valid."))),
    409: OpenApiResponse(ErrorDetail, description=str(_("Contradicts what is known."))),
    413: OpenApiResponse(ErrorDetail, description=str(_("The body is too large."))),
}
UNKNOWN = {404: OpenApiResponse(ErrorDetail, description=str(_("Not known."))), 401: REFUSED[401]}

CUSTOMER = {
    "external_id": "acct-17",
    "name": "Leaver & Sons",
    "plan": "Pro",
    "segment": "small business",
    "country": "DE",
    "contact": {"email": "erin@leaver.example", "name": "Erin", "language": "en"},
}
SUBSCRIPTION = {
    "external_id": "sub-17",
    "mrr": "149.00",
    "currency": "EUR",
    "billing_interval": "month",
    "started_on": "2024-01-15",
}
ANSWER = {
    "id": 1,
    "source": "api",
    "outcome": "created",
    "customer": "acct-17",
    "survey_url": "https://surveys.example.com/s/Zm9yLWV4YW1wbGUtb25seS4u/",
    "withheld_because": "",
}

INTENT_EXAMPLES = [
    OpenApiExample(
        "The cancel page was opened",
        value={
            "external_id": "visit-3391",
            "customer": CUSTOMER,
            "subscription": SUBSCRIPTION,
            "return_url": "https://app.example.com/cancel/confirm",
        },
        request_only=True,
    ),
    OpenApiExample(
        "The survey to show",
        value={
            **ANSWER,
            "external_id": "visit-3391",
            "invitation": "offered",
            "state": "open",
        },
        response_only=True,
        status_codes=["201"],
    ),
]
CANCELLATION_EXAMPLES = [
    OpenApiExample(
        "Cancelled to the end of the month",
        value={
            "external_id": "cancel-17",
            "customer": CUSTOMER,
            "subscription": SUBSCRIPTION,
            "requested_at": "2026-11-12T09:30:00+01:00",
            "effective_on": "2026-12-01",
            "intent": "visit-3391",
        },
        request_only=True,
    ),
    OpenApiExample(
        "Recorded, and a mail is on its way",
        value={
            **ANSWER,
            "external_id": "cancel-17",
            "invitation": "scheduled",
            "state": "pending",
            "kind": "voluntary",
            "requested_at": "2026-11-12T08:30:00Z",
            "effective_on": "2026-12-01",
        },
        response_only=True,
        status_codes=["201"],
    ),
]
