"""Send the bytes, chunk by chunk on a live upload URL (docs/protocol.md; docs/tiktok.md, section 7)."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from core.jobs.clock import read_db_now
from core.jobs.process import process_mark
from core.jobs.waiting import release_connection
from tiktok.access.gateway import call_without_credential
from tiktok.api import content_posting
from tiktok.api.body import FileChunkBody, FileTooShort
from tiktok.api.chunking import Chunk
from tiktok.api.errors import ConnectionFailed, OperatorFault, TikTokError
from tiktok.api.limits import UPLOAD_URL_LIFETIME_S
from tiktok.api.secret import Secret
from tiktok.api.types import ChunkAnswer, PublishStatus, PublishStatusCode
from tiktok.delivery import poll
from tiktok.delivery.faults import FAULTS, Fault, end_for, hold_for, needs_account, wait_for_account
from tiktok.delivery.file_check import FileIdentity, MediaChanged, opened, verify
from tiktok.delivery.step import RUN_AGAIN, Pause, Step, backoff, seconds_since, until_upload_slot
from tiktok.models import AccountStatus, AttentionReason, EventCause, Media, PostState, Submission, TikTokAccount
from tiktok.models.fields import Undecryptable
from tiktok.posts.queue import requeue_next
from tiktok.posts.submissions import plan_of

log = logging.getLogger(__name__)

# The last bytes leave only after the commit point is stored.
LAST_BYTES: Final = 64 * 1024
# Until then the URL may be alive, so nothing but the next or the same chunk on it may be sent.
URL_SURELY_DEAD_S: Final = UPLOAD_URL_LIFETIME_S + 5 * 60
BETWEEN_PROOFS_S: Final = 60.0
# So many refused ranges without news beyond them, wherever they were, and the sending ends until the URL is dead.
MOST_RANGE_REFUSALS: Final = 3
# After so many reads that say less than TikTok had acknowledged, its acknowledgement is believed.
MOST_LAGGING_READS: Final = 5


def uploading(step: Step) -> Pause:
    """Send one chunk, or ask TikTok where its progress is unknown; send nothing once the account is disconnected."""
    submission = step.submission
    if submission.commit_point_at is None and _is_unlinked(step):
        return wait_for_account(step, "account_disconnected", closes="account_lost")
    if step.was_dropped or submission.is_in_doubt or not may_send(submission):
        return _ask(step, submission)
    return _send_next(step, submission) if step.take_upload_slot() else until_upload_slot()


def _is_unlinked(step: Step) -> bool:
    """Return whether the account is disconnected; read now, since it was loaded when the step began."""
    return TikTokAccount.objects.filter(pk=step.post.account_id, status=AccountStatus.DISCONNECTED).exists()


def may_send(submission: Submission) -> bool:
    """Return whether a byte may still go to this upload URL."""
    is_refused = submission.range_refusals >= MOST_RANGE_REFUSALS
    is_over = submission.url_died_at is not None or is_refused or _is_surely_dead(submission)
    return not is_over and _url_of(submission) is not None


def _url_of(submission: Submission) -> Secret | None:
    """Return the upload URL, or None when it cannot be read here.

    Without it nothing is sent until rule R2 allows a new init.
    """
    try:
        url: Secret | None = submission.upload_url
    except Undecryptable:
        return None
    return url


def _is_surely_dead(submission: Submission) -> bool:
    return seconds_since(submission.init_sent_at) >= URL_SURELY_DEAD_S


# Sending


@dataclass(slots=True)
class _Guardian:
    """Hook before each block: keeps the lease, and commits the commit point before the last bytes leave."""

    step: Step
    descriptor: int
    identity: FileIdentity
    no_return_from: int
    is_past_commit_point: bool

    def __call__(self, offset: int) -> None:
        """Raise Stopped, StaleState or MediaChanged, which closes the connection."""
        if offset < self.no_return_from:
            if self.step.keep_alive():
                self.step.save(submission={"sending_bytes": offset})
                release_connection()
            return
        if not self.is_past_commit_point:
            self._check_file()
            self.step.save(submission={"commit_point_at": read_db_now()})
            self.is_past_commit_point = True
        self.step.renew()

    def _check_file(self) -> None:
        if FileIdentity.of_open(self.descriptor) != self.identity:
            raise MediaChanged("changed while it was sent")


def _send_next(step: Step, submission: Submission) -> Pause:
    media = step.media
    chunk = plan_of(submission).chunk_at(submission.sent_bytes)
    try:
        answer = _put(step, submission, media, chunk)
    except (MediaChanged, FileTooShort) as error:
        return _stop_for_good(step, AttentionReason.MEDIA_CHANGED, detail={"why": str(error)})
    except OperatorFault as fault:
        return _stop_for_good(step, AttentionReason.BUG, error_code="bug", tiktok_code=fault.code)
    except TikTokError as fault:
        is_in_doubt = not isinstance(fault, ConnectionFailed)
        if step.stop.is_set():
            return _broken_off(step, is_in_doubt=is_in_doubt)
        return _interrupted(step, submission, is_in_doubt=is_in_doubt)
    return _after_answer(step, chunk, answer)


def _broken_off(step: Step, *, is_in_doubt: bool) -> Pause:
    """Release the claim since this process ends; not counted as trouble. Another process continues."""
    step.save(submission={"is_in_doubt": is_in_doubt, "sending_bytes": 0})
    return RUN_AGAIN


def _interrupted(step: Step, submission: Submission, *, is_in_doubt: bool) -> Pause:
    changes = {"is_in_doubt": is_in_doubt, "failures": submission.failures + 1, "sending_bytes": 0}
    step.save(submission=changes)
    return step.hold("upload_interrupted", backoff(submission.failures))


def _put(step: Step, submission: Submission, media: Media | None, chunk: Chunk) -> ChunkAnswer:
    url = submission.upload_url
    if url is None:
        raise OperatorFault("upload-address-missing")
    if media is None:
        raise MediaChanged("deleted")
    with opened(media.file) as descriptor:
        identity = _verified(step, submission, descriptor)
        is_last = chunk.last == submission.video_size - 1
        no_return_from = max(chunk.first, submission.video_size - LAST_BYTES) if is_last else submission.video_size
        guardian = _Guardian(step, descriptor, identity, no_return_from, submission.commit_point_at is not None)
        body = FileChunkBody(
            descriptor, first=chunk.first, length=chunk.length, before_block=guardian, stop_points=[no_return_from]
        )
        step.renew()
        return call_without_credential(
            lambda client: content_posting.upload_chunk(
                client,
                upload_url=url,
                body=body,
                chunk=chunk,
                total_size=submission.video_size,
                content_type=media.content_type,
                read_timeout_s=settings.PUBLISH_LEASE_S * 0.6,
            )
        )


def _verified(step: Step, submission: Submission, descriptor: int) -> FileIdentity:
    """Return the same bytes as at the init: hashed again when the file was touched, or once in another process."""
    known, mark = FileIdentity.of_submission(submission), process_mark()
    trusted = submission.media_checked_by == mark
    identity = verify(
        descriptor, known=known, sha256=submission.media_sha256, trusted=trusted, keep_alive=step.keep_alive
    )
    if identity != known or not trusted:
        touched = {"media_mtime_ns": identity.mtime_ns, "media_inode": identity.inode, "media_checked_by": mark}
        step.save(submission=touched)
    return identity


# The upload host's answers


def _after_answer(step: Step, chunk: Chunk, answer: ChunkAnswer) -> Pause:
    """Handle an answer to a PUT by its table; anything else is unclear, and TikTok is asked."""
    submission = step.submission
    is_last = chunk.last == submission.video_size - 1
    if answer.status_code == 206 and not is_last:
        return _acknowledged(step, submission, chunk)
    if answer.status_code == 201:
        is_complete = is_last and submission.commit_point_at is not None
        return _complete(step) if is_complete else _complete_too_early(step)
    if answer.status_code == 416:
        return _resynchronise(step, submission, chunk, answer)
    if answer.status_code in (403, 404):
        return _url_is_dead(step)
    if answer.status_code == 400:
        return _stop_for_good(step, AttentionReason.BUG, error_code="bug", tiktok_code="upload-400")
    return _interrupted(step, submission, is_in_doubt=True)


def _acknowledged(step: Step, submission: Submission, chunk: Chunk) -> Pause:
    """Record that TikTok has the chunk. Refused ranges no longer count once it has more than at the last refusal."""
    changes: dict[str, object] = {"sent_bytes": chunk.last + 1, "sending_bytes": 0, "failures": 0}
    refused_at = submission.range_refused_at_byte
    if refused_at is not None and refused_at <= chunk.last:
        changes |= {"range_refused_at_byte": None, "range_refusals": 0}
    step.save(post={"hold_reason": "", "hold_count": 0}, submission=changes, is_progress=True)
    return RUN_AGAIN


def _complete(step: Step) -> Pause:
    size = step.submission.video_size
    done = {"sent_bytes": size, "sending_bytes": 0, "is_uploading": False, "is_in_doubt": False, "failures": 0}
    step.move(PostState.PROCESSING, submission=done, hold_count=0, then=poll.FIRST_POLL_S)
    return poll.FIRST_POLL_S


def _complete_too_early(step: Step) -> Pause:
    """Send nothing more since TikTok believes it has everything; the post may be public."""
    now = read_db_now()
    changes = {"url_died_at": now, "is_in_doubt": True, "sending_bytes": 0}
    step.save(submission=changes if step.submission.commit_point_at else changes | {"commit_point_at": now})
    return RUN_AGAIN


def _resynchronise(step: Step, submission: Submission, chunk: Chunk, answer: ChunkAnswer) -> Pause:
    """Continue at TikTok's offset: at once the first time, then more slowly, and not forever."""
    changes: dict[str, object] = {
        "range_refused_at_byte": max(submission.range_refused_at_byte or 0, chunk.first),
        "range_refusals": submission.range_refusals + 1,
        "sending_bytes": 0,
    }
    size = submission.video_size
    boundary = (
        size if answer.uploaded_bytes is None else plan_of(submission).boundary_at_or_below(answer.uploaded_bytes)
    )
    step.save(submission=changes | ({"is_in_doubt": True} if boundary == size else {"sent_bytes": boundary}))
    return (
        RUN_AGAIN
        if submission.range_refusals == 0
        else step.hold("upload_interrupted", backoff(submission.range_refusals))
    )


