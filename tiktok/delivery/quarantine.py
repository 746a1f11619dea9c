"""The step of a worker while publishing is paused after a restore."""

from datetime import datetime

from tiktok.delivery.step import RUN_AGAIN, Pause, Step, seconds_until
from tiktok.models import AttentionReason, EventCause, PostState


def hold_back(step: Step, start: datetime) -> Pause:
    """Stop a post that would have been sent."""
    if step.post.state == PostState.SCHEDULED and (at := step.post.publish_at):
        if (left := seconds_until(at)) > 0:
            return left
        if at > start:
            return step.need_attention(AttentionReason.MISSED, cause=EventCause.CLOCK, error_code="quarantine")
    step.need_attention(AttentionReason.QUARANTINED, cause=EventCause.QUARANTINE, error_code="")
    return RUN_AGAIN
