"""Media: a file of an instance;

MediaUpload: a file that is being received (tus); MediaCheck: the work of checking one.
"""

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from instances.models import Instance
from instances.scoping import ContentModel


class MediaKind(models.TextChoices):
    """The kind of content: what the first bytes say until the check is done."""

    VIDEO = "video", _("Video")
    PHOTO = "photo", _("Photo")


class MediaState(models.TextChoices):
    """The progress of a file's check."""

    CHECKING = "checking", _("Checking")
    READY = "ready", _("Ready")
    REFUSED = "refused", _("Refused")


class Media(ContentModel):
    """A stored file with the facts that the probe read. ``problems`` is a list of {code, message, fixable}.

    While it is being checked there are no facts and no ``sha256``. A refused file has only ``refusal_code``; its bytes
    are deleted.
    ``path`` and ``thumbnail_path`` are relative to MEDIA_ROOT. ``mtime_ns`` and ``inode`` tell whether the file was
    touched since ``sha256`` (hex) was taken. ``copy_*`` are the same of a photo's TikTok copy; a video has none.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=5, choices=MediaKind.choices)
    state = models.CharField(max_length=8, choices=MediaState.choices, default=MediaState.CHECKING)
    refusal_code = models.CharField(max_length=40, blank=True)
    original_name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=40, blank=True)
    path = models.CharField(max_length=300)
    thumbnail_path = models.CharField(max_length=300, blank=True)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)
    mtime_ns = models.PositiveBigIntegerField()
    inode = models.PositiveBigIntegerField()
    duration_ms = models.PositiveBigIntegerField(null=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    fps = models.FloatField(null=True)
    codec = models.CharField(max_length=40, blank=True)
    problems = models.JSONField(default=list)
    copy_path = models.CharField(max_length=300, blank=True)
    copy_size_bytes = models.PositiveBigIntegerField(default=0)
    copy_sha256 = models.CharField(max_length=64, blank=True)
    copy_mtime_ns = models.PositiveBigIntegerField(default=0)
    copy_inode = models.PositiveBigIntegerField(default=0)
    copy_width = models.PositiveIntegerField(null=True)
    copy_height = models.PositiveIntegerField(null=True)
    uploaded_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("media file")
        verbose_name_plural = _("media")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["instance", "-created_at"], name="media_newest")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=MediaState.values), name="media_state_known"),
            models.CheckConstraint(condition=Q(kind__in=MediaKind.values), name="media_kind_known"),
        ]

    def __str__(self) -> str:
        return self.original_name

    @property
    def file(self) -> Path:
        return settings.MEDIA_ROOT / self.path

    @property
    def copy_file(self) -> Path:
        """Return the path of a photo's TikTok copy."""
        return settings.MEDIA_ROOT / self.copy_path

    @property
    def is_photo(self) -> bool:
        return self.kind == MediaKind.PHOTO

    @property
    def can_be_published(self) -> bool:
        """Return whether the file was checked and TikTok would accept it."""
        return self.state == MediaState.READY and not self.problems

    @property
    def is_checking(self) -> bool:
        """Return whether the file has not been checked yet."""
        return self.state == MediaState.CHECKING

    @property
    def is_refused(self) -> bool:
        """Return whether the file is neither a video nor a photo that Clipdesk can use."""
        return self.state == MediaState.REFUSED


class MediaCheck(models.Model):
    """The work of checking one file: a row per file that is being checked, deleted with the verdict.

    ``fence`` grows with every claim; a worker with an older fence can write nothing. ``turn_at`` orders the instances:
    when one check of an instance is claimed, its other checks move to the end of the queue. ``due_at`` is in the future
    after an attempt without a verdict. A directory table: workers read it before an instance is known.
    """

    media = models.OneToOneField(Media, on_delete=models.CASCADE, primary_key=True, related_name="+")
    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    turn_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("media check")
        verbose_name_plural = _("media checks")
        indexes = [models.Index(fields=["turn_at"], name="media_check_turn")]

    def __str__(self) -> str:
        return str(self.media_id)


class MediaUpload(ContentModel):
    """A tus upload in progress. One writer at a time holds its lease; ``offset`` is on disk and fsynced.

    ``problem`` is unused: a refusal is stored on the media. A later release drops it.
    """

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
