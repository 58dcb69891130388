from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config import health

urlpatterns = [
    path("", include("surveys.urls")),  # first: of these pages there are most
    path("admin/", admin.site.urls),
    path("api/v1/", include("surveys.api.urls")),
    path("webhooks/", include("surveys.intake.webhooks.urls")),
    path("webhooks/mail/", include("surveys.delivery.mail_webhooks")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", RedirectView.as_view(pattern_name="admin:index"), name="start"),
]
