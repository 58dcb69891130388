"""What a call may say, and what it gets back."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from surveys.api.fields import (
    AddressField,
    AmountField,
    CurrencyField,
    DayField,
    LanguageField,
    LineField,
    MomentField,
    NameField,
    SourceField,
    TimeZoneField,
    VerbatimField,
    shown,
)
from surveys.models import CancellationKind, InvitationState
from surveys.models.customers import BillingInterval

DEFAULT_SOURCE = "api"
COMMENT_LIMIT = 5_000  # characters


class StrictSerializer(serializers.Serializer):
    """Refuses fields it does not know: a misspelt name would lose data silently.

    A field that is null is one that was not said.
    """

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)
        said = {
            name: value
            for name, value in data.items()
            if value is not None or (name in self.fields and self.fields[name].required)
        }
        errors: dict[str, Any] = {
            shown(name): [
                gettext("Unknown field. Expected: %(known)s.") % {"known": ", ".join(self.fields)}
            ]
            for name in said
            if name not in self.fields
        }
        try:
            read = super().to_internal_value(said)
        except serializers.ValidationError as error:
            if isinstance(error.detail, dict):
                errors |= error.detail
        if errors:
            raise serializers.ValidationError(errors)
        return read


class ContactRequest(StrictSerializer):
    email = AddressField(max_length=254, help_text=_("Where the survey is sent to."))
    name = NameField(max_length=200, required=False, allow_blank=True)
    language = LanguageField(
        max_length=20, required=False, allow_blank=True, help_text=_("Of the survey and the mail.")
    )


class CustomerRequest(StrictSerializer):
    external_id = LineField(
        max_length=180, help_text=_("The customer's ID, the same as the billing system's.")
    )
    name = NameField(max_length=200, required=False, allow_blank=True)
    plan = LineField(max_length=100, required=False, allow_blank=True)
    segment = LineField(max_length=100, required=False, allow_blank=True)
    industry = LineField(max_length=100, required=False, allow_blank=True)
    country = LineField(max_length=100, required=False, allow_blank=True)
    billing_interval = serializers.ChoiceField(
        choices=BillingInterval.choices, required=False, allow_blank=True
    )
    account_owner = LineField(max_length=100, required=False, allow_blank=True)
    ideal = serializers.BooleanField(
        required=False, help_text=_("Whether it is the kind of customer you are made for.")
    )
    time_zone = TimeZoneField(max_length=64, required=False, allow_blank=True)
    language = LanguageField(max_length=20, required=False, allow_blank=True)
    is_test = serializers.BooleanField(
        required=False, help_text=_("Test customers never count in any figure.")
    )
    contact = ContactRequest(required=False)


class SubscriptionRequest(StrictSerializer):
    external_id = LineField(
        max_length=200, required=False, allow_blank=True,
        help_text=_("Without it: the customer's only running subscription."),
    )  # fmt: skip
    plan = LineField(max_length=100, required=False, allow_blank=True)
    billing_interval = serializers.ChoiceField(
        choices=BillingInterval.choices, required=False, allow_blank=True
    )
    mrr = AmountField(required=False, help_text=_("Monthly recurring revenue; with a currency."))
    currency = CurrencyField(required=False, allow_blank=True, help_text=_("ISO 4217, as EUR."))
    started_on = DayField(
        required=False,
        help_text=_("First day. Where it was never said, the subscription began today."),
    )
    is_trial = serializers.BooleanField(
        required=False, help_text=_("A trial that never paid; counted apart.")
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "mrr" in attrs and not attrs.get("currency"):
            raise serializers.ValidationError(
                {"currency": [gettext("Missing: an MRR needs its currency, as EUR.")]}
            )
        return attrs


class IntentRequest(StrictSerializer):
    source = SourceField(  # type: ignore[assignment]  # a field of that name is fine with DRF
        max_length=50, default=DEFAULT_SOURCE, help_text=_("The system that external_id is of.")
    )
    external_id = LineField(
        max_length=200, help_text=_("Your ID of this visit of the cancel page; repeat it freely.")
    )
    customer = CustomerRequest()
    subscription = SubscriptionRequest(required=False)
    opened_at = MomentField(required=False, help_text=_("Default: now."))
    return_url = LineField(
        max_length=500, required=False, allow_blank=True,
        help_text=_("Where the customer goes on to cancel; its origin must be allow-listed."),
    )  # fmt: skip

    def validate_return_url(self, address: str) -> str:
        if not address:
            return address
        origin = _origin(address)
        if origin is None:
            raise serializers.ValidationError(
                gettext("Expected an address such as https://app.example.com/cancel.")
            )
        allowed = {each.rstrip("/").lower() for each in settings.SURVEY_RETURN_ORIGINS}
        if origin not in allowed:
            raise serializers.ValidationError(
                gettext("The origin %(origin)s is not in the setting SURVEY_RETURN_ORIGINS.")
                % {"origin": shown(origin)}
            )
        return address


class CancellationRequest(StrictSerializer):
    source = SourceField(  # type: ignore[assignment]  # a field of that name is fine with DRF
        max_length=50, default=DEFAULT_SOURCE, help_text=_("The system that external_id is of.")
    )
    external_id = LineField(
        max_length=200, help_text=_("Your ID of this cancellation; repeat it freely.")
    )
    customer = CustomerRequest()
    subscription = SubscriptionRequest(required=False)
    kind = serializers.ChoiceField(
        choices=CancellationKind.choices, required=False, help_text=_("Default: voluntary.")
    )
    requested_at = MomentField(
        required=False, help_text=_("When the customer decided. Default: now.")
    )
    effective_on = DayField(
        required=False, help_text=_("First day without. Default: the day of the request.")
    )
    reason = NameField(
        max_length=300, required=False, allow_blank=True,
        help_text=_("A reason you have already, as a code or in words."),
    )  # fmt: skip
    comment = VerbatimField(
        max_length=COMMENT_LIMIT, required=False, allow_blank=True,
        help_text=_("What the customer wrote to you, in the customer's words."),
    )  # fmt: skip
    intent = LineField(
        max_length=200, required=False, allow_blank=True,
        help_text=_("external_id of the intent it came from, of the same source."),
    )  # fmt: skip
    invite = serializers.BooleanField(
        default=True, help_text=_("Whether the customer is asked why by mail.")
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        started_on = attrs.get("subscription", {}).get("started_on")
        effective_on = attrs.get("effective_on")
        if started_on and effective_on and started_on > effective_on:
            message = gettext("%(start)s is before the subscription's start on %(end)s.")
            raise serializers.ValidationError(
                {"effective_on": [message % {"start": effective_on, "end": started_on}]}
            )
        return attrs


class RevertRequest(StrictSerializer):
    reverted_at = MomentField(required=False, help_text=_("Default: now."))


class StateSerializer(serializers.Serializer):
    """Common to the answers about intents and cancellations."""

    id = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment]
    external_id = serializers.CharField()
    outcome = serializers.ChoiceField(choices=["created", "updated", "unchanged"])
    customer = serializers.CharField(help_text=_("external_id of the customer."))
    survey_url = serializers.CharField(
        allow_null=True, help_text=_("The survey's address; null where there is no survey.")
    )
    invitation = serializers.ChoiceField(
        choices=InvitationState.values, allow_null=True, help_text=_("What became of the survey.")
    )
    withheld_because = serializers.CharField(
        allow_blank=True, help_text=_("Why no mail is sent, where none is.")
    )


class IntentState(StateSerializer):
    state = serializers.ChoiceField(
        choices=["open", "cancelled", "saved"],
        help_text=_("saved: no cancellation came within 30 days."),
    )


class CancellationState(StateSerializer):
    state = serializers.ChoiceField(
        choices=["pending", "ended", "taken_back"],
        help_text=_("pending: the end is still to come."),
    )
    kind = serializers.ChoiceField(choices=CancellationKind.choices)
    requested_at = serializers.DateTimeField()
    effective_on = serializers.DateField()


class ErrorDetail(serializers.Serializer):
    detail = serializers.CharField()


def _origin(address: str) -> str | None:
    """Scheme, host and port; None where a browser could read the address differently than we."""
    if "\\" in address or any(character.isspace() for character in address):
        return None
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}" if port else f"{parts.scheme}://{host}"
