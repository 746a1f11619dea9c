"""From its time to an open upload at TikTok: scheduled, due, initing, waiting for the account (docs/protocol.md)."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction

from core.jobs.clock import read_db_now
from core.jobs.process import process_mark
from tiktok.access import throttle
from tiktok.api.errors import TikTokError
from tiktok.api.secret import Secret
from tiktok.api.types import CreatorInfo, FileSource
from tiktok.delivery import chunk_ladder, pull
from tiktok.delivery.faults import (
    FAULTS,
    WAITING_RECHECK_S,
    Fault,
    end_for,
    give_up,
    hold_after_init,
    hold_for,
    is_passing,
    refusal,
    told_of_init,
    wait_for_account,
)
from tiktok.delivery.file_check import FileIdentity, MediaChanged, opened, verify
from tiktok.delivery.init import ask_init, keep_receipt, open_video
from tiktok.delivery.step import RUN_AGAIN, Pause, Step, backoff, seconds_until, until_upload_slot
from tiktok.delivery.tries import tries_of
from tiktok.media.served import served_file
from tiktok.models import (
    AttentionReason,
    EventCause,
    InitReceipt,
    Media,
    MediaSource,
    MediaState,
    OutageKind,
    Post,
    PostState,
    Submission,
)
from tiktok.models.capability import ServedFile
from tiktok.models.fields import Undecryptable, seal
from tiktok.posts import consent, queue
from tiktok.posts.creator import account_trouble, ask_creator_info
from tiktok.posts.rules import PostOptions, check_options, options_of
from tiktok.posts.submissions import plan_of

# TikTok would refuse to download: held until the URL prefix passes its check again.
NO_PREFIX: Final = "url_ownership_unverified"
NO_PREFIX_S: Final = 300.0
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
    if account_trouble(step.post.account, step.post.way.scope):
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
    if trouble := account_trouble(post.account, post.way.scope):
        return wait_for_account(step, trouble)
    if (made := tries_of(post)).are_used_up:
        return give_up(step, post.hold_reason or post.tiktok_code, log_id=post.log_id)
    if wait := queue.wait_of(post):
        return step.hold_until_turn(wait.why, wait.seconds, least=wait.least)
    if not (post.way.is_pull or step.take_upload_slot()):
        return until_upload_slot()
    return _prepare(step, made.inits + 1)


def _prepare(step: Step, number: int) -> Pause:
    try:
        files = [_checked(step, media) for media in _files_of(step)]
    except MediaChanged as error:
        return step.need_attention(AttentionReason.MEDIA_CHANGED, detail={"why": str(error)})
    creator: CreatorInfo | None = None
    if step.post.way.is_direct:  # a draft gets its options in TikTok's app
        try:
            step.renew()
            creator = ask_creator_info(step.post.account)
        except FAULTS as fault:
            return hold_for(step, fault) if is_passing(fault) else end_for(step, fault)
    if changed := _what_changed(step.post, step.files, creator):
        return step.need_attention(AttentionReason.OPTIONS_CHANGED, error_field=changed[0], detail={"fields": changed})
    if step.post.way.is_pull and not step.credential.app.can_pull:
        return step.hold(NO_PREFIX, NO_PREFIX_S)
    return _begin(step, creator, files, number)


def _files_of(step: Step) -> tuple[Media, ...]:
    if not step.files:
        raise MediaChanged("deleted")
    return step.files


def _checked(step: Step, media: Media) -> ServedFile:
    """Return the file that goes to TikTok, with its identity now. Raises MediaChanged."""
    if media.deleted_at is not None:
        raise MediaChanged("deleted")
    if media.state != MediaState.READY:
        raise MediaChanged(f"{media.state} as media")
    file = served_file(media)
    with opened(settings.MEDIA_ROOT / file.path) as descriptor:
        known = FileIdentity.of_served(file)
        now = verify(descriptor, known=known, sha256=file.sha256, trusted=True, keep_alive=step.keep_alive)
    return replace(file, **asdict(now))


def _what_changed(post: Post, files: Sequence[Media], creator: CreatorInfo | None) -> list[str]:
    """Return the agreed options that TikTok no longer offers; they are never replaced by others."""
    snapshot = consent.in_force(post)
    if snapshot is None or PostOptions(**snapshot.options) != options_of(post):
        return ["consent"]
    problems = check_options(options_of(post), files=files, creator=creator, app_audited=None)
    return sorted({problem.field for problem in problems})


def _begin(step: Step, creator: CreatorInfo | None, files: Sequence[ServedFile], number: int) -> Pause:
    """Commit that an init is sent, then send it. The database allows one upload per credential."""
    credential_id, way = step.post.account.credential_id, step.post.way
    try:
        throttle.take_slot(credential_id, way.endpoint)
    except throttle.RateHeld as held:
        return hold_for(step, held)
    said: dict[str, Any] = {"creator_username": creator.creator_username[:80]} if creator else {}
    try:
        with transaction.atomic():
            step.move(PostState.INITING, **said)
            submission = _new_submission(step, number) if way.is_pull else _new_upload(step, files[0], number)
            urls = pull.issue_addresses(step, submission, files) if way.is_pull else ()
    except IntegrityError:
        step.post.refresh_from_db()
        return step.hold_until_turn(queue.OTHER_UPLOAD, queue.unless_woken(1))
    step.follow(submission)
    return pull.send_init(step, submission, urls) if way.is_pull else _send_init(step, submission)


def _new_submission(step: Step, number: int, **columns: Any) -> Submission:
    """Open a submission. Of a pull the init is the commit point: TikTok then starts by itself."""
    post, now = step.post, read_db_now()
    return Submission.objects.create(
        instance_id=post.instance_id,
        post=post,
        credential=post.account.credential,
        app=post.account.credential.app,
        number=number,
        init_sent_at=now,
        source=post.way.source,
        commit_point_at=now if post.way.is_pull else None,
        **columns,
    )


def _new_upload(step: Step, file: ServedFile, number: int) -> Submission:
    plan = chunk_ladder.plan_for(step.post.account.credential.app, file.size_bytes)
    return _new_submission(
        step,
        number,
        is_uploading=True,
        video_size=plan.size,
        chunk_size=plan.chunk_size,
        total_chunk_count=plan.total_chunk_count,
        media_sha256=file.sha256,
        media_mtime_ns=file.mtime_ns,
        media_inode=file.inode,
        media_checked_by=process_mark(),
    )


def _send_init(step: Step, submission: Submission) -> Pause:
    source = FileSource(submission.video_size, submission.chunk_size, submission.total_chunk_count)
    try:
        step.renew()
        answer = ask_init(step, submission, lambda client, token: open_video(step.post, client, token, source))
    except FAULTS as fault:
        return _after_failed_init(step, submission, fault)
    return _adopt(step, keep_receipt(submission, answer), answer.upload_url)


def initing(step: Step) -> Pause:
    """Adopt the receipt of an init that an earlier claim sent; without one, a rule decides about a new init."""
    submission = step.submission
    receipt = InitReceipt.objects.filter(submission=submission).first()
    if submission.source == MediaSource.PULL_FROM_URL:
        return pull.adopt(step, receipt) if receipt else pull.start_over_or_doubt(step, "answer-lost")
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


def _after_failed_init(step: Step, submission: Submission, fault: Fault) -> Pause:
    """Handle an init without publish_id: R1 allows a new init, and the kind of fault says whether one makes sense."""
    if _is_refused_plan(step, submission, fault):
        return RUN_AGAIN
    if not is_passing(fault):
        return end_for(step, fault, closes="init_refused")
    step.move(PostState.DUE, cause=EventCause.RULE_R1, closes="init_failed", **told_of_init(fault))
    return hold_after_init(step, fault)


def _is_refused_plan(step: Step, submission: Submission, fault: Fault) -> bool:
    """Go back to due at once if TikTok refuses only the chunk plan and another one is left."""
    if not (isinstance(fault, TikTokError) and fault.is_definite and fault.is_about_chunks):
        return False
    if not chunk_ladder.note_refused(submission.app, plan_of(submission)):
        return False
    uncounted = {"counts_as_unanswered": False}
    detail = refusal(fault.code, fault.log_id) | {"chunk_bytes": submission.chunk_size}
    step.move(PostState.DUE, cause=EventCause.RULE_R1, closes="plan_refused", submission=uncounted, detail=detail)
    return True
