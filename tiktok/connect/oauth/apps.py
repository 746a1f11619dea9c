"""The Django app through which allauth finds the provider; it has no tables."""

from django.apps import AppConfig


class TikTokOAuthConfig(AppConfig):
    """Registers the provider ``tiktok`` with allauth."""

    name = "tiktok.connect.oauth"
    label = "tiktok_oauth"
