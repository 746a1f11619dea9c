"""TikTokOutage: a period in which TikTok takes no posts through an app."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tiktok.models.app import TikTokApp


class OutageKind(models.TextChoices):
    """The step that fails. Only a success of the same step ends the outage."""

    INIT = "init", _("TikTok does not accept videos")
    PUBLISH = "publish", _("TikTok accepts videos but does not publish them")


class TikTokOutage(models.Model):
    """The period from TikTok's first fault to the first success after it, for one app and one kind.

    ``code`` and ``log_id`` are TikTok's latest. A directory table: an outage concerns every instance and holds no
    content.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    app = models.ForeignKey(TikTokApp, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=7, choices=OutageKind.choices)
    code = models.CharField(max_length=80)
    log_id = models.CharField(max_length=128, blank=True)
    faults = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField()
    last_fault_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("TikTok outage")
        verbose_name_plural = _("TikTok outages")
        ordering = ["-began_at"]
        constraints = [
            models.UniqueConstraint(fields=["app", "kind"], condition=Q(ended_at=None), name="one_open_outage")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.code} {self.began_at}"
