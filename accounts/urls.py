"""Pages about a person."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [path("auth/profile/", views.profile, name="profile")]
