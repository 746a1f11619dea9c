"""The life of a post as data (docs/protocol.md): which state follows which, and why. Pure, no database."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class PostState(models.TextChoices):
    """Ours; TikTok's own words stay in ``publish_status`` and ``fail_reason``."""

    DRAFT = "draft", _("Draft")
    SCHEDULED = "scheduled", _("Scheduled")
    DUE = "due", _("Waiting to start")
    INITING = "initing", _("Starting")
    UPLOADING = "uploading", _("Uploading")
    PROCESSING = "processing", _("Processing at TikTok")
    IN_INBOX = "in_inbox", _("In TikTok inbox")
    PUBLISHED = "published", _("Published")
    WAITING_ACCOUNT = "waiting_account", _("Waiting for account")
    NEEDS_ATTENTION = "needs_attention", _("Needs attention")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class AttentionReason(models.TextChoices):
    """Why somebody has to look."""

    MISSED = "missed", _("Its time has passed")
    OPTIONS_CHANGED = "options_changed", _("The account's posting options have changed")
    MEDIA_CHANGED = "media_changed", _("The file has changed")
    BUG = "bug", _("Clipdesk could not go on")
    OUTCOME_UNKNOWN = "outcome_unknown", _("It is not known whether it was published")
    QUARANTINED = "quarantined", _("Held after a restore")


class EventCause(models.TextChoices):
    """What moved a post: a person, the clock, our worker, TikTok's word, or the rule that allowed a new init."""

    PERSON = "person", _("A person")
    CLOCK = "clock", _("Its time came")
    WORKER = "worker", _("Clipdesk")
    TIKTOK = "tiktok", _("TikTok")
    RULE_R1 = "r1", _("Started anew: TikTok had given no id")
    RULE_R2 = "r2", _("Started anew: the upload had died")
    RULE_R3 = "r3", _("Started anew: TikTok failed and allows it")
    RULE_R4 = "r4", _("Started anew: TikTok had refused for certain")
    RULE_R6 = "r6", _("Sent again by a person")
    QUARANTINE = "quarantine", _("Quarantine")


S, A = PostState, AttentionReason

FINAL: Final = frozenset({S.PUBLISHED, S.FAILED, S.CANCELLED})
CERTAINLY_NOT_PUBLISHED: Final = frozenset({A.MISSED, A.OPTIONS_CHANGED, A.MEDIA_CHANGED, A.BUG})
MAYBE_PUBLISHED: Final = frozenset({A.OUTCOME_UNKNOWN, A.QUARANTINED})

TRANSITIONS: Final[Mapping[PostState, frozenset[PostState]]] = MappingProxyType(
    {
        S.DRAFT: frozenset({S.SCHEDULED, S.DUE, S.CANCELLED}),
        S.SCHEDULED: frozenset({S.DUE, S.DRAFT, S.CANCELLED, S.NEEDS_ATTENTION}),
        S.DUE: frozenset(
            {S.INITING, S.SCHEDULED, S.DRAFT, S.CANCELLED, S.WAITING_ACCOUNT, S.FAILED, S.NEEDS_ATTENTION}
        ),
        S.INITING: frozenset({S.UPLOADING, S.PROCESSING, S.DUE, S.WAITING_ACCOUNT, S.FAILED, S.NEEDS_ATTENTION}),
        S.UPLOADING: frozenset({S.PROCESSING, S.DUE, S.FAILED, S.CANCELLED, S.WAITING_ACCOUNT, S.NEEDS_ATTENTION}),
        S.PROCESSING: frozenset({S.PUBLISHED, S.IN_INBOX, S.FAILED, S.DUE, S.WAITING_ACCOUNT, S.NEEDS_ATTENTION}),
        S.IN_INBOX: frozenset({S.PUBLISHED, S.FAILED, S.NEEDS_ATTENTION}),
        S.WAITING_ACCOUNT: frozenset({S.DUE, S.CANCELLED, S.NEEDS_ATTENTION}),
        S.NEEDS_ATTENTION: frozenset(
            {S.DUE, S.SCHEDULED, S.DRAFT, S.CANCELLED, S.PUBLISHED, S.IN_INBOX, S.FAILED, S.NEEDS_ATTENTION}
        ),
        S.PUBLISHED: frozenset(),
        S.FAILED: frozenset(),
        S.CANCELLED: frozenset(),
    }
)

