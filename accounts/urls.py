"""Pages about a person."""

from django.urls import path

from accounts import email_views, views

app_name = "accounts"
urlpatterns = [
    path("auth/profile/", views.profile, name="profile"),
    path("auth/email/change/<str:token>/", email_views.email_change, name="email-change"),
]
