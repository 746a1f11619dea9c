"""Addresses of the media page, and of TikTok's downloads."""

from django.urls import path

from tiktok.media import downloads, views

urlpatterns = [
    path("m/<slug:stem>.txt", downloads.media_verification, name="media-verification"),
    path("m/<str:token>", downloads.media_download, name="media-download"),
    path("i/<slug:slug>/media/", views.media_list, name="media-list"),
    path("i/<slug:slug>/media/uploads/", views.upload_collection, name="media-uploads"),
    path("i/<slug:slug>/media/uploads/<uuid:upload_id>/", views.upload_one, name="media-upload"),
    path("i/<slug:slug>/media/uploads/<uuid:upload_id>/finish/", views.upload_finish, name="media-upload-finish"),
    path("i/<slug:slug>/media/uploads/<uuid:upload_id>/discard/", views.upload_discard, name="media-upload-discard"),
    path("i/<slug:slug>/media/<uuid:media_id>/", views.media_card, name="media-card"),
    path("i/<slug:slug>/media/<uuid:media_id>/delete/", views.media_delete, name="media-delete"),
    path("i/<slug:slug>/media/<uuid:media_id>/file/", views.media_file, name="media-file"),
    path("i/<slug:slug>/media/<uuid:media_id>/thumbnail/", views.media_thumbnail, name="media-thumbnail"),
]