def _url_is_dead(step: Step) -> Pause:
    """Send nothing more. Rule R2 decides about a new init, after TikTok has been asked."""
    step.save(submission={"url_died_at": read_db_now(), "is_in_doubt": True, "sending_bytes": 0})
    return RUN_AGAIN


def _stop_for_good(step: Step, reason: AttentionReason, **changes: Any) -> Pause:
    """Stop; the outcome is certain while the last bytes are here. Read again: they may have left since."""
    if step.submission.commit_point_at is None:
        return step.need_attention(reason, **changes)
    return _url_is_dead(step)


# Asking TikTok


def _ask(step: Step, submission: Submission) -> Pause:
    """Ask TikTok for its progress. Resuming has precedence over polling."""
    try:
        status = poll.read_status(step, submission, resuming=True)
    except FAULTS as fault:
        return _cannot_ask(step, submission, fault)
    step.was_dropped = False
    if status.status in poll.LAST_WORDS or (status.uploaded_bytes or 0) >= submission.video_size:
        return _is_in(step, submission, status)
    if may_send(submission):
        return _continue_from(step, submission, status.uploaded_bytes)
    if _is_overdue(submission):
        return step.need_attention(AttentionReason.OUTCOME_UNKNOWN, cause=EventCause.CLOCK)
    return _consider_new_init(step, submission, status)


