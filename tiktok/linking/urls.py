"""Addresses of linking."""

from django.urls import path

from tiktok.linking import connect_views, label_views, switcher, views
from tiktok.linking.app_change.views import account_move
from tiktok.linking.connect_links import public
from tiktok.linking.connect_links import views as links

urlpatterns = [
    path("tiktok/result/<slug:key>/", connect_views.connect_result, name="connect-result"),
    path("i/<slug:slug>/settings/connections/", views.connections, name="connections"),
    path("i/<slug:slug>/settings/connections/list/", views.connections_list, name="connections-list"),
    path("i/<slug:slug>/settings/connections/chips/", views.connections_chips, name="connections-chips"),
    path("i/<slug:slug>/settings/connections/links/", links.connect_links, name="connect-links"),
    path(
        "i/<slug:slug>/settings/connections/links/<uuid:link_id>/revoke/",
        links.connect_link_revoke,
        name="connect-link-revoke",
    ),
    path(
        "i/<slug:slug>/settings/connections/links/<uuid:link_id>/renew/",
        links.connect_link_renew,
        name="connect-link-renew",
    ),
    path("connect/<str:token>/", public.connect_link, name="connect-link"),
    path("connect/again/<uuid:link_id>/", public.connect_link_again, name="connect-link-again"),
    path("i/<slug:slug>/tiktok/connect/", connect_views.connect, name="connect"),
    path("i/<slug:slug>/accounts/select/", views.account_select, name="account-select"),
    path("i/<slug:slug>/accounts/choose/", switcher.account_choose, name="account-choose"),
    path("i/<slug:slug>/accounts/rail/", switcher.account_rail, name="account-rail"),
    path("i/<slug:slug>/accounts/<uuid:account_id>/card/", views.account_card, name="account-card"),
    path("i/<slug:slug>/accounts/<uuid:account_id>/name/", views.account_rename, name="account-rename"),
    path("i/<slug:slug>/accounts/<uuid:account_id>/labels/", label_views.account_labels, name="account-labels"),
    path("i/<slug:slug>/accounts/<uuid:account_id>/move/", account_move, name="account-move"),
    path("i/<slug:slug>/accounts/<uuid:account_id>/sync/", views.account_sync, name="account-sync"),
    path("i/<slug:slug>/accounts/<uuid:account_id>/disconnect/", views.account_disconnect, name="account-disconnect"),
    path("i/<slug:slug>/accounts/<uuid:account_id>/avatar/", views.account_avatar, name="account-avatar"),
]
