"""Instances: the wall of isolation."""

from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _


class InstancesConfig(AppConfig):
    """Instances, their members, invitations, API keys and the background work all features share."""

    name = "instances"
    verbose_name = _("Instances")

    def ready(self) -> None:
        """With a broker, every process that may nudge needs our Celery app; Celery's default one knows no Redis."""
        if settings.REDIS_URL:
            import_string(settings.CELERY_APP)
