"""Submissions of a post: the open one, its chunk plan, and how it ends."""

from typing import Final
from uuid import UUID

from django.utils import timezone

from instances.jobs.clock import db_now
from instances.scoping import unscoped
from tiktok.api.chunking import ChunkPlan
from tiktok.models import Post, PostState, Submission, WorkItem

# Why a due post waits its turn.
OTHER_UPLOAD: Final = "other_upload"
INSTANCE_BUSY: Final = "instance_busy"


def open_submission(post: Post) -> Submission | None:
    """The attempt under way, if any."""
    return Submission.objects.filter(post=post, closed_at=None).first()


def close_submission(post: Post, *, because: str, **changes: object) -> None:
    """End the attempt under way; call it inside the transaction of the move that ends it."""
    Submission.objects.filter(post=post, closed_at=None).update(
        closed_at=timezone.now(), closed_because=because, is_uploading=False, **changes
    )


def plan_of(submission: Submission) -> ChunkPlan:
    """The chunks as they were announced at the init."""
    return ChunkPlan(submission.chunk_size, submission.total_chunk_count, submission.video_size)


def is_credential_uploading(credential_id: UUID) -> bool:
    """Whether any post of this credential, in whatever instance, is being uploaded now."""
    with unscoped(reason="one upload at a time per credential"):
        return Submission.objects.filter(credential_id=credential_id, is_uploading=True).exists()


def wake_next(post: Post) -> None:
    """An upload is over: let the posts that waited longest for its place be looked at now, not at their next turn."""
    waiting = Post.objects.filter(state=PostState.DUE).order_by("publish_at")
    of_account = waiting.filter(hold_reason=OTHER_UPLOAD, account__credential_id=post.account.credential_id)
    of_instance = waiting.filter(hold_reason=INSTANCE_BUSY)
    next_ones = [*of_account.values_list("pk", flat=True)[:1], *of_instance.values_list("pk", flat=True)[:1]]
    if next_ones:
        WorkItem.objects.filter(post_id__in=next_ones, lease_until=None).update(next_action_at=db_now())
