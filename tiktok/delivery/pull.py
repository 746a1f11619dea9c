"""Hand over media that TikTok downloads: the init itself is the commit point (docs/protocol.md, rules R4 and R5)."""

from collections.abc import Iterable

from django.db import transaction

from tiktok.api.errors import TikTokError
from tiktok.api.secret import Secret
from tiktok.api.types import PhotoSource, PullSource
from tiktok.delivery import poll
from tiktok.delivery.faults import FAULTS, Fault, end_for, hold_after_init, is_passing, refusal, told_of_init
from tiktok.delivery.init import ask_init, keep_receipt, open_photos, open_video
from tiktok.delivery.step import Pause, Step, backoff
from tiktok.models import AttentionReason, EventCause, InitReceipt, MediaType, OutageKind, PostState, Submission
from tiktok.models.capability import CapabilityURL, ServedFile, revoke_unserved


class _Served(Exception):
    """TikTok has begun to download, so it may publish although its id is not known here."""


def issue_addresses(step: Step, submission: Submission, files: Iterable[ServedFile]) -> tuple[Secret, ...]:
    """Create the addresses from which TikTok downloads; in the transaction that opens the submission."""
    return CapabilityURL.issue(submission, files, prefix=step.credential.app.url_prefix)


def send_init(step: Step, submission: Submission, urls: tuple[Secret, ...]) -> Pause:
    """Send the init. A definite refusal is over; anything unclear is decided by rule R5."""
    post = step.post
    try:
        step.renew()
        if post.media_type == MediaType.PHOTO:
            photos = PhotoSource(urls, post.photo_cover_index)
            answer = ask_init(step, submission, lambda client, token: open_photos(post, client, token, photos))
        else:
            video = PullSource(urls[0])
            answer = ask_init(step, submission, lambda client, token: open_video(post, client, token, video))
    except FAULTS as fault:
        if isinstance(fault, TikTokError) and fault.was_sent and not fault.is_definite:
            return start_over_or_doubt(step, fault.code, fault)
        return _after_refusal(step, fault)
    return adopt(step, keep_receipt(submission, answer))


def adopt(step: Step, receipt: InitReceipt) -> Pause:
    """Adopt TikTok's answer: it downloads and publishes by itself from here on."""
    known = {"publish_id": receipt.publish_id, "init_answered_at": receipt.at}
    step.move(PostState.PROCESSING, submission=known, hold_count=0)
    step.end_outage(OutageKind.INIT, step.submission)
    return poll.FIRST_POLL_S


def start_over_or_doubt(step: Step, code: str, fault: TikTokError | None = None) -> Pause:
    """Apply rule R5 to an init without a readable answer: TikTok may have begun, or may begin later.

    Where it has fetched nothing so far, revoking every address proves that it never will: a new init is allowed.
    Otherwise the outcome is unknown.
    """
    detail = refusal(code, fault.log_id if fault else "")
    try:
        with transaction.atomic():
            if not revoke_unserved(step.submission):
                raise _Served
            step.move(PostState.DUE, cause=EventCause.RULE_R5, closes="init_unanswered", detail=detail)
    except _Served:
        return step.need_attention(AttentionReason.OUTCOME_UNKNOWN)
    return hold_after_init(step, fault) if fault else step.hold(code, backoff(step.post.hold_count))


def _after_refusal(step: Step, fault: Fault) -> Pause:
    """Apply rule R4 to an init that certainly opened nothing; the kind of fault says whether another makes sense."""
    step.move(PostState.DUE, cause=EventCause.RULE_R4, closes="init_refused", **told_of_init(fault))
    return hold_after_init(step, fault) if is_passing(fault) else end_for(step, fault)
