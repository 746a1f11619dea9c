"""Changes of a credential and their effect on every account that uses it, in any instance."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.audit import record
from core.jobs.clock import db_now
from instances.models import NoticeKind
from instances.scoping import instance_scope, unscoped
from tiktok.access.notices import correct, notify, notify_scopes, resolve
from tiktok.access.reasons import ENDS_THE_GRANT, EXPIRED, WITHDRAWN
from tiktok.api.errors import RULES, ErrorKind
from tiktok.models import AccountStatus, Post, PostState, TikTokAccount, TikTokCredential, WorkItem

LINKED: Final = (AccountStatus.ACTIVE, AccountStatus.RECONNECT_NEEDED)
# Codes, ours and TikTok's, for posts that cannot be polled: only the TikTok user's consent helps.
_NEEDS_CONSENT: Final = (ErrorKind.AUTH, ErrorKind.SCOPE)
CONSENT_HOLDS: Final = frozenset(
    {"reconnect_needed", *(code for code, rule in RULES.items() if rule.error.kind in _NEEDS_CONSENT)}
)


def need_reconnect(credential_id: UUID, *, seen_version: int, reason: str) -> bool:
    """Mark every account of this credential as needing a reconnect, and notify its people.

    Only while ``version`` is still the one the caller acted on; False (nothing written) if it has moved on. ``reason``
    is one of reasons.py; after those in ENDS_THE_GRANT nothing more is asked with these tokens.
    """
    with transaction.atomic():
        row = TikTokCredential.objects.filter(pk=credential_id, version=seen_version)
        changes = {"withdrawn_at": db_now(), "next_refresh_at": None} if reason in ENDS_THE_GRANT else {}
        if not row.update(refresh_owner="", refresh_lease_until=None, **changes):
            return False
        if reason == WITHDRAWN and row.filter(refresh_expires_at__lte=db_now()).exists():
            reason = EXPIRED
        for account in _links(credential_id, AccountStatus.ACTIVE):
            _move(account, AccountStatus.RECONNECT_NEEDED, reason=reason)
    return True


def explain_withdrawal(credential_id: UUID, *, reason: str) -> None:
    """Record why TikTok ended the grant on accounts of which only the end was known."""
    for account in _links(credential_id, AccountStatus.RECONNECT_NEEDED):
        with instance_scope(account.instance), transaction.atomic():
            unexplained = TikTokAccount.objects.filter(pk=account.pk, status_reason=WITHDRAWN)
            if reason != WITHDRAWN and unexplained.update(status_reason=reason):
                correct(account, NoticeKind.ENDED, reason=reason)
                _record(account, "withdrawal_explained", reason=reason)


def is_linked(credential_id: UUID) -> bool:
    """Return whether any instance uses this credential, or would if it could."""
    return bool(_links(credential_id, *LINKED))


def lose_scope(credential_id: UUID, scope: str, *, seen_version: int) -> None:
    """Record that TikTok has refused for want of this scope, which is no longer granted.

    Only while ``version`` is still the one the caller acted on: the tokens of a newer consent may well carry it.
    """
    with transaction.atomic():
        row = TikTokCredential.objects.select_for_update().only("scopes", "version").get(pk=credential_id)
        if scope not in row.scopes or row.version != seen_version:
            return
        left = [granted for granted in row.scopes if granted != scope]
        TikTokCredential.objects.filter(pk=credential_id).update(scopes=left)
        note_scopes(credential_id, before=row.scopes, after=left)


def note_scopes(credential_id: UUID, *, before: Collection[str], after: Collection[str]) -> None:
    """Record changed scopes and notify every instance, in the transaction that stores them, if any."""
    lost, gained = sorted(set(before) - set(after)), sorted(set(after) - set(before))
    if not lost and not gained:
        return
    for account in _links(credential_id, *LINKED):
        with instance_scope(account.instance), transaction.atomic():
            notify_scopes(account, before, after)
            _record(account, "scopes_changed", lost=lost, gained=gained)


def revive_accounts(credential_id: UUID) -> None:
    """Reactivate accounts that waited for new tokens, in all instances, and requeue their posts."""
    waiting = _links(credential_id, AccountStatus.RECONNECT_NEEDED)
    for account in waiting:
        with transaction.atomic():
            _move(account, AccountStatus.ACTIVE, reason="")
            _requeue_posts(account)


def requeue_posts(credential_id: UUID) -> None:
    """Make the posts that wait for this TikTok user due now, in all instances."""
    for account in _links(credential_id, AccountStatus.ACTIVE):
        with transaction.atomic():
            _requeue_posts(account)


@dataclass(frozen=True, slots=True)
class Link:
    """The state of an account at a moment: its status, and the version of its tokens."""

    status: str
    version: int


def link_of(account: TikTokAccount) -> Link:
    """Return the link as it was when the account was loaded."""
    return Link(account.status, account.credential.version)


def requeue_if_back(post: Post, *, since: Link) -> None:
    """Requeue a post that was held for an account whose consent came during the step.

    The requeue of that consent was overwritten by the worker's hold. ``since``: the link when the step began.
    """
    if post.state != PostState.WAITING_ACCOUNT and post.hold_reason not in CONSENT_HOLDS:
        return
    now = link_of(TikTokAccount.objects.select_related("credential").get(pk=post.account_id))
    if now.status == AccountStatus.ACTIVE and now != since:
        WorkItem.objects.filter(post_id=post.pk, lease_until=None).update(next_action_at=db_now())


def _requeue_posts(account: TikTokAccount) -> None:
    """Requeue in a transaction. The rows are locked in order, so that two callers never wait for each other."""
    is_looked_at = Exists(WorkItem.objects.filter(post_id=OuterRef("pk"), next_action_at__isnull=False))
    lacks_link = Q(is_looked_at, state=PostState.PUBLISHED, post_ids=[])
    waits = Q(state=PostState.WAITING_ACCOUNT) | Q(hold_reason__in=CONSENT_HOLDS) | lacks_link
    with instance_scope(account.instance):
        waiting = list(Post.objects.filter(waits, account=account).values_list("pk", flat=True))
    items = WorkItem.objects.select_for_update().filter(post_id__in=waiting).order_by("pk")
    WorkItem.objects.filter(pk__in=[item.pk for item in items]).update(next_action_at=db_now())


def _links(credential_id: UUID, *statuses: AccountStatus) -> list[TikTokAccount]:
    with unscoped(reason="a credential is shared by every instance that linked this TikTok user"):
        found = TikTokAccount.objects.filter(credential_id=credential_id, status__in=statuses)
        return list(found.select_related("instance__tenant"))


def _move(account: TikTokAccount, status: AccountStatus, *, reason: str) -> None:
    """Set the status in a transaction, with notifications and the audit line."""
    with instance_scope(account.instance):
        same = TikTokAccount.objects.filter(pk=account.pk, status=account.status, credential_id=account.credential_id)
        if not same.update(status=status, status_reason=reason, end_told_days=None):
            return
        resolve(account, NoticeKind.ENDING, NoticeKind.ENDED)
        if status == AccountStatus.RECONNECT_NEEDED:
            notify(account, NoticeKind.ENDED, reason=reason)
    _record(account, status, reason=reason)


def _record(account: TikTokAccount, verb: str, **detail: Any) -> None:
    instance = account.instance
    record(f"account.{verb}", tenant=instance.tenant, actor=None, instance_id=instance.pk, target=account, **detail)
