"""Who may see what: the parts that several admin pages share."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

VIEW_VERBATIMS = "surveys.view_verbatims"


def may_read_verbatims(request: HttpRequest) -> bool:
    """Whether this user may read what customers wrote."""
    return request.user.has_perm(VIEW_VERBATIMS)


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that only services write: they can be looked at, and nothing else."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline):
    """The rows that belong to this one, with links to them."""

    extra = 0
    show_change_link = True
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class VerbatimFieldsMixin:
    """Keeps ``verbatim_fields`` from whoever may not read what customers wrote.

    Neither shown, nor searched, nor reached by a lookup in the address.
    """

    verbatim_fields: tuple[str, ...] = ()
    verbatim_search_fields: tuple[str, ...] = ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_fields(request, obj)  # type: ignore[misc]
        if may_read_verbatims(request):
            return fields
        return [each for each in fields if each not in self.verbatim_fields]

    def get_search_fields(self, request: HttpRequest) -> Any:
        fields = tuple(super().get_search_fields(request))  # type: ignore[misc]
        return fields + self.verbatim_search_fields if may_read_verbatims(request) else fields

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        named = set(lookup.split("__"))
        if named & set(self.verbatim_fields) and not may_read_verbatims(request):
            return False
        return super().lookup_allowed(lookup, value, request)  # type: ignore[misc]
