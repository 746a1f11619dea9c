"""Media: a file of an instance, and MediaUpload: one on its way in (tus)."""

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from instances.scoping import ContentModel


class MediaKind(models.TextChoices):
    """What the content is, as the probe found it."""

    VIDEO = "video", _("Video")


class Media(ContentModel):
    """A stored file with the facts that the probe read. ``problems`` is a list of {code, message, fixable}.

    ``path`` and ``thumbnail_path`` are relative to MEDIA_ROOT. ``mtime_ns`` and ``inode`` tell whether the file was
    touched since ``sha256`` (hex) was taken.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=5, choices=MediaKind.choices)
    original_name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=40)
    path = models.CharField(max_length=300)
    thumbnail_path = models.CharField(max_length=300, blank=True)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    mtime_ns = models.PositiveBigIntegerField()
    inode = models.PositiveBigIntegerField()
    duration_ms = models.PositiveBigIntegerField(null=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    fps = models.FloatField(null=True)
    codec = models.CharField(max_length=40, blank=True)
    problems = models.JSONField(default=list)
    uploaded_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("media file")
        verbose_name_plural = _("media")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["instance", "-created_at"], name="media_newest")]

    def __str__(self) -> str:
        return self.original_name

    @property
    def file(self) -> Path:
        """Where the bytes lie."""
        return settings.MEDIA_ROOT / self.path

    @property
    def can_be_published(self) -> bool:
        """Whether the probe found nothing that TikTok would refuse."""
        return not self.problems


class MediaUpload(ContentModel):
    """A tus upload under way. One writer at a time holds its lease; ``offset`` is on disk and fsynced."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    size_bytes = models.PositiveBigIntegerField()
    offset = models.PositiveBigIntegerField(default=0)
    original_name = models.CharField(max_length=255)
    path = models.CharField(max_length=300)
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    media = models.OneToOneField(Media, null=True, on_delete=models.SET_NULL, related_name="+")
    problem = models.JSONField(null=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        constraints = [models.CheckConstraint(condition=Q(offset__lte=F("size_bytes")), name="upload_offset_within")]

    def __str__(self) -> str:
        return self.original_name
