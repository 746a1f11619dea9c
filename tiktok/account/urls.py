"""Addresses of the account page."""

from django.urls import path

from tiktok.account import views

urlpatterns = [
    path("i/<slug:slug>/accounts/<uuid:account_id>/", views.account, name="account"),
]
