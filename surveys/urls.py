"""What customers reach without an account: the survey's pages, and the ways out of our mail."""

from django.urls import include, path

from surveys.pages import views

app_name = "surveys"

urlpatterns = [
    path("s/<str:token>/", views.first_screen, name="survey"),
    path("s/<str:token>/more/", views.second_screen, name="more"),
    path("s/<str:token>/thanks/", views.thanks, name="thanks"),
    path("s/<str:token>/skipped/", views.skipped, name="skipped"),
    path("", include("surveys.delivery.urls")),
]
