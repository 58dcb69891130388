"""Cancellations: entered by hand, corrected, taken back. Always through the one service."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from surveys.admin.access import VerbatimFieldsMixin
from surveys.admin.asked.links import link_context, make_link_view, qr_view
from surveys.admin.asked.links_page import export_links, may_export, personal_links
from surveys.admin.subscriptions import BY_HAND
from surveys.intake.facts import CustomerFacts, SubscriptionFacts
from surveys.intake.recording import Recorded, record_cancellation, record_reactivation
from surveys.models import Cancellation, Invitation


class CancellationByHandForm(ModelForm):
    """A person tells us that a subscription ends."""

    invite = forms.BooleanField(
        label=_("Send the survey"),
        required=False,
        initial=True,
        help_text=_("Nothing older than the days set for invitations is ever mailed."),
    )

    class Meta:
        model = Cancellation
        fields = (
            "subscription",
            "kind",
            "requested_at",
            "effective_on",
            "provider_reason",
            "provider_comment",
        )

    def clean_requested_at(self) -> Any:
        requested_at = self.cleaned_data["requested_at"]
        if requested_at > timezone.now():
            raise forms.ValidationError(gettext("The request cannot lie in the future."))
        return requested_at

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        subscription, effective_on = cleaned.get("subscription"), cleaned.get("effective_on")
        if subscription and effective_on and effective_on < subscription.started_on:
            self.add_error(
                "effective_on",
                gettext("The subscription started on %(day)s only.")
                % {"day": subscription.started_on},
            )
        standing = subscription and subscription.cancellations.filter(reverted_at__isnull=True)
        if standing and standing.exists():
            self.add_error(
                "subscription", gettext("This subscription has a cancellation that stands.")
            )
        return cleaned


@admin.register(Cancellation)
class CancellationAdmin(VerbatimFieldsMixin, admin.ModelAdmin):
    list_display = (
        "customer",
        "requested_at",
        "effective_on",
        "kind",
        "plan",
        "provider_reason",
        "source",
        "stands",
    )
    list_select_related = ("customer", "subscription")
    list_filter = (
        "kind",
        ("reverted_at", admin.EmptyFieldListFilter),
        ("source", admin.AllValuesFieldListFilter),
    )
    date_hierarchy = "requested_at"
    search_fields = ("external_id", "customer__external_id", "customer__name", "provider_reason")
    verbatim_search_fields = ("provider_comment",)
    verbatim_fields = ("provider_comment",)
    search_help_text = _("Customer, ID or reason as it came in")
    list_per_page = 50
    show_full_result_count = False
    autocomplete_fields = ("subscription",)
    actions = ("take_back", "export_personal_links")
    fields = (
        "customer",
        "subscription",
        "kind",
        "requested_at",
        "effective_on",
        "reverted_at",
        "source",
        "external_id",
        "intent",
        "provider_reason",
        "provider_comment",
        "state_at",
        "created_at",
    )
    fields_by_hand = (
        "subscription",
        "kind",
        "requested_at",
        "effective_on",
        "provider_reason",
        "provider_comment",
        "invite",
    )
    editable = ("kind", "effective_on")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        links = partial(personal_links, site=self.admin_site)
        return [
            path("links/", wrap(links), name="personal_links"),
            path(
                "<int:cancellation_id>/link/",
                wrap(make_link_view(self)),
                name="surveys_cancellation_link",
            ),
            path(
                "<int:cancellation_id>/qr.svg", wrap(qr_view(self)), name="surveys_cancellation_qr"
            ),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        if (cancellation := kwargs.get("obj")) is not None:
            context["survey_link"] = link_context(request, cancellation, self.admin_site.name)
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        extra_context = {"may_export": may_export(request)} | (extra_context or {})
        return super().changelist_view(request, extra_context)

    @admin.display(description=_("plan"), ordering="subscription__plan")
    def plan(self, cancellation: Cancellation) -> str:
        return cancellation.subscription.plan

    @admin.display(description=_("stands"), boolean=True)
    def stands(self, cancellation: Cancellation) -> bool:
        return cancellation.reverted_at is None

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # What one types in oneself is nobody's secret.
        return super().get_fields(request, obj) if obj else self.fields_by_hand

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ()
        editable = () if obj.reverted_at else self.editable
        return tuple(each for each in self.fields if each not in editable)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = CancellationByHandForm
        return super().get_form(request, obj, change, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        now = timezone.now()
        return {"requested_at": now, "kind": "voluntary"} | super().get_changeform_initial_data(
            request
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: it happened. Take it back instead."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        if change:
            if form.has_changed():
                self._correct(obj)
            return
        subscription = obj.subscription
        recorded = record_cancellation(
            source=BY_HAND,
            external_id=get_random_string(20),
            **_facts(obj),
            kind=obj.kind,
            requested_at=obj.requested_at,
            effective_on=obj.effective_on,
            provider_reason=obj.provider_reason,
            provider_comment=obj.provider_comment,
            invite=form.cleaned_data["invite"],
            subscription_source=subscription.source,
        )
        # The admin goes on with ``obj`` (history, messages, redirect): it becomes the row.
        obj.pk = recorded.row.pk
        obj.refresh_from_db()
        self._say_what_follows(request, recorded, invited=form.cleaned_data["invite"])

    def _correct(self, cancellation: Cancellation) -> None:
        record_cancellation(
            source=cancellation.source,
            external_id=cancellation.external_id,
            **_facts(cancellation),
            kind=cancellation.kind,
            requested_at=cancellation.requested_at,
            effective_on=cancellation.effective_on,
            # A person's correction is the newest that is known.
            state_at=max(timezone.now(), cancellation.state_at),
            invite=False,
            subscription_source=cancellation.subscription.source,
        )
        cancellation.refresh_from_db()

    def _say_what_follows(
        self, request: HttpRequest, recorded: Recorded[Cancellation], *, invited: bool
    ) -> None:
        invitation: Invitation | None = recorded.invitation
        if not invited:
            return
        if invitation is None:
            text = gettext("No survey fits this cancellation, so none is sent.")
        elif invitation.withheld_because:
            text = gettext("The survey is not sent: %(because)s") % {
                "because": gettext(invitation.withheld_because)
            }
        else:
            text = gettext("The survey goes out after %(moment)s.") % {
                "moment": timezone.localtime(invitation.not_before).strftime("%Y-%m-%d %H:%M")
            }
        self.message_user(request, text)

    @admin.action(description=_("Take back: the customer stays"), permissions=["change"])
    def take_back(self, request: HttpRequest, queryset: QuerySet[Cancellation]) -> None:
        standing = queryset.filter(reverted_at__isnull=True)
        count = 0
        for cancellation in standing.select_related("customer", "subscription"):
            record_reactivation(
                source=cancellation.source,
                external_id=cancellation.external_id,
                state_at=max(timezone.now(), cancellation.state_at),
                **_facts(cancellation),
                kind=cancellation.kind,
                subscription_source=cancellation.subscription.source,
            )
            self.log_change(request, cancellation, gettext("Taken back."))
            count += 1
        self.message_user(
            request,
            ngettext(
                "%(count)d cancellation was taken back.",
                "%(count)d cancellations were taken back.",
                count,
            )
            % {"count": count},
            messages.SUCCESS if count else messages.WARNING,
        )

    def has_export_links_permission(self, request: HttpRequest) -> bool:
        return may_export(request)

    @admin.action(
        description=_("Export personal links for another mailer (CSV)"),
        permissions=["export_links"],
    )
    def export_personal_links(
        self, request: HttpRequest, queryset: QuerySet[Cancellation]
    ) -> HttpResponseBase:
        return export_links(request, queryset)


def _facts(cancellation: Cancellation) -> dict[str, Any]:
    """Only which rows are meant: nothing that is known is said again."""
    subscription = cancellation.subscription
    return {
        "customer": CustomerFacts(external_id=subscription.customer.external_id),
        "subscription": SubscriptionFacts(external_id=subscription.external_id),
    }
