"""What every app may use and that knows no tenant and no TikTok."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    """Background jobs, serving, the doctor, outgoing mail, and what pages and the API share."""

    name = "core"
    verbose_name = _("Core")

    def ready(self) -> None:
        """Models are known: what uses them can be imported and registered."""
        from core.wiring import register

        register()
