"""Invitations: what was asked, whether it went out, and why not."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from surveys.admin.access import ReadOnlyAdmin, may_read_verbatims
from surveys.delivery.messages import write_mail
from surveys.delivery.scheduling import PENDING, withdraw
from surveys.models import Invitation


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = (
        "customer",
        "survey",
        "state",
        "because",
        "not_before",
        "sent_at",
        "opened_at",
        "answered",
    )
    list_select_related = ("customer", "survey", "response")
    list_filter = ("state", "survey", ("response__submitted_at", admin.EmptyFieldListFilter))
    date_hierarchy = "created_at"
    search_fields = ("customer__external_id", "customer__name", "message_id")
    search_help_text = _("Customer ID or name, Message-ID")
    actions = ("withdraw_invitations",)
    fields = (
        "customer",
        "contact",
        "survey_version",
        "cancellation",
        "intent",
        "language",
        "state",
        "because",
        "not_before",
        "sent_at",
        "opened_at",
        "answered",
        "expires_at",
        "attempts",
        "last_error",
        "message_id",
    )
    readonly_fields = (*fields, "link", "mail")

    @admin.display(description=_("why not"))
    def because(self, invitation: Invitation) -> str:
        return gettext(invitation.withheld_because) if invitation.withheld_because else ""

    @admin.display(description=_("answered"), boolean=True, ordering="response__submitted_at")
    def answered(self, invitation: Invitation) -> bool:
        response = getattr(invitation, "response", None)
        return bool(response and response.submitted_at)

    @admin.display(description=_("link to the survey"))
    def link(self, invitation: Invitation) -> str:
        return format_html(
            '<a href="{0}" rel="noreferrer">{0}</a><br>{1}',
            invitation.url,
            gettext("Whoever has this link answers as this customer."),
        )

    @admin.display(description=_("mail"))
    def mail(self, invitation: Invitation) -> str:
        """Subject and text as they go out, or went out; whatever the contact's name holds."""
        written = write_mail(invitation)
        return format_html(
            '<div class="mail" lang="{}"><strong>{}</strong><pre>{}</pre></div>',
            invitation.language,
            written.subject,
            written.text,
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = [each for each in self.fields if each != "contact" or self._sees_contact(request)]
        if obj is not None and self._may_have_link(request, obj):
            fields.insert(fields.index("survey_version") + 1, "link")
            if obj.cancellation_id and self._sees_contact(request):
                fields.append("mail")
        return fields

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("surveys.change_invitation")

    @admin.action(description=_("Withdraw: do not send it"), permissions=["withdraw"])
    def withdraw_invitations(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        pending: Any = Invitation.objects.filter(PENDING, pk__in=queryset.values("pk"))
        count = withdraw(pending, gettext("Withdrawn by hand."))
        self.message_user(
            request,
            ngettext(
                "%(count)d invitation was withdrawn.",
                "%(count)d invitations were withdrawn.",
                count,
            )
            % {"count": count},
            messages.SUCCESS if count else messages.WARNING,
        )

    @staticmethod
    def _sees_contact(request: HttpRequest) -> bool:
        return request.user.has_perm("surveys.view_contact")

    @staticmethod
    def _may_have_link(request: HttpRequest, invitation: Invitation) -> bool:
        """The link shows the answer for a day, so it is a verbatim as soon as there is one."""
        if hasattr(invitation, "response"):
            return may_read_verbatims(request)
        return request.user.has_perm("surveys.change_invitation")
