"""Instances: the wall of isolation."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InstancesConfig(AppConfig):
    """Instances, their members, invitations, API keys and notifications."""

    name = "instances"
    verbose_name = _("Instances")

    def ready(self) -> None:
        """Models are known: what uses them can be imported and registered."""
        from instances.wiring import register

        register()
