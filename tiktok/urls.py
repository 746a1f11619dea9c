"""Pages about TikTok: the addresses of all features, in one namespace."""

from django.urls import URLPattern, URLResolver, include, path

app_name = "tiktok"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("tiktok.accounts.urls")),
    path("", include("tiktok.connect.urls")),
    path("", include("tiktok.media.urls")),
    path("", include("tiktok.posts.web.urls")),
    path("", include("tiktok.webhooks.urls")),
]
