"""Submission: one ``init`` of a post. InitReceipt: TikTok's answer to it, always kept."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from instances.scoping import ContentModel
from tiktok.models.account import TikTokCredential
from tiktok.models.app import TikTokApp
from tiktok.models.fields import EncryptedTextField


class Submission(ContentModel):
    """One attempt to hand a post to TikTok; at most one per post is open, one per credential uploads.

    ``source`` is MediaSource's, as it was sent. The sizes and the media's identity belong to a FILE_UPLOAD. Of a
    PULL_FROM_URL ``commit_point_at`` is committed before the init, as TikTok downloads and publishes by itself.
    ``sent_bytes`` counts bytes of chunks that TikTok acknowledged; ``sending_bytes`` is the progress within the file of
    the chunk that is being sent, for display only. ``commit_point_at`` is committed before the last bytes leave; from
    then on only TikTok's status, or proof that bytes are missing, moves the post. ``is_in_doubt``: the fate of the last
    chunk sent is unknown, so TikTok is asked before anything else is sent. The media's identity is that at init. Read
    and write ``commit_point_at`` only under the work item's lock.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    post = models.ForeignKey("tiktok.Post", on_delete=models.CASCADE, related_name="submissions")
    credential = models.ForeignKey(TikTokCredential, on_delete=models.PROTECT, related_name="+")
    app = models.ForeignKey(TikTokApp, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    init_sent_at = models.DateTimeField(default=timezone.now)
    init_answered_at = models.DateTimeField(null=True)
    publish_id = models.CharField(max_length=128, blank=True)
    upload_url = EncryptedTextField()
    source = models.CharField(max_length=13, default="FILE_UPLOAD")
    is_uploading = models.BooleanField(default=False)
    video_size = models.PositiveBigIntegerField(default=0)
    chunk_size = models.PositiveBigIntegerField(default=0)
    total_chunk_count = models.PositiveIntegerField(default=0)
    sent_bytes = models.PositiveBigIntegerField(default=0)
    sending_bytes = models.PositiveBigIntegerField(default=0)
    downloaded_bytes = models.PositiveBigIntegerField(null=True)
    media_sha256 = models.CharField(max_length=64, blank=True)
    media_mtime_ns = models.PositiveBigIntegerField(default=0)
    media_inode = models.PositiveBigIntegerField(default=0)
    media_checked_by = models.CharField(max_length=120, blank=True)
    commit_point_at = models.DateTimeField(null=True)
    url_died_at = models.DateTimeField(null=True)
    missing_seen_at = models.DateTimeField(null=True)
    range_refused_at_byte = models.PositiveBigIntegerField(null=True)
    range_refusals = models.PositiveSmallIntegerField(default=0)
    is_in_doubt = models.BooleanField(default=False)
    failures = models.PositiveSmallIntegerField(default=0)
    polls = models.PositiveIntegerField(default=0)
    counts_as_unanswered = models.BooleanField(default=True)
    closed_at = models.DateTimeField(null=True)
    closed_because = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        ordering = ["number"]
        indexes = [
            models.Index(fields=["credential", "commit_point_at"], name="submission_handed_over"),
            models.Index(fields=["app", "init_answered_at"], name="submission_answered"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["post"], condition=Q(closed_at=None), name="one_open_submission"),
            models.UniqueConstraint(fields=["post", "number"], name="submission_number"),
            models.UniqueConstraint(
                fields=["app", "publish_id"], condition=~Q(publish_id=""), name="submission_publish_id"
            ),
            models.UniqueConstraint(
                fields=["credential"], condition=Q(is_uploading=True), name="one_upload_per_credential"
            ),
            models.CheckConstraint(condition=Q(sent_bytes__lte=F("video_size")), name="sent_within_size"),
        ]

    def __str__(self) -> str:
        return f"{self.post_id} #{self.number}"


class InitReceipt(models.Model):
    """TikTok's answer to an init, written at once and unguarded: knowledge, not authority.

    The next claim of an ``initing`` post adopts its receipt before any rule is considered. A directory table.
    """

    submission = models.OneToOneField(Submission, on_delete=models.CASCADE, primary_key=True, related_name="+")
    app = models.ForeignKey(TikTokApp, on_delete=models.PROTECT, related_name="+")
    publish_id = models.CharField(max_length=128)
    upload_url = EncryptedTextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("init receipt")
        verbose_name_plural = _("init receipts")
        constraints = [models.UniqueConstraint(fields=["app", "publish_id"], name="receipt_publish_id")]

    def __str__(self) -> str:
        return self.publish_id
