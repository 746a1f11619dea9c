"""Submissions of a post: the open one, its chunk plan, and how it ends."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from core.jobs.clock import db_in
from instances.scoping import unscoped
from tiktok.api.chunking import ChunkPlan
from tiktok.models import InitReceipt, Post, Submission
from tiktok.models.capability import revoke

# TikTok's upload addresses live for an hour.
URLS_DEAD_AFTER: Final = timedelta(days=1)


def open_submission(post: Post) -> Submission | None:
    """The attempt under way, if any."""
    return Submission.objects.filter(post=post, closed_at=None).first()


def close_submission(post: Post, *, because: str, **changes: object) -> None:
    """End the attempt under way; call it inside the transaction of the move that ends it."""
    opened = Submission.objects.filter(post=post, closed_at=None)
    revoke(opened)
    opened.update(closed_at=timezone.now(), closed_because=because, is_uploading=False, **changes)


def askable_publish_id(submission: Submission) -> str:
    """Return the ``publish_id`` to ask TikTok about, adopted or not; empty when it never answered the init."""
    if submission.publish_id:
        return submission.publish_id
    receipt = InitReceipt.objects.filter(submission=submission).first()
    return receipt.publish_id if receipt else ""


def plan_of(submission: Submission) -> ChunkPlan:
    """The chunks as they were announced at the init."""
    return ChunkPlan(submission.chunk_size, submission.total_chunk_count, submission.video_size)


def forget_dead_upload_urls() -> None:
    """Delete upload addresses that have expired, so that fewer secrets are kept readable."""
    long_ago = db_in(-URLS_DEAD_AFTER)
    with unscoped(reason="housekeeping of upload addresses"):
        closed = Submission.objects.filter(closed_at__isnull=False, init_sent_at__lt=long_ago)
        closed.filter(upload_url__isnull=False).update(upload_url=None)
        answered = InitReceipt.objects.filter(at__lt=long_ago, upload_url__isnull=False)
        answered.exclude(submission__closed_at=None).update(upload_url=None)
