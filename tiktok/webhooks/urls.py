"""The address of webhooks."""

from django.urls import path

from tiktok.webhooks import views

urlpatterns = [
    path("webhooks/tiktok/", views.tiktok, name="webhook"),
]
