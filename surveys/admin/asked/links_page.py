"""Personal links as a CSV for another mailer: the page with filters, and the file."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop, ngettext
from django.views.decorators.http import require_http_methods

from surveys.admin.asked.links import HAND_ON
from surveys.admin.asked.screen import AddressError, read_day
from surveys.calendar import local_midnight, today
from surveys.csv_streaming import as_csv
from surveys.models import Cancellation, CancellationKind
from surveys.personal_links import HandedOn, hand_on, link_rows, sort_out
from surveys.wording import number

DAY = dt.timedelta(days=1)
# Each is asked whether it may be written to, which takes its queries; a file has an end.
MOST = 5_000
NEEDED = (HAND_ON, "surveys.view_cancellation", "surveys.view_contact")
LOGGED = gettext_noop("Personal link exported.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Cancellations requested from ``first`` to ``last``, both included, of ``kind`` ("": any)."""

    first: dt.date
    last: dt.date
    kind: str

    @classmethod
    def from_query(cls, query: QueryDict) -> "Wanted":
        now = today()
        last = read_day(query, "to", now, now)
        first = read_day(query, "from", last - settings.INVITATION_MAX_AGE_DAYS * DAY, now)
        if last < first:
            raise AddressError(
                gettext("The last day (%(last)s) lies before the first (%(first)s).")
                % {"last": last, "first": first}
            )
        kind = query.get("kind", "").strip()
        if kind and kind not in CancellationKind.values:
            raise AddressError(
                gettext("“%(name)s”: found “%(found)s”, expected one of %(expected)s.")
                % {
                    "name": "kind",
                    "found": kind[:100],
                    "expected": ", ".join(CancellationKind.values),
                }
            )
        return cls(first, last, kind)

    def cancellations(self) -> QuerySet[Cancellation]:
        """Of customers who count, taken back or not: whatever is left out is said."""
        found = Cancellation.objects.filter(
            requested_at__gte=local_midnight(self.first),
            requested_at__lt=local_midnight(self.last + DAY),
            customer__is_test=False,
        )
        return found.filter(kind=self.kind) if self.kind else found


def may_export(request: HttpRequest) -> bool:
    """Whether this user may have customers' addresses and links in a file."""
    return request.user.has_perms(NEEDED)


@require_http_methods(["GET", "HEAD", "POST"])
def personal_links(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    """GET says who would be in the file and who not, and why; POST makes the links and sends it."""
    if not may_export(request):
        raise PermissionDenied
    try:
        wanted = Wanted.from_query(request.POST if request.method == "POST" else request.GET)
    except AddressError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(request.path)
    found = wanted.cancellations()
    count = found.count()
    is_too_many = count > MOST
    if request.method == "POST" and not is_too_many:
        return export_links(request, found)
    sorted_out = None if is_too_many else sort_out(found, now=timezone.now())
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": gettext("Personal links for another mailer"),
        "wanted": wanted,
        "kinds": CancellationKind.choices,
        "count": count,
        "found": sorted_out,
        "ready": len(sorted_out.ready) if sorted_out else 0,
        "most": number(MOST),
    }
    return TemplateResponse(request, "admin/surveys/asked/links.html", context)


def export_links(request: HttpRequest, cancellations: QuerySet[Cancellation]) -> HttpResponseBase:
    """The file, once every link in it has been made and logged; a message says who is left out."""
    done = hand_on(cancellations, now=timezone.now())
    _log(request, done.cancellations)
    _say(request, done)
    return as_csv(link_rows(done.links), name="personal-links", day=today())


def _log(request: HttpRequest, keys: Sequence[int]) -> None:
    exported = Cancellation.objects.select_related("customer").filter(pk__in=keys)
    if keys and request.user.pk is not None:
        LogEntry.objects.log_actions(
            user_id=request.user.pk,
            queryset=exported,
            action_flag=CHANGE,
            change_message=gettext(LOGGED),
        )


def _say(request: HttpRequest, done: HandedOn) -> None:
    said = ngettext(
        "%(count)s personal link was exported. We send it no mail about this any more.",
        "%(count)s personal links were exported. We send them no mail about this any more.",
        len(done.links),
    ) % {"count": number(len(done.links))}
    messages.info(request, said)
    if done.left_out:
        reasons = "; ".join(
            f"{gettext(because)} ({number(count)})"
            for because, count in done.left_out.most_common()
        )
        messages.warning(
            request,
            gettext("Left out: %(count)s. %(reasons)s")
            % {"count": number(sum(done.left_out.values())), "reasons": reasons},
        )
