"""Addresses of linking."""

from django.urls import path

from tiktok.linking import views

urlpatterns = [
    path("i/<slug:slug>/settings/connections/", views.connections, name="connections"),
    path("i/<slug:slug>/settings/connections/list/", views.connections_list, name="connections-list"),
    path("i/<slug:slug>/tiktok/connect/", views.connect, name="connect"),
    path("i/<slug:slug>/accounts/select/", views.account_select, name="account-select"),
    path("i/<slug:slug>/accounts/<uuid:account_id>/card/", views.account_card, name="account-card"),
    path("i/<slug:slug>/accounts/<uuid:account_id>/name/", views.account_rename, name="account-rename"),
    path("i/<slug:slug>/accounts/<uuid:account_id>/sync/", views.account_sync, name="account-sync"),
    path("i/<slug:slug>/accounts/<uuid:account_id>/disconnect/", views.account_disconnect, name="account-disconnect"),
    path("i/<slug:slug>/accounts/<uuid:account_id>/avatar/", views.account_avatar, name="account-avatar"),
]
