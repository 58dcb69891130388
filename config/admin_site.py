"""The admin site: Django's own, with our navigation and dashboard."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, URLResolver, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics.dashboards import urls as dashboards
from analytics.dashboards.access import CORRECT, VIEW_FIGURES, VIEW_VERBATIMS
from analytics.dashboards.views import why_customers_leave
from reasons.models import Reading


@dataclass(frozen=True, slots=True)
class Destination:
    """An entry of the navigation: shown to whoever holds ``permission`` ("" is everybody).

    ``waiting`` counts what waits there, at the price of a query on every page.
    """

    name: str
    label: str | Promise
    permission: str
    query: str = ""
    waiting: Callable[[], int] | None = None


def _wanting_review() -> int:
    return Reading.objects.filter(wants_review=True).count()


NAVIGATION = (
    Destination("index", _("Why customers leave"), VIEW_FIGURES),
    Destination("verbatims", _("Verbatims"), VIEW_VERBATIMS),
    Destination(
        "reasons_classification_changelist",
        _("Review"),
        CORRECT,
        query="?review=1&is_current__exact=1&role__exact=primary",
        waiting=_wanting_review,
    ),
    Destination("surveys_survey_changelist", _("Surveys"), "surveys.view_survey"),
    Destination("who_was_asked", _("Who was asked"), "surveys.view_survey"),
    Destination("churn_rates", _("Churn rates"), VIEW_FIGURES),
    Destination("surveys_customer_changelist", _("Customers"), "surveys.view_customer"),
    Destination("everything", _("All"), ""),
)


class WhyleftAdminSite(AdminSite):
    site_header = "Whyleft"
    site_title = "Whyleft"
    index_title = _("All")
    site_url = None
    # The navigation along the top takes its place.
    enable_nav_sidebar = False

    def get_urls(self) -> list[URLResolver | URLPattern]:
        return [
            path("everything/", self.admin_view(self.everything), name="everything"),
            *dashboards.admin_urls(self),
            *super().get_urls(),
        ]

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """*Why customers leave* for whoever may read figures, else the list of everything."""
        if request.user.has_perm(VIEW_FIGURES):
            # A CSV export streams, which Django's signature of ``index`` does not know.
            return cast(TemplateResponse, why_customers_leave(request, self))
        return self.everything(request, extra_context)

    def everything(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Django's own first page: every app and model that the user may see."""
        return super().index(request, extra_context)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().each_context(request) | {"navigation": self._navigation(request)}

    def _navigation(self, request: HttpRequest) -> list[dict[str, Any]]:
        entries = []
        for each in NAVIGATION:
            if each.permission and not request.user.has_perm(each.permission):
                continue
            try:
                address = reverse(f"{self.name}:{each.name}")
            except NoReverseMatch:  # another site may register fewer models
                continue
            exact = each.name == "index"
            current = request.path == address if exact else request.path.startswith(address)
            entries.append(
                {
                    "label": each.label,
                    "url": address + each.query,
                    "is_current": current,
                    "waiting": each.waiting() if each.waiting else 0,
                }
            )
        return entries
