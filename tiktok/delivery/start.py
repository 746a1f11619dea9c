"""From its time to an open upload at TikTok: scheduled, due, initing, waiting for the account (docs/protocol.md)."""

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction

from core.jobs.clock import read_db_now
from core.jobs.process import process_mark
from core.text import with_line_feeds
from tiktok.access import throttle
from tiktok.access.call import call
from tiktok.api import content_posting
from tiktok.api.chunking import plan_chunks
from tiktok.api.errors import TikTokError
from tiktok.api.limits import Endpoint
from tiktok.api.secret import Secret
from tiktok.api.types import CreatorInfo, FileSource, PublishInit, VideoPostInfo
from tiktok.delivery.faults import (
    FAULTS,
    WAITING_RECHECK_S,
    Fault,
    counts,
    end_for,
    give_up,
    hold_after_init,
    hold_for,
    is_passing,
    refusal,
    wait_for_account,
)
from tiktok.delivery.file_check import FileIdentity, MediaChanged, opened, verify
from tiktok.delivery.step import RUN_AGAIN, Pause, Step, backoff, seconds_until, until_upload_slot
from tiktok.delivery.tries import tries_of
from tiktok.models import (
    AttentionReason,
    EventCause,
    InitReceipt,
    Media,
    MediaState,
    OutageKind,
    Post,
    PostState,
    Submission,
)
from tiktok.models.fields import Undecryptable, seal
from tiktok.posts import consent, queue
from tiktok.posts.creator import account_trouble, ask_creator_info
from tiktok.posts.rules import PostOptions, check_options, options_of

# A scheduled post that is checked later than this was missed.
LATE_START: Final = timedelta(hours=1)


def scheduled(step: Step) -> Pause:
    """Start the post if its time has come."""
    at = step.post.publish_at
    if at is None:
        raise ValueError(f"{step.post.pk} is scheduled without a time")
    if (left := seconds_until(at)) > 0:
        return left
    if step.is_past(at + LATE_START):
        return step.need_attention(AttentionReason.MISSED, cause=EventCause.CLOCK)
    step.move(PostState.DUE, cause=EventCause.CLOCK)
    return RUN_AGAIN


def waiting_account(step: Step) -> Pause:
    """Continue if the same TikTok user is back in time."""
    if account_trouble(step.post.account):
        return WAITING_RECHECK_S
    if step.is_past(step.post.deadline_at):
        return step.need_attention(AttentionReason.MISSED, cause=EventCause.CLOCK, error_code="account_was_away")
    step.move(PostState.DUE, error_code="", tiktok_code="", log_id="")
    return RUN_AGAIN


def due(step: Step) -> Pause:
    """Check everything that must hold before an init, then send it."""
    post = step.post
    if step.is_past(post.deadline_at):
        return step.need_attention(AttentionReason.MISSED, cause=EventCause.CLOCK, error_code=post.hold_reason)
    if trouble := account_trouble(post.account):
        return wait_for_account(step, trouble)
    if (made := tries_of(post)).are_used_up:
        return give_up(step, post.hold_reason or post.tiktok_code, log_id=post.log_id)
    if wait := queue.wait_of(post):
        return step.hold_until_turn(wait.why, wait.seconds, least=wait.least)
    return _prepare(step, made.inits + 1) if step.take_upload_slot() else until_upload_slot()


def _prepare(step: Step, number: int) -> Pause:
    media = step.media
    try:
        identity = _check_file(step, media)
    except MediaChanged as error:
        return step.need_attention(AttentionReason.MEDIA_CHANGED, detail={"why": str(error)})
    try:
        step.renew()
        creator = ask_creator_info(step.post.account)
    except FAULTS as fault:
        return hold_for(step, fault) if is_passing(fault) else end_for(step, fault)
    if changed := _what_changed(step.post, media, creator):
        return step.need_attention(AttentionReason.OPTIONS_CHANGED, error_field=changed[0], detail={"fields": changed})
    return _begin(step, creator, identity, number)


def _check_file(step: Step, media: Media | None) -> FileIdentity:
    if media is None or media.deleted_at is not None:
        raise MediaChanged("deleted")
    if media.state != MediaState.READY:
        raise MediaChanged(f"{media.state} as media")
    with opened(media.file) as descriptor:
        known = FileIdentity.of_media(media)
        return verify(descriptor, known=known, sha256=media.sha256, trusted=True, keep_alive=step.keep_alive)


def _what_changed(post: Post, media: Media | None, creator: CreatorInfo) -> list[str]:
    """Return the agreed options that TikTok no longer offers; they are never replaced by others."""
    snapshot = consent.in_force(post)
    if snapshot is None or PostOptions(**snapshot.options) != options_of(post):
        return ["consent"]
    problems = check_options(options_of(post), media=media, creator=creator, app_audited=None)
    return sorted({problem.field for problem in problems})


