"""Addresses that machines ask: is it alive, is it ready."""

from django.urls import path

from instances.serving import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
