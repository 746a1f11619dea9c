"""Instances: the wall of isolation."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InstancesConfig(AppConfig):
    """Instances, their members, invitations, API keys and the background work all features share."""

    name = "instances"
    verbose_name = _("Instances")
