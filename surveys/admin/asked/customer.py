"""The page of one customer: everything that they were sent and answered."""

from collections.abc import Callable
from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from surveys.admin.asked.timeline import VIEW_CONTACT, Entry, Reader, customer_timeline
from surveys.models import Customer

PAGE = 100


def timeline_view(model_admin: ModelAdmin) -> Callable[[HttpRequest, int], HttpResponse]:
    """The view, for ``admin_view`` to wrap. Needs the permission to view customers."""

    def view(request: HttpRequest, customer_id: int) -> HttpResponse:
        if not request.user.has_perm("surveys.view_customer"):
            raise PermissionDenied
        customer = get_object_or_404(Customer, pk=customer_id)
        site = model_admin.admin_site
        reader = Reader(request.user)
        pages = Paginator(customer_timeline(customer, reader), PAGE)
        try:
            page = pages.page(request.GET.get("page") or 1)
        except InvalidPage as error:
            raise Http404 from error
        context: dict[str, Any] = {
            **site.each_context(request),
            "title": gettext("What they were sent and answered"),
            "opts": model_admin.opts,
            "customer": customer,
            "contacts": customer.contacts.order_by("-is_primary", "pk")
            if reader.may(VIEW_CONTACT)
            else None,
            "page": page,
            "entries": [(entry, _address(site.name, entry, reader)) for entry in page.object_list],
        }
        return TemplateResponse(request, "admin/surveys/customer/timeline.html", context)

    return require_safe(view)


def _address(site: str, entry: Entry, reader: Reader) -> str:
    """Of the row behind it; "" where this site has no page of it, or not for this reader."""
    if entry.of is None:
        return ""
    model, key = entry.of
    if not reader.may_view(model):
        return ""
    try:
        return reverse(f"{site}:surveys_{model}_change", args=[key])
    except NoReverseMatch:
        return ""
