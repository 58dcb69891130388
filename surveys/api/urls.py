from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from surveys.api import views

app_name = "api"
urlpatterns = [
    path("intents/", views.IntentsView.as_view(), name="intents"),
    path("intents/<str:source>/<path:external_id>/", views.IntentView.as_view(), name="intent"),
    path("cancellations/", views.CancellationsView.as_view(), name="cancellations"),
    path(
        "cancellations/<str:source>/<path:external_id>/revert/",
        views.RevertView.as_view(),
        name="revert",
    ),
    path(
        "cancellations/<str:source>/<path:external_id>/",
        views.CancellationView.as_view(),
        name="cancellation",
    ),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "docs/",
        # The split view: its script is a file of its own, so the page needs no inline script.
        SpectacularSwaggerSplitView.as_view(
            url_name="api:schema", template_name="surveys/api/docs.html"
        ),
        name="docs",
    ),
]
