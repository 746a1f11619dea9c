"""Addresses of the pages about posts."""

from django.urls import path

from tiktok.publishing import composer, views

urlpatterns = [
    path("i/<slug:slug>/", views.dashboard, name="dashboard"),
    path("i/<slug:slug>/posts/", views.post_list, name="post-list"),
    path("i/<slug:slug>/posts/new/", composer.post_new, name="post-new"),
    path("i/<slug:slug>/posts/new/media/<uuid:media_id>/", views.post_media_choice, name="post-media-choice"),
    path("i/<slug:slug>/posts/<uuid:post_id>/", views.post_detail, name="post-detail"),
    path("i/<slug:slug>/posts/<uuid:post_id>/live/", views.post_live, name="post-live"),
    path("i/<slug:slug>/posts/<uuid:post_id>/edit/", composer.post_edit, name="post-edit"),
    path("i/<slug:slug>/posts/<uuid:post_id>/cancel/", views.post_cancel, name="post-cancel"),
    path("i/<slug:slug>/posts/<uuid:post_id>/correct/", views.post_correct, name="post-correct"),
    path("i/<slug:slug>/posts/<uuid:post_id>/delete/", views.post_delete, name="post-delete"),
]
