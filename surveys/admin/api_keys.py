"""API keys: the secret is shown once, on the page that answers the making of a key."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from surveys.models import ApiKey


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):
    list_display = ("name", "prefix", "created_by", "created_at", "last_used_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("created_by",)
    search_fields = ("name", "prefix")
    list_per_page = 50
    show_full_result_count = False
    actions = ("revoke",)
    fields = ("name", "prefix", "created_by", "created_at", "last_used_at", "revoked_at")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ("name",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a key is made and revoked, never edited

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # who had access remains on record

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("surveys.change_apikey")

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        issued, secret = ApiKey.objects.issue(name=obj.name, created_by=request.user)
        obj.__dict__.update(issued.__dict__)
        obj.issued_secret = secret  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The page with the secret itself: in a message it would be stored in a cookie."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("API key made"),
            "opts": self.opts,
            "key": obj,
            "secret": obj.issued_secret,  # type: ignore[attr-defined]
        }
        response = TemplateResponse(request, "admin/surveys/apikey/issued.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @admin.action(description=_("Revoke selected API keys"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        keys = list(queryset.filter(revoked_at__isnull=True))
        for key in keys:
            key.revoke()
            self.log_change(request, key, "revoked")
        self.message_user(
            request,
            ngettext("%(count)d key was revoked.", "%(count)d keys were revoked.", len(keys))
            % {"count": len(keys)},
        )
