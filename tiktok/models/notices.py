"""Notifications about a post, written in the transaction of the event so that none is lost or doubled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from instances.models import NoticeKind
from instances.notices.write import resolve_notices, write_notice
from tiktok.models.states import AttentionReason, EventCause, PostState

if TYPE_CHECKING:
    from tiktok.models.post import Post

TOLD: Final[Mapping[PostState, NoticeKind]] = {
    PostState.FAILED: NoticeKind.FAILED,
    PostState.NEEDS_ATTENTION: NoticeKind.ATTENTION,
    PostState.WAITING_ACCOUNT: NoticeKind.RECONNECT,
}
# Leaving these states resolves their notifications; a failed post stays failed.
WAITS_FOR_SOMEBODY: Final = frozenset({PostState.NEEDS_ATTENTION, PostState.WAITING_ACCOUNT})
# The columns that the explanation is built from (texts.explain_post).
CODES: Final = ("error_code", "tiktok_code", "fail_reason")


def notify_people(
    post: Post, to: PostState, *, cause: EventCause, reason: AttentionReason | None, changes: Mapping[str, Any]
) -> None:
    """Resolve the notification about the state that ``post`` leaves, and write one about the new state.

    People are not notified about their own actions. ``changes`` are the columns written with the transition, which
    ``post`` does not have yet.
    """
    if post.state in WAITS_FOR_SOMEBODY:
        resolve_notices(post.pk)
    if to == PostState.PUBLISHED:
        _resolve_failures_before(post)
    if to in TOLD and cause != EventCause.PERSON:
        codes = {name: changes.get(name, getattr(post, name)) for name in CODES}
        parts = {"state": to.value, "attention_reason": reason or ""} | codes
        write_notice(
            post.instance_id, kind=TOLD[to], subject_id=post.pk, maker_id=post.created_by_id, parts=_short(parts)
        )


def notify_hidden(post: Post) -> None:
    """Notify people that a published post is no longer public; one notification at a time."""
    resolve_hidden(post)
    write_notice(post.instance_id, kind=NoticeKind.HIDDEN, subject_id=post.pk, maker_id=post.created_by_id, parts={})


def resolve_hidden(post: Post) -> None:
    """Resolve the notification of a post that is public again."""
    resolve_notices(post.pk, [NoticeKind.HIDDEN])


def _resolve_failures_before(post: Post) -> None:
    """Resolve the notifications of the failed posts that this one replaces, over any number of tries."""
    failed_id = post.corrects_id
    while failed_id:
        resolve_notices(failed_id)
        failed_id = type(post).objects.filter(pk=failed_id).values_list("corrects", flat=True).first()


def _short(parts: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in parts.items() if value}
