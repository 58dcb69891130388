"""The pages of figures and the verbatims behind them. Wired into the admin site by ``urls``."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from analytics.dashboards import exports, figures
from analytics.dashboards.access import CORRECT, VIEW_FIGURES, VIEW_VERBATIMS
from analytics.dashboards.cards import cards
from analytics.dashboards.chart import Link, chart_data, chart_rows, chart_title, legend
from analytics.dashboards.churn import churn_context, churn_rows, months_shown
from analytics.dashboards.filter_bar import filter_bar
from analytics.dashboards.labels import CATEGORY_CLASS, category_label
from analytics.dashboards.screen import Screen, ScreenError
from analytics.dashboards.sentence import sentences
from analytics.dashboards.verbatims import leavings, load, load_all
from analytics.dashboards.wording import day_range, money, number
from analytics.filters import FilterError
from analytics.overview import overview
from analytics.periods import PeriodError
from analytics.reason_table import STACK, reason_labels
from surveys.calendar import today
from surveys.models import Customer

PAGE = 25
View = Callable[[HttpRequest, AdminSite], HttpResponseBase]


def page_of_figures(permission: str) -> Callable[[View], View]:
    """Read-only, for whoever holds ``permission``; an address that makes no sense gets a 400."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            try:
                return view(request, site)
            except (ScreenError, FilterError, PeriodError) as error:
                return _not_understood(request, site, str(error))

        return require_safe(wrapped)

    return decorate


def _not_understood(request: HttpRequest, site: AdminSite, problem: str) -> TemplateResponse:
    context = {
        **site.each_context(request),
        "title": gettext("This address cannot be shown"),
        "problem": problem,
        "start_again": request.path,
    }
    return TemplateResponse(request, "admin/analytics/not_understood.html", context, status=400)


@page_of_figures(VIEW_FIGURES)
def why_customers_leave(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    """The first page: how many left, why, what changed. Nine queries for the figures."""
    screen = Screen.from_query(request.GET, today=today())
    shown = overview(
        first=screen.first,
        last=screen.last,
        previous_first=screen.previous_first,
        previous_last=screen.previous_last,
        by=screen.by,
        filters=screen.filters,
        weight=screen.weight,
        unit=screen.unit,
        perspective=screen.perspective,
    )
    wanted = request.GET.get("format")
    if wanted == "csv":
        rows = exports.reason_rows(shown)
        return exports.as_csv(rows, name="why-customers-leave", day=screen.last)
    if wanted == "csv-periods":
        rows = exports.period_rows(shown)
        return exports.as_csv(rows, name="why-customers-leave-by-period", day=screen.last)
    link = verbatims_link(request, site)
    found = figures.changes(shown, screen, link)
    names = {row.reason: row.label for row in shown.reasons}
    context = {
        **site.each_context(request),
        "title": gettext("Why customers leave"),
        "screen": screen,
        "period": day_range(screen.first, screen.last),
        "previous_period": day_range(screen.previous_first, screen.previous_last),
        "as_of": shown.as_of,
        "is_today": bool(shown.as_of and timezone.localdate(shown.as_of) == today()),
        "is_pending": shown.pending,
        "bar": filter_bar(screen, reason_names=names),
        "sentences": sentences(shown),
        "cards": cards(shown, screen, link, site.name),
        "chart_title": chart_title(screen),
        "chart": chart_data(shown, screen, link),
        "chart_rows": chart_rows(shown, screen, link),
        "chart_columns": [category_label(category) for category in STACK],
        "legend": legend(shown, screen, link),
        "changes": found,
        "nothing_else": figures.nothing_else(shown, found),
        "groups": figures.groups(shown, screen, link),
        "notes": figures.table_notes(shown, screen),
        "total_url": link(screen) if link and shown.totals.lost else "",
        "total": number(shown.totals.lost),
        "total_mrr": money(shown.totals.mrr_lost, shown.currency),
        "of_losses": screen.of_losses,
        "anything": bool(shown.totals.lost),
        "is_empty": not shown.totals.lost and not shown.previous.lost and _nothing_known(),
        "csv_url": screen.query(("format", "csv")),
        "csv_periods_url": screen.query(("format", "csv-periods")),
    }
    return TemplateResponse(request, "admin/analytics/why_customers_leave.html", context)


@page_of_figures(VIEW_FIGURES)
def churn_rates(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    """The churn rate of each month, quarter or year, and what it makes of a year."""
    screen = months_shown(
        Screen.from_query(request.GET, today=today(), usual_preset="12m", usual_by="month")
    )
    context = churn_context(screen)
    if request.GET.get("format") == "csv":
        return exports.as_csv(churn_rows(context["rates"]), name="churn-rates", day=screen.last)
    context = {
        **site.each_context(request),
        "title": gettext("Churn rates"),
        "screen": screen,
        "period": day_range(screen.first, screen.last),
        "bar": filter_bar(screen, reason_names={}, steps=("month", "quarter", "year")),
        "csv_url": screen.query(("format", "csv")),
        **context,
    }
    return TemplateResponse(request, "admin/analytics/churn_rates.html", context)


@page_of_figures(VIEW_VERBATIMS)
def verbatims(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    """The losses or cancellations behind a figure, paged, with what was said."""
    screen = Screen.from_query(request.GET, today=today())
    only_said = request.GET.get("said") == "yes"
    rows = leavings(screen, only_said=only_said)
    names = {code: label for code, (label, _) in reason_labels(screen.filters.reason).items()}
    currency = settings.REPORTING_CURRENCY
    if request.GET.get("format") == "csv":
        every = exports.verbatim_rows(load_all(rows, screen), currency)
        return exports.as_csv(every, name="verbatims", day=screen.last)
    pages = Paginator(rows, PAGE)
    try:
        page = pages.page(request.GET.get("page") or 1)
    except InvalidPage as error:
        raise Http404 from error
    said = [("said", "yes")] if only_said else []
    context = {
        **site.each_context(request),
        "title": gettext("Verbatims"),
        "screen": screen,
        "period": day_range(screen.first, screen.last),
        "bar": filter_bar(screen, reason_names=names, with_steps=False),
        "page": page,
        "leavings": [
            (each, CATEGORY_CLASS[each.category], money(each.mrr, currency))
            for each in load(list(page.object_list), screen)
        ],
        "only_said": only_said,
        "with_silent_url": screen.query() or "?",
        "only_said_url": screen.query(("said", "yes")),
        "page_urls": {
            "previous": screen.query(*said, ("page", str(page.number - 1))),
            "next": screen.query(*said, ("page", str(page.number + 1))),
        },
        "csv_url": screen.query(*said, ("format", "csv")),
        "figures_url": reverse(f"{site.name}:index") + screen.query(),
        "may_correct": request.user.has_perm(CORRECT) and can_be_corrected(site),
        "may_view_customer": request.user.has_perm("surveys.view_customer"),
        "may_view_figures": request.user.has_perm(VIEW_FIGURES),
    }
    return TemplateResponse(request, "admin/analytics/verbatims.html", context)


def verbatims_link(request: HttpRequest, site: AdminSite) -> Link | None:
    """From a screen to the address of what is behind it; None for who may not read it."""
    if not request.user.has_perm(VIEW_VERBATIMS):
        return None
    address = reverse(f"{site.name}:verbatims")
    return lambda screen: address + screen.query()


def can_be_corrected(site: AdminSite) -> bool:
    try:
        reverse(f"{site.name}:reasons_cancellation_correct", args=[1])
    except NoReverseMatch:
        return False
    return True


def _nothing_known() -> bool:
    return not Customer.objects.exists()
