"""Poll TikTok's status until it is final, and the public id afterwards (docs/tiktok.md, section 8)."""

from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.jobs.clock import read_db_now
from tiktok.access import outages, throttle
from tiktok.access.call import call
from tiktok.api import content_posting
from tiktok.api.errors import ErrorKind, PublishIdUnknown, QuotaReached, classify_fail_reason
from tiktok.api.limits import QUOTA_WINDOW_S, Endpoint
from tiktok.api.types import FailReason, PrivacyLevel, PublishStatus, PublishStatusCode
from tiktok.delivery.download_stop import stop_if_asked
from tiktok.delivery.faults import FAULTS, FIELD_OF, WAITING_RECHECK_S, give_up, hold_for, refusal
from tiktok.delivery.step import DONE, Pause, Step, seconds_since
from tiktok.delivery.tries import pause_after_answered, tries_of
from tiktok.models import (
    AttentionReason,
    EventCause,
    MediaSource,
    OutageKind,
    Post,
    PostMode,
    PostState,
    Submission,
    TikTokApp,
)
from tiktok.models.capability import revoke
from tiktok.posts.queries import LINK_WITHIN, is_without_link
from tiktok.posts.status_checks import ANSWER, has_pending_check

# After one of these nothing more is sent for this submission.
LAST_WORDS: Final = frozenset(
    {PublishStatusCode.PUBLISH_COMPLETE, PublishStatusCode.FAILED, PublishStatusCode.SEND_TO_USER_INBOX}
)
FIRST_POLL_S: Final = 5.0
POLLS_S: Final = (5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 240.0, 480.0, 600.0)
WORD_WITHIN_S: Final = 24 * 3600.0
INBOX_WITHIN_S: Final = 7 * 24 * 3600.0
INBOX_POLL_S: Final = 3600.0


def read_status(step: Step, submission: Submission, *, resuming: bool) -> PublishStatus:
    """Read the status once; polling leaves a few calls a minute to uploads that resume.

    Raises RateHeld and what TikTok calls raise.
    """
    step.renew()
    reserve = 0 if resuming else throttle.RESERVED_FOR_RESUMING
    return call(
        submission.credential_id,
        Endpoint.STATUS_FETCH,
        lambda client, token: content_posting.fetch_status(
            client, access_token=token.access_token, publish_id=submission.publish_id
        ),
        reserve=reserve,
        known=step.known(submission.credential_id),
    )


def processing(step: Step) -> Pause:
    """Poll once. A finished upload is not a published post: only TikTok's status counts."""
    submission = step.submission
    if submission.source == MediaSource.PULL_FROM_URL:
        stop_if_asked(step, submission)
    try:
        status = read_status(step, submission, resuming=False)
    except FAULTS as fault:
        if is_overdue(submission):
            return _give_up(step)
        return hold_for(step, fault)
    return apply_status(step, status)


def apply_status(step: Step, status: PublishStatus) -> Pause:
    """Apply TikTok's status to a post in processing."""
    if status.status == PublishStatusCode.PUBLISH_COMPLETE:
        return _published(step, status)
    if status.status == PublishStatusCode.FAILED:
        return _failed(step, status)
    if status.status == PublishStatusCode.SEND_TO_USER_INBOX:
        return _delivered(step, status)
    return _not_yet(step, status)


def _delivered(step: Step, status: PublishStatus) -> Pause:
    """Leave the draft to its person. TikTok has all of its media, so nothing can be downloaded any more."""
    with transaction.atomic():
        step.move(PostState.IN_INBOX, cause=EventCause.TIKTOK, publish_status=status.status)
        revoke(Submission.objects.filter(post=step.post, closed_at=None))
    return INBOX_POLL_S


def _not_yet(step: Step, status: PublishStatus) -> Pause:
    submission = step.submission
    if is_overdue(submission):
        return _give_up(step)
    pause = POLLS_S[min(submission.polls, len(POLLS_S) - 1)]
    note_status(step, submission, status, then=pause)
    return pause


