"""Advance a post by one step under a claim, depending on its state (docs/protocol.md)."""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from core.jobs.clock import db_in, within
from core.jobs.process import stopping
from instances.scoping import instance_scope
from tiktok.access import outages
from tiktok.access.status import link_of, requeue_if_back
from tiktok.delivery import poll, start, unknown, upload, visibility
from tiktok.delivery.claims import Claim, release
from tiktok.delivery.faults import WAITING_RECHECK_S
from tiktok.delivery.quarantine import hold_back
from tiktok.delivery.step import DONE, RUN_AGAIN, Pause, Step, Stopped
from tiktok.models import AttentionReason, EventCause, Post, PostState, StaleState
from tiktok.posts import quarantine, queue

log = logging.getLogger(__name__)

# Other states need no work.
HANDLERS: Final[Mapping[str, Callable[[Step], Pause]]] = {
    PostState.SCHEDULED: start.scheduled,
    PostState.DUE: start.due,
    PostState.INITING: start.initing,
    PostState.WAITING_ACCOUNT: start.waiting_account,
    PostState.UPLOADING: upload.uploading,
    PostState.PROCESSING: poll.processing,
    PostState.IN_INBOX: poll.in_inbox,
    PostState.PUBLISHED: visibility.published,
    PostState.NEEDS_ATTENTION: unknown.in_doubt,
}


def advance(claim: Claim, *, stop: threading.Event = stopping) -> None:
    """Work on the claimed post for about half a minute, then release it and say when it is due again.

    Nothing more is written once the claim is lost. Any other exception goes up: the lease then ends by itself, and the
    next claim counts one more crash.
    """
    with instance_scope(claim.instance), within(claim.claimed_at, claim.taken_at):
        try:
            step = Step(claim, stop)
        except Post.DoesNotExist:
            return
        link = link_of(step.post.account)
        try:
            pause = _dead_lettered(step) if claim.is_dead_lettered else _work(step)
        except StaleState as stale:
            log.info("step ended: %s", stale)
            return
        except Stopped:
            pause = RUN_AGAIN
        finally:
            step.end()
        if not step.is_released:
            release(claim.held, None if pause is DONE else db_in(timedelta(seconds=pause)))
        queue.requeue(step.post)
        outages.requeue(step.post)
        requeue_if_back(step.post, since=link)


def _work(step: Step) -> Pause:
    while True:
        pause = _handle(step)
        if pause != RUN_AGAIN or step.is_over:
            return pause


def _handle(step: Step) -> Pause:
    if step.quarantined_since and step.post.state in quarantine.HELD_BACK:
        return hold_back(step, step.quarantined_since)
    handler = HANDLERS.get(step.post.state)
    return handler(step) if handler else DONE


def _dead_lettered(step: Step) -> Pause:
    """Take out a post whose claims keep being dropped, with its certain outcome."""
    state = PostState(step.post.state)
    log.error("post %s ended its worker too often in state %s", step.post.pk, state)
    if state == PostState.SCHEDULED:
        step.move(PostState.DUE, cause=EventCause.CLOCK)
    if state in (PostState.SCHEDULED, PostState.DUE):
        return step.need_attention(AttentionReason.BUG, error_code="bug")
    if state in (PostState.INITING, PostState.UPLOADING, PostState.PROCESSING):
        is_doubtful = state == PostState.PROCESSING or step.post.has_passed_commit_point()
        reason = AttentionReason.OUTCOME_UNKNOWN if is_doubtful else AttentionReason.BUG
        return step.need_attention(reason, error_code="" if is_doubtful else "bug")
    return WAITING_RECHECK_S if state == PostState.WAITING_ACCOUNT else DONE