def _begin(step: Step, creator: CreatorInfo, identity: FileIdentity, number: int) -> Pause:
    """Commit that an init is sent, then send it. The database allows one upload per credential."""
    credential_id = step.post.account.credential_id
    try:
        throttle.take_slot(credential_id, Endpoint.VIDEO_INIT)
    except throttle.RateHeld as held:
        return hold_for(step, held)
    try:
        with transaction.atomic():
            step.move(PostState.INITING, creator_username=creator.creator_username[:80])
            submission = _new_submission(step, identity, number=number)
    except IntegrityError:
        step.post.refresh_from_db()
        return step.hold_until_turn(queue.OTHER_UPLOAD, queue.unless_woken(1))
    step.follow(submission)
    return _send_init(step, submission)


def _new_submission(step: Step, identity: FileIdentity, *, number: int) -> Submission:
    post, media = step.post, step.media
    plan = plan_chunks(
        identity.size_bytes,
        chunk_size=settings.UPLOAD_CHUNK_BYTES,
        single_limit=settings.UPLOAD_SINGLE_LIMIT_BYTES,
    )
    return Submission.objects.create(
        instance_id=post.instance_id,
        post=post,
        credential=post.account.credential,
        app=post.account.credential.app,
        number=number,
        init_sent_at=read_db_now(),
        is_uploading=True,
        video_size=plan.size,
        chunk_size=plan.chunk_size,
        total_chunk_count=plan.total_chunk_count,
        media_sha256=media.sha256 if media else "",
        media_mtime_ns=identity.mtime_ns,
        media_inode=identity.inode,
        media_checked_by=process_mark(),
    )


def _send_init(step: Step, submission: Submission) -> Pause:
    post_info = post_info_of(step.post)
    source = FileSource(submission.video_size, submission.chunk_size, submission.total_chunk_count)
    try:
        step.renew()
        answer = call(
            submission.credential_id,
            Endpoint.VIDEO_INIT,
            lambda client, token: content_posting.init_video(
                client, access_token=token.access_token, post_info=post_info, source=source
            ),
            has_slot=True,
        )
    except FAULTS as fault:
        return _after_failed_init(step, fault)
    return _adopt(step, keep_receipt(submission, answer), answer.upload_url)


def post_info_of(post: Post) -> VideoPostInfo:
    """Return the agreed options as TikTok's fields; its flags are the negation of ours (docs/tiktok.md, section 11)."""
    return VideoPostInfo(
        privacy_level=post.privacy_level,
        title=with_line_feeds(post.caption),
        disable_comment=not post.allow_comment,
        disable_duet=not post.allow_duet,
        disable_stitch=not post.allow_stitch,
        brand_content_toggle=post.brand_content,
        brand_organic_toggle=post.brand_organic,
        is_aigc=post.is_aigc,
        video_cover_timestamp_ms=post.cover_timestamp_ms,
    )


def keep_receipt(submission: Submission, answer: PublishInit) -> InitReceipt:
    """Store TikTok's answer, no matter which claim holds the post by now: knowledge, not authority."""
    url = answer.upload_url and seal(InitReceipt, submission.pk, "upload_url", answer.upload_url)
    return InitReceipt.objects.create(
        submission=submission,
        app_id=submission.app_id,
        publish_id=answer.publish_id,
        upload_url=url,  # type: ignore[misc]
    )


def initing(step: Step) -> Pause:
    """Adopt the receipt of an init that an earlier claim sent; without one, rule R1 allows a new init."""
    submission = step.submission
    receipt = InitReceipt.objects.filter(submission=submission).first()
    if receipt is not None:
        return _adopt(step, receipt, _url_of(receipt))
    step.move(PostState.DUE, cause=EventCause.RULE_R1, closes="init_unanswered")
    return step.hold("answer-lost", backoff(step.post.hold_count))


def _url_of(receipt: InitReceipt) -> Secret | None:
    try:
        url: Secret | None = receipt.upload_url
    except Undecryptable:
        return None
    return url


def _adopt(step: Step, receipt: InitReceipt, url: Secret | None) -> Pause:
    """Adopt the receipt, guarded and before the first byte.

    Without a readable URL the post waits for rule R2, since TikTok issued an id.
    """
    submission = step.submission
    known: dict[str, Any] = {"publish_id": receipt.publish_id, "init_answered_at": receipt.at}
    if url is not None:
        known["upload_url"] = seal(Submission, receipt.submission_id, "upload_url", url)
    step.move(PostState.UPLOADING, submission=known, hold_count=0)
    step.end_outage(OutageKind.INIT, submission)
    step.was_dropped = False
    return RUN_AGAIN


def _after_failed_init(step: Step, fault: Fault) -> Pause:
    """Handle an init without publish_id: R1 allows a new init, and the kind of fault says whether one makes sense."""
    if not is_passing(fault):
        return end_for(step, fault, closes="init_refused")
    uncounted = {} if counts(fault) else {"counts_as_unanswered": False}
    detail = refusal(fault.code, fault.log_id) if isinstance(fault, TikTokError) else None
    step.move(PostState.DUE, cause=EventCause.RULE_R1, closes="init_failed", submission=uncounted, detail=detail)
    return hold_after_init(step, fault)
