"""Pages about TikTok: the features' addresses, in one namespace."""

from django.urls import URLPattern, URLResolver, include, path

app_name = "tiktok"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("tiktok.linking.urls")),
    path("", include("tiktok.account.urls")),
    path("", include("tiktok.media.urls")),
    path("", include("tiktok.publishing.urls")),
    path("", include("tiktok.webhooks.urls")),
]
