"""Addresses of the pages about posts."""

from django.urls import path

from tiktok.posts.web import actions, composer, home, outages, photos, post_list, post_page, replan, views

urlpatterns = [
    path("i/<slug:slug>/", home.dashboard, name="dashboard"),
    path("i/<slug:slug>/home/part/", home.dashboard_part, name="dashboard-part"),
    path("i/<slug:slug>/posts/", post_list.post_list, name="post-list"),
    path("i/<slug:slug>/posts/part/", post_list.post_list_part, name="post-list-part"),
    path("i/<slug:slug>/posts/new/", composer.post_new, name="post-new"),
    path("i/<slug:slug>/posts/new/media/<uuid:media_id>/", views.post_media_choice, name="post-media-choice"),
    path("i/<slug:slug>/posts/new/photos/", photos.post_photos, name="post-photos"),
    path("i/<slug:slug>/posts/new/photos/<uuid:media_id>/", photos.post_photo_view, name="post-photo-view"),
    path("i/<slug:slug>/posts/outages/<uuid:outage_id>/", outages.outage_posts, name="outage-posts"),
    path("i/<slug:slug>/posts/<uuid:post_id>/", post_page.post_detail, name="post-detail"),
    path("i/<slug:slug>/posts/<uuid:post_id>/live/", post_page.post_live, name="post-live"),
    path("i/<slug:slug>/posts/<uuid:post_id>/edit/", composer.post_edit, name="post-edit"),
    path("i/<slug:slug>/posts/<uuid:post_id>/reschedule/", replan.post_reschedule, name="post-reschedule"),
    path("i/<slug:slug>/posts/<uuid:post_id>/publish/", replan.post_publish_now, name="post-publish-now"),
    path("i/<slug:slug>/posts/<uuid:post_id>/cancel/", actions.post_cancel, name="post-cancel"),
    path("i/<slug:slug>/posts/<uuid:post_id>/correct/", actions.post_correct, name="post-correct"),
    path("i/<slug:slug>/posts/<uuid:post_id>/recheck/", actions.post_recheck, name="post-recheck"),
    path("i/<slug:slug>/posts/<uuid:post_id>/send-again/", actions.post_send_again, name="post-send-again"),
    path("i/<slug:slug>/posts/<uuid:post_id>/set-aside/", actions.post_set_aside, name="post-set-aside"),
    path("i/<slug:slug>/posts/<uuid:post_id>/take-up/", actions.post_take_up, name="post-take-up"),
    path("i/<slug:slug>/posts/<uuid:post_id>/delete/", actions.post_delete, name="post-delete"),
]
