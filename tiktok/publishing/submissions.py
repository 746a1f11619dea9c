"""Submissions of a post: the open one, its chunk plan, and how it ends."""

from django.utils import timezone

from tiktok.api.chunking import ChunkPlan
from tiktok.models import Post, Submission


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
