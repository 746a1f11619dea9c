"""The order in which workers serve instances."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from instances.models.instance import Instance


class InstanceTurn(models.Model):
    """When a worker last served an instance; the one served longest ago is next."""

    instance = models.OneToOneField(Instance, on_delete=models.CASCADE, primary_key=True, related_name="+")
    served_at = models.DateTimeField()

    class Meta:
        verbose_name = _("turn")
        verbose_name_plural = _("turns")

    def __str__(self) -> str:
        return f"{self.instance_id} {self.served_at}"
