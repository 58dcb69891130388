"""Addresses of the dashboard pages inside an admin site."""

from collections.abc import Callable

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path

from analytics.dashboards import views


def admin_urls(site: AdminSite) -> list[URLPattern]:
    """``<site>:verbatims``, ``<site>:churn_rates``; the first page is the site's own index."""

    def of(view: views.View) -> Callable[..., HttpResponseBase]:
        def bound(request: HttpRequest) -> HttpResponseBase:
            return view(request, site)

        return site.admin_view(bound)

    return [
        path("verbatims/", of(views.verbatims), name="verbatims"),
        path("churn-rates/", of(views.churn_rates), name="churn_rates"),
    ]
