"""The base that every app may use and that knows no tenant and no TikTok."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    """Background jobs, serving, the doctor, outgoing email, and the shared parts of pages and the API."""

    name = "core"
    verbose_name = _("Core")

    def ready(self) -> None:
        """Register what uses models, which are known now."""
        from core.wiring import register

        register()
