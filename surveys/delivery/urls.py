from django.urls import path

from surveys.delivery import preview_page, views

urlpatterns = [
    path("u/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("preview/", preview_page.preview_page, name="mail-preview"),
]
