"""One step of a post under a claim; its state decides what to do (docs/protocol.md)."""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from core.jobs.clock import db_in, within
from core.jobs.process import stopping
from instances.scoping import instance_scope
from tiktok.access import outages
from tiktok.access.status import link_of, wake_if_back
from tiktok.delivery import poll, start, unknown, upload
from tiktok.delivery.claims import Claim, release
from tiktok.delivery.faults import WAITING_RECHECK_S
from tiktok.delivery.quarantine import hold_back
from tiktok.delivery.step import GO_ON, NEVER, Pause, Step, Stopped
from tiktok.models import AttentionReason, EventCause, Post, PostState, StaleState
from tiktok.posts import quarantine, queue

log = logging.getLogger(__name__)

# States that are not here need no work.
HANDLERS: Final[Mapping[str, Callable[[Step], Pause]]] = {
    PostState.SCHEDULED: start.scheduled,
    PostState.DUE: start.due,
    PostState.INITING: start.initing,
    PostState.WAITING_ACCOUNT: start.waiting_account,
    PostState.UPLOADING: upload.uploading,
    PostState.PROCESSING: poll.processing,
    PostState.IN_INBOX: poll.in_inbox,
    PostState.PUBLISHED: poll.published,
    PostState.NEEDS_ATTENTION: unknown.in_doubt,
}


def advance(claim: Claim, *, stop: threading.Event = stopping) -> None:
    """Work on the claimed post for about half a minute, then give it back and say when it is due again.

    When the claim is lost on the way, nothing more is written. What else is raised goes up: the lease then ends by
    itself, and the next claim counts one more crash.
    """
    with instance_scope(claim.instance), within(claim.claimed_at, claim.taken_at):
        try:
            step = Step(claim, stop)
        except Post.DoesNotExist:
            return
        link = link_of(step.post.account)
        try:
            pause = _poisoned(step) if claim.is_poison else _work(step)
        except StaleState as stale:
            log.info("step ended: %s", stale)
            return
        except Stopped:
            pause = GO_ON
        finally:
            step.end()
        if not step.is_released:
            release(claim.held, None if pause is NEVER else db_in(timedelta(seconds=pause)))
        queue.look_again(step.post)
        outages.look_again(step.post)
        wake_if_back(step.post, since=link)


def _work(step: Step) -> Pause:
    while True:
        pause = _handle(step)
        if pause != GO_ON or step.is_over:
            return pause


def _handle(step: Step) -> Pause:
    if step.quarantined_since and step.post.state in quarantine.HELD_BACK:
        return hold_back(step, step.quarantined_since)
    handler = HANDLERS.get(step.post.state)
    return handler(step) if handler else NEVER


def _poisoned(step: Step) -> Pause:
    """Workers die of this post: take it out, with what is certain about it."""
    state = PostState(step.post.state)
    log.error("post %s ended its worker too often in state %s", step.post.pk, state)
    if state == PostState.SCHEDULED:
        step.move(PostState.DUE, cause=EventCause.CLOCK)
    if state in (PostState.SCHEDULED, PostState.DUE):
        return step.need_attention(AttentionReason.BUG, error_code="bug")
    if state in (PostState.INITING, PostState.UPLOADING, PostState.PROCESSING):
        is_doubtful = state == PostState.PROCESSING or step.post.has_passed_no_return()
        reason = AttentionReason.OUTCOME_UNKNOWN if is_doubtful else AttentionReason.BUG
        return step.need_attention(reason, error_code="" if is_doubtful else "bug")
    return WAITING_RECHECK_S if state == PostState.WAITING_ACCOUNT else NEVER
