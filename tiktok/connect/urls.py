"""Addresses of the way to TikTok's consent and back."""

from django.urls import path

from tiktok.connect import views
from tiktok.connect.links import public
from tiktok.connect.links import views as links

urlpatterns = [
    path("i/<slug:slug>/tiktok/connect/", views.connect, name="connect"),
    path("tiktok/result/<slug:key>/", views.connect_result, name="connect-result"),
    path("i/<slug:slug>/accounts/connect-links/", links.connect_links, name="connect-links"),
    path(
        "i/<slug:slug>/accounts/connect-links/<uuid:link_id>/revoke/",
        links.connect_link_revoke,
        name="connect-link-revoke",
    ),
    path(
        "i/<slug:slug>/accounts/connect-links/<uuid:link_id>/renew/",
        links.connect_link_renew,
        name="connect-link-renew",
    ),
    path("connect/<str:token>/", public.connect_link, name="connect-link"),
    path("connect/again/<uuid:link_id>/", public.connect_link_again, name="connect-link-again"),
]
