"""The life of a post as data (docs/protocol.md): the allowed transitions and their causes. Pure, no database."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class PostState(models.TextChoices):
    """Clipdesk's state; TikTok's own values are in ``publish_status`` and ``fail_reason``."""

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
    """The reason why a person has to act."""

    MISSED = "missed", _("Its time has passed")
    OPTIONS_CHANGED = "options_changed", _("The account’s posting options have changed")
    MEDIA_CHANGED = "media_changed", _("The file has changed")
    BUG = "bug", _("Clipdesk could not continue")
    OUTCOME_UNKNOWN = "outcome_unknown", _("Unknown whether it was published")
    QUARANTINED = "quarantined", _("Publishing paused after a restore")


class EventCause(models.TextChoices):
    """The cause of a transition: a person, the clock, a worker, TikTok's status, or the rule that allows a new init."""

    PERSON = "person", _("A person")
    CLOCK = "clock", _("Scheduled time reached")
    WORKER = "worker", _("Clipdesk")
    TIKTOK = "tiktok", _("TikTok")
    RULE_R1 = "r1", _("Restarted: TikTok had not issued an ID")
    RULE_R2 = "r2", _("Restarted: the upload had failed")
    RULE_R3 = "r3", _("Restarted: TikTok failed to publish and allows another attempt")
    RULE_R4 = "r4", _("Restarted: TikTok had refused the post")
    RULE_R5 = "r5", _("Restarted: TikTok had not begun to download the media, and no longer can")
    RULE_R6 = "r6", _("Resent by a person")
    QUARANTINE = "quarantine", _("Publishing paused after a restore")


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
        S.PROCESSING: frozenset(
            {S.PUBLISHED, S.IN_INBOX, S.FAILED, S.CANCELLED, S.DUE, S.WAITING_ACCOUNT, S.NEEDS_ATTENTION}
        ),
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

# Reasons for needs_attention by the state before it. QUARANTINED may follow any state that is not final.
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

# Allowed transitions from needs_attention, by its reason and by their cause.
PERSON_AFTER_CERTAIN: Final = frozenset({S.DUE, S.SCHEDULED, S.DRAFT, S.CANCELLED})
TIKTOK_AFTER_MAYBE: Final = frozenset({S.PUBLISHED, S.IN_INBOX, S.FAILED})
# At TikTok or on the way: only a rule (R1 to R5) takes these back to due, never a person's decision.
HANDED_OVER: Final = frozenset({S.INITING, S.UPLOADING, S.PROCESSING})


def may_move(
    state: PostState,
    to: PostState,
    cause: EventCause,
    *,
    is_past_commit_point: bool,
    old_reason: AttentionReason | None = None,
    new_reason: AttentionReason | None = None,
) -> bool:
    """Return whether the tables above, and the commit point, allow this transition.

    ``is_past_commit_point``: the open submission has passed the commit point. ``old_reason`` / ``new_reason``: the
    attention reason before and after.
    """
    if to not in TRANSITIONS[state]:
        return False
    if to == S.NEEDS_ATTENTION:
        return _may_need_attention(state, is_past_commit_point, new_reason)
    if state == S.NEEDS_ATTENTION:
        return _may_leave_attention(to, cause, old_reason)
    if to == S.DUE and cause == EventCause.PERSON and state in HANDED_OVER:
        return False
    if to == S.CANCELLED and state == S.PROCESSING:
        return cause == EventCause.TIKTOK
    if is_past_commit_point:
        return _may_move_after_commit_point(state, to, cause)
    return True


def _may_need_attention(state: PostState, is_past_commit_point: bool, reason: AttentionReason | None) -> bool:
    if reason == A.QUARANTINED:
        return True
    if is_past_commit_point:
        return reason == A.OUTCOME_UNKNOWN and reason in ATTENTION_FROM.get(state, frozenset())
    if state == S.UPLOADING and reason == A.OUTCOME_UNKNOWN:
        return False  # a file is certainly not published without its last bytes
    return reason in ATTENTION_FROM.get(state, frozenset())


def _may_leave_attention(to: PostState, cause: EventCause, reason: AttentionReason | None) -> bool:
    if reason in CERTAINLY_NOT_PUBLISHED:
        return to in PERSON_AFTER_CERTAIN and cause == EventCause.PERSON
    if cause == EventCause.TIKTOK:
        return to in TIKTOK_AFTER_MAYBE
    return to == S.DUE and cause == EventCause.RULE_R6


def _may_move_after_commit_point(state: PostState, to: PostState, cause: EventCause) -> bool:
    """Return whether the transition is caused by TikTok's status, or by a rule that proves that bytes are missing."""
    if to == S.CANCELLED:  # only TikTok can say that it has stopped a download
        return state == S.PROCESSING and cause == EventCause.TIKTOK
    if to == S.FAILED:
        return cause == EventCause.TIKTOK
    if to == S.WAITING_ACCOUNT:
        return state == S.PROCESSING and cause == EventCause.TIKTOK
    if to == S.DUE:
        if state == S.INITING:
            return cause in {EventCause.RULE_R4, EventCause.RULE_R5}
        return cause in {EventCause.RULE_R2, EventCause.RULE_R3}
    return True