def note_status(step: Step, submission: Submission, status: PublishStatus, *, then: float | None = None) -> None:
    """Record TikTok's latest status where it decides nothing."""
    said: dict[str, Any] = {"publish_status": status.status[:40], "hold_reason": "", "hold_count": 0}
    is_news = any(getattr(step.post, name) != value for name, value in said.items())
    seen: dict[str, Any] = {"polls": submission.polls + 1}
    if status.downloaded_bytes is not None:
        seen["downloaded_bytes"] = max(status.downloaded_bytes, 0)
    step.save(post=said if is_news else None, submission=seen, then=then)


def is_overdue(submission: Submission) -> bool:
    """Return whether a day has passed since the init, after which no final status is expected."""
    return seconds_since(submission.init_sent_at) >= WORD_WITHIN_S


def _give_up(step: Step) -> Pause:
    return step.need_attention(AttentionReason.OUTCOME_UNKNOWN, cause=EventCause.CLOCK)


def _published(step: Step, status: PublishStatus) -> Pause:
    submission = step.submission
    _learn_audit(step.post, submission)
    step.move(
        PostState.PUBLISHED,
        cause=EventCause.TIKTOK,
        closes="published",
        detail={"post_ids": list(status.post_ids)},
        publish_status=status.status,
        post_ids=_with_ids(step.post, status),
        published_at=read_db_now(),
        log_id=status.log_id,
        error_code="",
        tiktok_code="",
        fail_reason="",
    )
    step.end_outage(OutageKind.PUBLISH, submission)
    return _until_next_id(step, submission)


def _with_ids(post: Post, status: PublishStatus) -> list[str]:
    """Return the public ids so far and TikTok's, each once: a draft may be posted several times."""
    return list(dict.fromkeys([*post.post_ids, *status.post_ids]))


def _learn_audit(post: Post, submission: Submission) -> None:
    """Record that the app is audited: TikTok publishes publicly only through audited apps."""
    if post.privacy_level == PrivacyLevel.PUBLIC_TO_EVERYONE and not submission.app.is_audited:
        TikTokApp.objects.filter(pk=submission.app_id).update(is_audited=True)


def _failed(step: Step, status: PublishStatus) -> Pause:
    """Handle TikTok's FAILED: certainly not published. Rule R3 says when a new init may follow."""
    reason = (status.fail_reason or "unknown")[:80]
    what = classify_fail_reason(reason)
    said: dict[str, Any] = {
        "publish_status": status.status,
        "fail_reason": reason,
        "tiktok_code": reason,
        "log_id": status.log_id,
    }
    may_go_on = step.post.state == PostState.PROCESSING  # from another state nothing is sent without a person
    is_pull = step.submission.source == MediaSource.PULL_FROM_URL  # only a download can be cancelled at TikTok
    if reason == FailReason.PUBLISH_CANCELLED and is_pull and may_go_on:
        step.move(PostState.CANCELLED, cause=EventCause.TIKTOK, closes="cancelled", **said)
        return DONE
    if what.kind == ErrorKind.AUTH and may_go_on:
        said |= {"error_code": reason, "outage_id": None}
        step.move(PostState.WAITING_ACCOUNT, cause=EventCause.TIKTOK, closes="failed", **said)
        return WAITING_RECHECK_S
    if what.new_init_allowed and may_go_on:
        app_id = step.credential.app_id
        step.move(
            PostState.DUE, cause=EventCause.RULE_R3, closes="failed", detail=refusal(reason, status.log_id), **said
        )
        return _before_next_init(step, reason, what.kind, status.log_id, app_id)
    step.move(
        PostState.FAILED,
        cause=EventCause.TIKTOK,
        closes="failed",
        detail=refusal(reason, status.log_id),
        error_code=reason,
        error_field=FIELD_OF.get(reason, ""),
        **said,
    )
    return DONE