def _cannot_ask(step: Step, submission: Submission, fault: Fault) -> Pause:
    if _is_overdue(submission):
        return step.need_attention(AttentionReason.OUTCOME_UNKNOWN, cause=EventCause.CLOCK)
    if needs_account(fault) and submission.commit_point_at is None:
        return end_for(step, fault, closes="account_lost")
    step.save(submission={"is_in_doubt": True})
    return hold_for(step, fault)


def _is_overdue(submission: Submission) -> bool:
    """Return whether a video that may be public is overdue; others may be sent again."""
    return submission.commit_point_at is not None and poll.is_overdue(submission)


def _is_in(step: Step, submission: Submission, status: PublishStatus) -> Pause:
    """Move to processing: TikTok has all bytes, or has already decided."""
    known: dict[str, object] = {"is_uploading": False, "is_in_doubt": False, "failures": 0}
    if status.status != PublishStatusCode.FAILED:
        known["sent_bytes"] = submission.video_size
    if submission.commit_point_at is None:
        known["commit_point_at"] = read_db_now()
    step.move(PostState.PROCESSING, cause=EventCause.TIKTOK, submission=known, hold_count=0)
    return poll.apply_status(step, status)


def _continue_from(step: Step, submission: Submission, uploaded_bytes: int | None) -> Pause:
    """Continue at the chunk that TikTok lacks."""
    if uploaded_bytes is None:
        boundary = submission.sent_bytes
    else:
        boundary = plan_of(submission).boundary_at_or_below(uploaded_bytes)
    if boundary < submission.sent_bytes and submission.failures < MOST_LAGGING_READS:
        step.save(submission={"is_in_doubt": True, "failures": submission.failures + 1})
        return step.hold("upload_interrupted", backoff(submission.failures))
    step.save(submission={"is_in_doubt": False, "sent_bytes": max(boundary, submission.sent_bytes)})
    return RUN_AGAIN