# Why a post may come to need somebody, by the state it comes from. QUARANTINED comes from any that is not final.
ATTENTION_FROM: Final[Mapping[PostState, frozenset[AttentionReason]]] = MappingProxyType(
    {
        S.SCHEDULED: frozenset({A.MISSED}),
        S.DUE: frozenset({A.OPTIONS_CHANGED, A.MEDIA_CHANGED, A.MISSED, A.BUG}),
        S.INITING: frozenset({A.OPTIONS_CHANGED, A.MISSED, A.BUG, A.OUTCOME_UNKNOWN}),
        S.UPLOADING: frozenset({A.MEDIA_CHANGED, A.MISSED, A.BUG, A.OUTCOME_UNKNOWN}),
        S.PROCESSING: frozenset({A.OUTCOME_UNKNOWN}),
        S.WAITING_ACCOUNT: frozenset({A.MISSED}),
    }
)

# What may follow needs_attention, by its reason and by who moves it.
PERSON_AFTER_CERTAIN: Final = frozenset({S.DUE, S.SCHEDULED, S.DRAFT, S.CANCELLED})
TIKTOK_AFTER_MAYBE: Final = frozenset({S.PUBLISHED, S.IN_INBOX, S.FAILED})
# Handed over or being handed over: only a rule (R1 to R5) takes these back to due, never a person's decision.
HANDED_OVER: Final = frozenset({S.INITING, S.UPLOADING, S.PROCESSING})


def may_move(
    state: PostState,
    to: PostState,
    cause: EventCause,
    *,
    has_pnr: bool,
    old_reason: AttentionReason | None = None,
    new_reason: AttentionReason | None = None,
) -> bool:
    """Return whether the tables above, and the commit point, allow this move.

    ``has_pnr``: the open submission has passed the point of no return. ``old_reason`` / ``new_reason``: the
    attention reason before and after.
    """
    if to not in TRANSITIONS[state]:
        return False
    if to == S.NEEDS_ATTENTION:
        return _may_need_attention(state, has_pnr, new_reason)
    if state == S.NEEDS_ATTENTION:
        return _may_leave_attention(to, cause, old_reason)
    if to == S.DUE and cause == EventCause.PERSON and state in HANDED_OVER:
        return False
    if has_pnr:
        return _may_move_after_pnr(state, to, cause)
    return True


def _may_need_attention(state: PostState, has_pnr: bool, reason: AttentionReason | None) -> bool:
    if reason == A.QUARANTINED:
        return True
    if has_pnr:
        return reason == A.OUTCOME_UNKNOWN and reason in ATTENTION_FROM.get(state, frozenset())
    if state == S.UPLOADING and reason == A.OUTCOME_UNKNOWN:
        return False  # without the last bytes a file is certainly not published
    return reason in ATTENTION_FROM.get(state, frozenset())


def _may_leave_attention(to: PostState, cause: EventCause, reason: AttentionReason | None) -> bool:
    if reason in CERTAINLY_NOT_PUBLISHED:
        return to in PERSON_AFTER_CERTAIN and cause == EventCause.PERSON
    if cause == EventCause.TIKTOK:
        return to in TIKTOK_AFTER_MAYBE
    return to == S.DUE and cause == EventCause.RULE_R6


def _may_move_after_pnr(state: PostState, to: PostState, cause: EventCause) -> bool:
    """After the point of no return only TikTok's word, or a rule that proves the bytes are not in, moves a post."""
    if to == S.CANCELLED:
        return False
    if to == S.FAILED:
        return cause == EventCause.TIKTOK or (state == S.INITING and cause == EventCause.RULE_R4)
    if to == S.WAITING_ACCOUNT:
        return state == S.INITING or (state == S.PROCESSING and cause == EventCause.TIKTOK)
    if to == S.DUE:
        return cause in {EventCause.RULE_R2, EventCause.RULE_R3, EventCause.RULE_R4}
    return True
