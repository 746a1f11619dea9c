"""Everything TikTok."""

from django.apps import AppConfig
from django.core import checks
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _


class TikTokConfig(AppConfig):
    """Accounts, media, posts and the work that publishes them."""

    name = "tiktok"
    verbose_name = _("TikTok")

    def ready(self) -> None:
        """What can be checked once models are known."""
        checks.register(import_string("tiktok.keys.check.check_stored_keys"), checks.Tags.database, deploy=True)
