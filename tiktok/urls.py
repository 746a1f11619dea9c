"""Pages about TikTok: the features' addresses, in one namespace."""

from django.urls import URLPattern, URLResolver

app_name = "tiktok"
urlpatterns: list[URLPattern | URLResolver] = []
