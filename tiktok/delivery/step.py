"""One claim's work on one post: its data, and the only ways in which it writes."""

import random
import threading
import time
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone
from django.utils.functional import cached_property

from core.jobs.clock import db_in, read_db_now
from core.jobs.limiter import limiter
from core.jobs.waiting import release_connection
from tiktok.access import outages
from tiktok.access.quota import clear_drafts_hold
from tiktok.delivery.claims import Claim, lease, renew
from tiktok.models import (
    AttentionReason,
    EventCause,
    Media,
    OutageKind,
    Post,
    PostEvent,
    PostMode,
    PostState,
    Quarantine,
    StaleState,
    Submission,
    TikTokCredential,
    TikTokOutage,
)
from tiktok.models.states import MAYBE_PUBLISHED
from tiktok.models.work import KEEP, DueAt, Held
from tiktok.posts.queries import files_of
from tiktok.posts.queue import requeue_first, requeue_next
from tiktok.posts.submissions import close_submission, open_submission

# Seconds until the next step: 0 runs again at once, None means that no further step is needed.
Pause = float | None
RUN_AGAIN: Final = 0.0
DONE: Final = None
STEP_S: Final = 30.0
# Until a process without a free upload slot checks again.
FULL_S: Final = 2.0
BACKOFF_CAP_S: Final = 300.0
# TikTok is still asked about a post that may be public, more rarely from then on (unknown.py).
DOUBTFUL_S: Final = 60.0
# States in which a submission takes the upload slot of its credential and instance.
UPLOADS: Final = (PostState.INITING, PostState.UPLOADING)
# States in which a draft counts towards TikTok's limit of unfinished ones, with an answered init.
DRAFTS: Final = (PostState.PROCESSING, PostState.IN_INBOX, PostState.NEEDS_ATTENTION)
# In these no submission is open.
BEFORE_INIT: Final = (PostState.SCHEDULED, PostState.DUE, PostState.WAITING_ACCOUNT)
# So many at once in this process: a quarter of its threads is kept for polls and short steps.
UPLOADS_AT_ONCE: Final = max(1, settings.JOB_THREADS * 3 // 4)


class Stopped(Exception):
    """The process has to end: the claim is released and another process continues."""


def until_upload_slot() -> float:
    """Return some seconds, different for each caller."""
    return random.uniform(0.5, 1) * FULL_S  # noqa: S311 - jitter


def backoff(count: int) -> float:
    """Return seconds with full jitter: up to 2, 4, 8 …, at most five minutes, at least one second."""
    return random.uniform(1.0, min(BACKOFF_CAP_S, 2.0 ** min(count + 1, 9)))  # noqa: S311 - jitter


class Step:
    """One step; every write is guarded by fence and lease. StaleState ends it and nothing is written."""

    def __init__(self, claim: Claim, stop: threading.Event) -> None:
        self.held = claim.held
        self.stop = stop
        self.was_dropped = claim.was_dropped
        # Read after the claim: turning the pause on later ends the claim.
        switch = Subquery(Quarantine.objects.values("since")[:1])
        outage = TikTokOutage.objects.filter(app_id=OuterRef("account__credential__app_id"), ended_at=None)
        rows = Post.objects.select_related("account__credential__app")
        self.post = rows.annotate(quarantined_since=switch, has_outage=Exists(outage)).get(pk=claim.post_id)
        self.quarantined_since: datetime | None = self.post.quarantined_since
        self._has_outage: bool = self.post.has_outage
        self._renewed_at = claim.taken_at
        self._ends_at = time.monotonic() + STEP_S
        self._has_upload_slot = False
        self.is_released = False
        self._is_submission_read = False
        self._open_submission: Submission | None = None

    @property
    def is_over(self) -> bool:
        """Return whether it is time to leave the thread to other jobs."""
        return time.monotonic() >= self._ends_at or self.stop.is_set()

    @property
    def submission(self) -> Submission:
        """Return the open submission if the state has one; read once, since only this claim may change it.

        Raises StaleState if the post was moved and its submission closed.
        """
        if (found := self._submission()) is None:
            raise StaleState(f"the submission of {self.post.pk} is closed")
        return found

    def _submission(self) -> Submission | None:
        if not self._is_submission_read:
            self._open_submission, self._is_submission_read = open_submission(self.post), True
        return self._open_submission

    def follow(self, submission: Submission) -> None:
        """Use this submission, which has just been opened."""
        self._open_submission, self._is_submission_read = submission, True

    def _follow(self, changes: dict[str, Any]) -> None:
        """Apply written values to a copy of the open submission; other references keep the old values.

        A sealed value is read again instead.
        """
        if "upload_url" in changes:
            self._is_submission_read = False
        elif changes and self._open_submission is not None:
            self._open_submission = copy(self._open_submission)
            for name, value in changes.items():
                setattr(self._open_submission, name, value)

    @cached_property
    def files(self) -> tuple[Media, ...]:
        """Return the post's video or photos, which cannot be replaced while the post is being sent."""
        return files_of(self.post)

    @property
    def media(self) -> Media | None:
        """Return the post's video, or its first photo."""
        return self.files[0] if self.files else None

    @property
    def credential(self) -> TikTokCredential:
        """Return the credential for calls: the one that the open submission began with, else the account's.

        They differ if the account has moved to another TikTok app since.
        """
        own, found = self.post.account.credential, self._submission()
        return own if found is None or found.credential_id == own.pk else found.credential

    def known(self, credential_id: UUID) -> TikTokCredential | None:
        """Return the credential as it was when the step began, if it is the account's own."""
        own = self.post.account.credential
        return own if own.pk == credential_id else None

    def end_outage(self, kind: OutageKind, submission: Submission) -> None:
        """End an outage after a success. One that began during the step is left to the next step."""
        if self._has_outage or submission.app_id != self.post.account.credential.app_id:
            outages.end_outage(kind, submission)

    def take_upload_slot(self) -> bool:
        """Return whether this step may upload; once it may, it keeps the slot until its end."""
        self._has_upload_slot = self._has_upload_slot or limiter.enter("upload", most=UPLOADS_AT_ONCE)
        return self._has_upload_slot

    def end(self) -> None:
        """Release the upload slot."""
        if self._has_upload_slot:
            limiter.leave("upload")

    def renew(self) -> None:
        """Renew the lease before an outside call, so that most of it is left afterwards. Raises StaleState.

        Nothing is written while five sixths of it are left, which is longer than any call's read time-out.
        """
        now = time.monotonic()  # before the renewal: a process that froze in it must not take the lease for a fresh one
        if now - self._renewed_at >= lease().total_seconds() / 6:
            renew(self.held)
            self._renewed_at = now
        release_connection()

    def keep_alive(self) -> bool:
        """Renew the lease during long work if needed; may be called often. Return whether it was renewed.

        Raises Stopped, and StaleState when the claim is gone.
        """
        if self.stop.is_set():
            raise Stopped
        is_time = time.monotonic() - self._renewed_at >= lease().total_seconds() / 3
        if is_time:
            self.renew()
        return is_time

    def move(
        self,
        to: PostState,
        *,
        cause: EventCause = EventCause.WORKER,
        reason: AttentionReason | None = None,
        detail: dict[str, Any] | None = None,
        closes: str = "",
        submission: dict[str, Any] | None = None,
        then: float | None = None,
        **changes: Any,
    ) -> None:
        """Move the post; in the same transaction close its submission (``closes`` says why) or change it.

        ``then``: this is the step's last write, which releases the claim for so many seconds.
        """
        ends_draft = closes and self.post.state in DRAFTS and self.post.mode == PostMode.MEDIA_UPLOAD
        ends_upload = self.post.state in UPLOADS and (closes or (submission or {}).get("is_uploading") is False)
        with transaction.atomic():
            by_default: dict[str, Any] = {"hold_reason": ""}
            self.post.transition(
                to, cause=cause, by=self._by(then), reason=reason, due_at=_due_at(then), detail=detail,
                is_past_commit_point=self._is_past_commit_point(), **(by_default | changes),
            )  # fmt: skip
            if closes:
                close_submission(self.post, because=closes, **(submission or {}))
            elif submission:
                Submission.objects.filter(post=self.post, closed_at=None).update(**submission)
            if ends_upload:
                requeue_next(self.post)
            if ends_draft:
                clear_drafts_hold(self.post.account.credential_id)
                requeue_first(self.post.account.credential_id)
        self.is_released = then is not None
        if closes:
            self._is_submission_read = False
        elif submission:
            self._follow(submission)

    def _by(self, then: float | None) -> Held:
        return self.held if then is None else replace(self.held, is_last=True)

    def _is_past_commit_point(self) -> bool:
        """Return whether the last bytes may have left; only the holder of the claim writes this."""
        found = None if self.post.state in BEFORE_INIT else self._submission()
        return found is not None and found.commit_point_at is not None

    def save(
        self,
        *,
        post: dict[str, Any] | None = None,
        submission: dict[str, Any] | None = None,
        is_progress: bool = False,
        then: float | None = None,
    ) -> None:
        """Write without a transition. ``is_progress``: TikTok acknowledged more bytes; ``then``: as for ``move``."""
        with transaction.atomic():
            self._by(then).guard(self.post, _due_at(then), is_progress=is_progress)
            if post:
                Post.objects.filter(pk=self.post.pk).update(**post, updated_at=timezone.now())
            if submission:
                Submission.objects.filter(post=self.post, closed_at=None).update(**submission)
        for name, value in (post or {}).items():
            setattr(self.post, name, value)
        self._follow(submission or {})
        self.is_released = then is not None

    def note(self, detail: dict[str, Any], *, cause: EventCause = EventCause.WORKER) -> None:
        """Add a line to the history without a transition."""
        with transaction.atomic():
            self.held.guard(self.post, KEEP, is_progress=False)
            PostEvent.note(self.post, to=PostState(self.post.state), cause=cause, by=self.held, detail=detail)

    def need_attention(
        self, reason: AttentionReason, *, cause: EventCause = EventCause.WORKER, **changes: Any
    ) -> Pause:
        """Stop until a person decides. A certain outcome closes the submission; a doubtful one leaves it open."""
        is_certain = reason not in MAYBE_PUBLISHED
        if not is_certain:  # TikTok is asked again: what held the post before is no news then
            changes = {"hold_reason": self.post.hold_reason} | changes
        self.move(
            PostState.NEEDS_ATTENTION,
            cause=cause,
            reason=reason,
            closes=reason.value if is_certain else "",
            submission=None if is_certain else {"is_uploading": False},
            **changes,
        )
        return DONE if is_certain else DOUBTFUL_S

    def hold(
        self,
        reason: str,
        seconds: float,
        *,
        log_id: str = "",
        is_trouble: bool = True,
        outage: TikTokOutage | None = None,
    ) -> Pause:
        """Hold the post and show why and until when; ``outage`` is the outage that holds it.

        A hold past the deadline ends in needs_attention(missed) at once. ``is_trouble``: it counts towards the backoff,
        unlike a wait for the post's turn.
        """
        held_by = {"outage_id": outage.pk} if outage else {}
        if self._would_be_late(seconds):
            return self.need_attention(
                AttentionReason.MISSED, cause=EventCause.CLOCK, error_code=reason, log_id=log_id, **held_by
            )
        count = min(self.post.hold_count + is_trouble, 1000)
        next_try_at = read_db_now() + timedelta(seconds=seconds)
        with transaction.atomic():
            if self.post.hold_reason != reason:
                said = {"log_id": log_id} if log_id else {}
                self.note({"hold": reason, "seconds": round(seconds)} | said)
            held = {"hold_reason": reason, "hold_count": count, "log_id": log_id, "next_try_at": next_try_at}
            self.save(post=held | held_by)
        return max(seconds, 0.1)

    def hold_until_turn(self, reason: str, seconds: float, *, least: float = 0) -> Pause:
        """Wait for other posts: from ``least`` to ``seconds`` seconds, never past the deadline unchecked."""
        left = seconds_until(self.post.deadline_at) if self.post.deadline_at else seconds
        return self.hold(reason, max(least, min(seconds, max(left - 1, 1))), is_trouble=False)

    def left_s(self) -> float:
        """Return the seconds in which the post may still start."""
        if self.post.deadline_at is None:
            raise ValueError(f"{self.post.pk} has no deadline")
        return seconds_until(self.post.deadline_at)

    def _would_be_late(self, seconds: float) -> bool:
        if self.post.deadline_at is None or self.post.state not in (PostState.DUE, PostState.UPLOADING):
            return False
        if self.post.state == PostState.UPLOADING and self._is_past_commit_point():
            return False
        return read_db_now() + timedelta(seconds=seconds) > self.post.deadline_at

    def is_past(self, moment: datetime | None) -> bool:
        """Return whether the database's clock has passed the moment."""
        return moment is not None and read_db_now() > moment


def seconds_until(moment: datetime) -> float:
    """Return seconds by the database's clock; negative when the moment has passed."""
    return (moment - read_db_now()).total_seconds()


def seconds_since(moment: datetime) -> float:
    """Return seconds by the database's clock."""
    return -seconds_until(moment)


def _due_at(then: float | None) -> DueAt:
    return KEEP if then is None else db_in(timedelta(seconds=then))
