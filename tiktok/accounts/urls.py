"""Addresses of accounts."""

from django.urls import path

from tiktok.accounts import label_views, switcher, views
from tiktok.accounts.app_change.views import account_move
from tiktok.accounts.page.views import account

urlpatterns = [
    path("i/<slug:slug>/accounts/", views.account_list, name="account-list"),
    path("i/<slug:slug>/accounts/list/", views.account_list_part, name="account-list-part"),
    path("i/<slug:slug>/accounts/filters/", views.account_filters, name="account-filters"),
    path("i/<slug:slug>/accounts/select/", views.account_select, name="account-select"),
    path("i/<slug:slug>/accounts/choose/", switcher.account_choose, name="account-choose"),
    path("i/<slug:slug>/accounts/rail/", switcher.account_rail, name="account-rail"),
    path("i/<slug:slug>/accounts/<uuid:account_id>/card/", views.account_card, name="account-card"),
    path("i/<slug:slug>/accounts/<uuid:account_id>/menu/", views.account_menu, name="account-menu"),
    path("i/<slug:slug>/accounts/<uuid:account_id>/name/", views.account_rename, name="account-rename"),
    path("i/<slug:slug>/accounts/<uuid:account_id>/labels/", label_views.account_labels, name="account-labels"),
    path("i/<slug:slug>/accounts/<uuid:account_id>/move/", account_move, name="account-move"),
    path("i/<slug:slug>/accounts/<uuid:account_id>/sync/", views.account_sync, name="account-sync"),
    path("i/<slug:slug>/accounts/<uuid:account_id>/disconnect/", views.account_disconnect, name="account-disconnect"),
    path("i/<slug:slug>/accounts/<uuid:account_id>/avatar/", views.account_avatar, name="account-avatar"),
    path("i/<slug:slug>/accounts/<uuid:account_id>/", account, name="account"),
]