def _before_next_init(step: Step, reason: str, kind: ErrorKind, log_id: str, app_id: UUID) -> Pause:
    """Apply rule R3: hold for a quota until it may be free; wait out TikTok's own faults while there is time."""
    if kind == ErrorKind.QUOTA:
        return hold_for(step, QuotaReached(reason, log_id=log_id, hold_s=QUOTA_WINDOW_S))
    outage = outages.note_fault(app_id, OutageKind.PUBLISH, code=reason, log_id=log_id)
    made = tries_of(step.post)
    if made.are_used_up:
        return give_up(step, reason, log_id=log_id, outage=outage)
    return step.hold(reason, pause_after_answered(made, left_s=step.left_s()), log_id=log_id, outage=outage)


def in_inbox(step: Step) -> Pause:
    """Check a draft that waits for its person in TikTok's app; slowly, for a week."""
    submission = step.submission
    try:
        status = read_status(step, submission, resuming=False)
    except PublishIdUnknown as fault:  # the draft has lapsed, or TikTok will know it again
        answer_person(step, fault.code)
        return _until_next_inbox_poll(submission, INBOX_POLL_S)
    except FAULTS as fault:
        return _until_next_inbox_poll(submission, hold_for(step, fault))
    if status.status in (PublishStatusCode.PUBLISH_COMPLETE, PublishStatusCode.FAILED):
        return apply_status(step, status)
    answer_person(step, status.status)
    return _until_next_inbox_poll(submission, INBOX_POLL_S)


def _until_next_inbox_poll(submission: Submission, pause: Pause) -> Pause:
    return pause if _may_be_posted(submission) else DONE


def _may_be_posted(submission: Submission) -> bool:
    """Return whether a draft is still looked after: its person may post it, once or again."""
    return seconds_since(submission.init_sent_at) < INBOX_WITHIN_S


def published(step: Step) -> Pause:
    """Ask for public ids, which TikTok issues after moderation.

    Of a direct post there is one: asked for during a day, later only on request. A draft may be posted several times.
    """
    submission = Submission.objects.filter(post=step.post).exclude(publish_id="").order_by("-number").first()
    if submission is None or not (is_without_link(step.post) or _may_get_more_ids(step.post, submission)):
        return DONE
    try:
        status = read_status(step, submission, resuming=False)
    except FAULTS as fault:
        answer_person(step, getattr(fault, "code", "rate"))
        return _until_next_id(step, submission)
    if news := [post_id for post_id in status.post_ids if post_id not in step.post.post_ids]:
        step.save(post={"post_ids": _with_ids(step.post, status)})
        step.note({"post_ids": news}, cause=EventCause.TIKTOK)
    else:
        answer_person(step, status.status)
    return _until_next_id(step, submission)


def _may_get_more_ids(post: Post, submission: Submission) -> bool:
    return post.mode == PostMode.MEDIA_UPLOAD and _may_be_posted(submission)


def _until_next_id(step: Step, submission: Submission) -> Pause:
    """Return seconds until the next check: a quarter of the post's age, from five seconds to ten minutes.

    A draft's audience is not known, so it may never get an id; from ten minutes on it is looked at as in the inbox.
    """
    post = step.post
    pause = max(seconds_since(post.published_at or timezone.now()) / 4, POLLS_S[0])
    if _may_get_more_ids(post, submission):
        return INBOX_POLL_S if post.post_ids or pause > POLLS_S[-1] else pause
    if not is_without_link(post) or pause * 4 > LINK_WITHIN.total_seconds():
        return DONE
    return min(pause, POLLS_S[-1])


def answer_person(step: Step, said: str) -> None:
    """Record TikTok's status where a person waits for it."""
    if has_pending_check(step.post):
        step.note({ANSWER: said[:80]}, cause=EventCause.TIKTOK)