def _consider_new_init(step: Step, submission: Submission, status: PublishStatus) -> Pause:
    """Apply rule R2: the URL is dead, and TikTok itself says that bytes are missing."""
    says_missing = status.status == PublishStatusCode.PROCESSING_UPLOAD and status.uploaded_bytes is not None
    until_dead = URL_SURELY_DEAD_S - seconds_since(submission.init_sent_at)
    if submission.commit_point_at is None and says_missing and submission.url_died_at is not None:
        return _start_anew(step)
    if submission.is_uploading and _url_of(submission) is not None:
        _let_others_pass(step)
    if until_dead > 0:
        return step.hold(_why(submission), min(until_dead + 1, 600.0))
    if not says_missing:
        return step.hold(_why(submission), backoff(submission.failures + 5))
    if submission.commit_point_at is None:
        return _start_anew(step)
    return _prove_twice(step, submission)


def _let_others_pass(step: Step) -> None:
    """Let other posts upload: nothing more goes to this URL, and certainty about it may take a day."""
    with transaction.atomic():
        step.save(submission={"is_uploading": False})
        requeue_next(step.post)


def _why(submission: Submission) -> str:
    is_unreadable = _url_of(submission) is None
    if is_unreadable:
        log.error("the upload URL of post %s does not decrypt: is a key of the ring missing?", submission.post_id)
    if submission.commit_point_at:
        return "bytes_missing"
    return "upload_unreadable" if is_unreadable else "upload_refused"


def _prove_twice(step: Step, submission: Submission) -> Pause:
    """Require two reads, a minute apart and after the URL's end: past the commit point a single read may lag."""
    seen_at = submission.missing_seen_at
    if seen_at is None or seen_at < submission.init_sent_at + timedelta(seconds=URL_SURELY_DEAD_S):
        step.save(submission={"missing_seen_at": read_db_now()})
        return step.hold("bytes_missing", BETWEEN_PROOFS_S + 1)
    if (left := BETWEEN_PROOFS_S - seconds_since(seen_at)) > 0:
        return step.hold("bytes_missing", left + 1)
    return _start_anew(step)


def _start_anew(step: Step) -> Pause:
    step.move(PostState.DUE, cause=EventCause.RULE_R2, closes="upload_died")
    return step.hold("upload_refused", backoff(0))
