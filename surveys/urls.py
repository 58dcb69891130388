"""What customers reach without an account: the survey's pages, and the ways out of our mail."""

from django.urls import include, path

from surveys.pages import views
from surveys.pages.embed_script import embed_script

app_name = "surveys"

urlpatterns = [
    path("s/<str:token>/", views.first_screen, name="survey"),
    path("s/<str:token>/<int:screen>/", views.later_screen, name="screen"),
    path("s/<str:token>/settle/", views.settling_screen, name="settle"),
    path("s/<str:token>/keep/", views.keep, name="keep"),
    path("s/<str:token>/thanks/", views.thanks, name="thanks"),
    path("s/<str:token>/skipped/", views.skipped, name="skipped"),
    path("embed.js", embed_script, name="embed_script"),
    path("", include("surveys.delivery.urls")),
]
