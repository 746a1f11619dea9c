"""Posts whose outcome is unknown: TikTok is asked ever more rarely, and its status still counts (docs/protocol.md).

Where its status does not decide, the post is looked for at TikTok (adoption.py).
"""

from typing import Final

from tiktok.api.errors import ErrorKind, classify_fail_reason
from tiktok.api.types import PublishStatus, PublishStatusCode
from tiktok.delivery import adoption, poll
from tiktok.delivery.faults import FAULTS, Fault, hold_for, is_passing
from tiktok.delivery.step import DONE, RUN_AGAIN, Pause, Step, seconds_since
from tiktok.models import AttentionReason, Submission
from tiktok.models.states import MAYBE_PUBLISHED
from tiktok.posts.submissions import askable_publish_id, open_submission

# Automatically for a week after the init; then only on request.
ASKED_FOR_S: Final = 7 * 24 * 3600.0
SOONEST_S: Final = 30.0
RAREST_S: Final = 3600.0
# The answer to an init in progress when the post was taken out may still come.
RECEIPT_WITHIN_S: Final = 15 * 60.0
RECEIPT_LOOK_S: Final = 60.0


def in_doubt(step: Step) -> Pause:
    """Ask TikTok once; other reasons for attention wait for a person alone."""
    submission = open_submission(step.post)
    if step.post.attention_reason not in MAYBE_PUBLISHED or submission is None:
        return DONE
    if not submission.publish_id:
        return _look_for_id(step, submission)
    try:
        status = poll.read_status(step, submission, resuming=False)
    except FAULTS as fault:
        return _not_answered(step, submission, fault)
    return _heed(step, submission, status)


def _look_for_id(step: Step, submission: Submission) -> Pause:
    """Look for TikTok's answer to the init, for a webhook that can only be about this post, and on the profile."""
    if publish_id := askable_publish_id(submission):
        step.save(submission={"publish_id": publish_id})
        return RUN_AGAIN
    if adoption.adopt_publish_id(step, submission):
        return RUN_AGAIN
    if adoption.adopt_video(step, submission):
        return DONE
    if seconds_since(submission.init_sent_at) < RECEIPT_WITHIN_S:
        return RECEIPT_LOOK_S
    return _until_next(submission) if adoption.wanted_of(step, submission) else DONE


def _heed(step: Step, submission: Submission, status: PublishStatus) -> Pause:
    if status.status in poll.LAST_WORDS and not _may_have_gone_on(step, status):
        return poll.apply_status(step, status)
    if adoption.adopt_video(step, submission):
        return DONE
    poll.note_status(step, submission, status)
    poll.answer_person(step, status.status)
    return _until_next(submission)


def _may_have_gone_on(step: Step, status: PublishStatus) -> bool:
    """Return whether the post may have been retried before the restore that followed.

    After some failures at TikTok, Clipdesk retries by itself: the backup does not know an upload that followed, and it
    may be public.
    """
    is_restored = step.post.attention_reason == AttentionReason.QUARANTINED
    if not is_restored or status.status != PublishStatusCode.FAILED:
        return False
    what = classify_fail_reason(status.fail_reason or "")
    return what.new_init_allowed or what.kind == ErrorKind.AUTH


def _not_answered(step: Step, submission: Submission, fault: Fault) -> Pause:
    pause = hold_for(step, fault)
    if is_passing(fault):
        return pause
    if adoption.adopt_video(step, submission):
        return DONE
    poll.answer_person(step, step.post.hold_reason)
    return _until_next(submission)


def _until_next(submission: Submission) -> Pause:
    """Return an eighth of its age: half a minute at first, an hour from the eighth hour on."""
    age_s = seconds_since(submission.init_sent_at)
    return DONE if age_s >= ASKED_FOR_S else min(max(age_s / 8, SOONEST_S), RAREST_S)
