"""Everything TikTok."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TikTokConfig(AppConfig):
    """Accounts, media, posts and the work that publishes them."""

    name = "tiktok"
    verbose_name = _("TikTok")
