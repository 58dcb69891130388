"""Invitations: what was asked, whether it went out, and why not."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_noop, ngettext
from django.utils.translation import gettext_lazy as _

from surveys.admin.access import ReadOnlyAdmin, ReadOnlyInline, may_read_verbatims
from surveys.delivery.messages import write_mail
from surveys.delivery.resending import AGAIN, send_again
from surveys.delivery.scheduling import PENDING, withdraw
from surveys.delivery.windows import has_strange_zone, window_of, zone_of
from surveys.models import Invitation, InvitationState, Reminder

BY_HAND = gettext_noop("Withdrawn by hand.")


class ReminderInline(ReadOnlyInline):
    """What was sent after it; whoever may see the invitation may see these."""

    model = Reminder
    show_change_link = False
    fields = ("step", "state", "because", "not_before", "sent_at", "bounced_at", "last_error")
    readonly_fields = fields
    ordering = ("step",)

    @admin.display(description=_("why not"))
    def because(self, reminder: Reminder) -> str:
        return gettext(reminder.withheld_because) if reminder.withheld_because else ""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("surveys.view_invitation")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = (
        "customer",
        "survey",
        "state",
        "because",
        "moment",
        "opened",
        "answered",
    )
    list_select_related = ("customer", "survey", "response")
    list_filter = (
        "state",
        "survey",
        "channel",
        ("response__submitted_at", admin.EmptyFieldListFilter),
    )
    date_hierarchy = "created_at"
    search_fields = ("customer__external_id", "customer__name", "message_id")
    search_help_text = _("Customer ID or name, Message-ID")
    actions = ("withdraw_invitations", "send_again")
    inlines = (ReminderInline,)
    fields = (
        "customer",
        "contact",
        "survey_version",
        "cancellation",
        "intent",
        "channel",
        "language",
        "state",
        "because",
        "not_before",
        "hours",
        "sent_at",
        "bounced_at",
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

    @admin.display(description=_("sent or due"), ordering=Coalesce("sent_at", "not_before"))
    def moment(self, invitation: Invitation) -> str:
        moment = invitation.sent_at or invitation.not_before
        return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")

    @admin.display(description=_("opened"), boolean=True, ordering="opened_at")
    def opened(self, invitation: Invitation) -> bool:
        return invitation.opened_at is not None

    @admin.display(description=_("answered"), boolean=True, ordering="response__submitted_at")
    def answered(self, invitation: Invitation) -> bool:
        response = getattr(invitation, "response", None)
        return bool(response and response.submitted_at)

    @admin.display(description=_("sending window"))
    def hours(self, invitation: Invitation) -> str:
        """In whose hours it goes out, and where a customer's time zone could not be used."""
        zone = zone_of(invitation.customer)
        window = window_of(invitation.survey)
        text = gettext("At any time")
        if window is not None:
            text = gettext("%(from)s to %(until)s, %(zone)s") % {
                "from": time_format(window[0]),
                "until": time_format(window[1]),
                "zone": zone.key,
            }
        if has_strange_zone(invitation.customer):
            text += " · " + gettext(
                "The customer's time zone “%(name)s” does not exist: the organisation's is used."
            ) % {"name": invitation.customer.time_zone}
        return text

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

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("surveys.change_invitation")

    @admin.action(description=_("Send again"), permissions=["send_again"])
    def send_again(
        self, request: HttpRequest, queryset: QuerySet[Invitation]
    ) -> HttpResponse | None:
        """Asks first: nobody knows whether an uncertain one has arrived."""
        chosen = queryset.filter(state__in=AGAIN, cancellation__isnull=False)
        chosen = chosen.select_related("customer", "survey").order_by("pk")
        if not chosen:
            self.message_user(
                request,
                gettext("Only what failed or was perhaps sent can be sent again."),
                messages.WARNING,
            )
            return None
        if request.POST.get("confirmed"):
            self._send_again(request, list(chosen))
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Send again?"),
            "opts": self.opts,
            "invitations": chosen,
            "perhaps": sum(each.state == InvitationState.UNCERTAIN for each in chosen),
        }
        return TemplateResponse(request, "admin/surveys/invitation/send_again.html", context)

    def _send_again(self, request: HttpRequest, chosen: list[Invitation]) -> None:
        done = send_again(ids=[each.pk for each in chosen], now=timezone.now())
        for invitation in chosen:
            self.log_change(request, invitation, gettext("Asked for it to be sent again."))
        if done.scheduled:
            self.message_user(
                request,
                ngettext(
                    "%(count)d invitation is sent again.",
                    "%(count)d invitations are sent again.",
                    done.scheduled,
                )
                % {"count": done.scheduled},
                messages.SUCCESS,
            )
        for because, count in done.stopped.items():
            text = ngettext(
                "%(count)d is not sent: %(because)s", "%(count)d are not sent: %(because)s", count
            )
            self.message_user(
                request, text % {"count": count, "because": gettext(because)}, messages.WARNING
            )

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("surveys.change_invitation")

    @admin.action(description=_("Withdraw: do not send it"), permissions=["withdraw"])
    def withdraw_invitations(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        chosen = queryset.order_by().values("pk")
        count = withdraw(Invitation.objects.filter(PENDING, pk__in=chosen), BY_HAND)
        count += withdraw(Reminder.objects.filter(PENDING, invitation__in=chosen), BY_HAND)
        self.message_user(
            request,
            ngettext(
                "%(count)d mail was withdrawn.",
                "%(count)d mails were withdrawn.",
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
