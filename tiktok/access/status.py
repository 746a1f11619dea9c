"""What a credential's fate does to every account that hangs on it, in whichever instance."""

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
from tiktok.access.notices import correct, settle, tell, tell_scopes
from tiktok.access.reasons import ENDS_THE_GRANT, EXPIRED, WITHDRAWN
from tiktok.api.errors import RULES, ErrorKind
from tiktok.models import AccountStatus, Post, PostState, TikTokAccount, TikTokCredential, WorkItem

LINKED: Final = (AccountStatus.ACTIVE, AccountStatus.RECONNECT_NEEDED)
# Why a post that TikTok has is not asked about: only the TikTok user's consent helps. Our word, and TikTok's.
_NEEDS_CONSENT: Final = (ErrorKind.AUTH, ErrorKind.SCOPE)
CONSENT_HOLDS: Final = frozenset(
    {"reconnect_needed", *(code for code, rule in RULES.items() if rule.error.kind in _NEEDS_CONSENT)}
)


def need_reconnect(credential_id: UUID, *, seen_version: int, reason: str) -> bool:
    """Say on every account of this credential that its TikTok user has to consent again, and tell its people.

    Only while ``version`` is still the one the caller acted on; False (nothing written) if it has moved on.
    ``reason`` is one of reasons.py; with those in ENDS_THE_GRANT nothing more is asked with these tokens.
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
    """TikTok has said why it ended the grant; accounts of which only the end was known say so from now on."""
    for account in _links(credential_id, AccountStatus.RECONNECT_NEEDED):
        with instance_scope(account.instance), transaction.atomic():
            unexplained = TikTokAccount.objects.filter(pk=account.pk, status_reason=WITHDRAWN)
            if reason != WITHDRAWN and unexplained.update(status_reason=reason):
                correct(account, NoticeKind.ENDED, reason=reason)
                _record(account, "withdrawal_explained", reason=reason)


def is_linked(credential_id: UUID) -> bool:
    """Whether any instance uses this credential, or would if it could."""
    return bool(_links(credential_id, *LINKED))


def lose_scope(credential_id: UUID, scope: str, *, seen_version: int) -> None:
    """TikTok has refused for want of this scope: whatever was written down, it is not granted (any more).

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
    """What is allowed has changed: say so in every instance. Call it in the transaction that writes it down, if any."""
    lost, gained = sorted(set(before) - set(after)), sorted(set(after) - set(before))
    if not lost and not gained:
        return
    for account in _links(credential_id, *LINKED):
        with instance_scope(account.instance), transaction.atomic():
            tell_scopes(account, before, after)
            _record(account, "scopes_changed", lost=lost, gained=gained)


def revive_accounts(credential_id: UUID) -> None:
    """New tokens are here: accounts that waited for them are active again, in all instances, and so is their work."""
    waiting = _links(credential_id, AccountStatus.RECONNECT_NEEDED)
    for account in waiting:
        with transaction.atomic():
            _move(account, AccountStatus.ACTIVE, reason="")
            _wake_posts(account)


def wake_posts(credential_id: UUID) -> None:
    """Let a worker look at the posts that wait for this TikTok user, now, in all instances."""
    for account in _links(credential_id, AccountStatus.ACTIVE):
        with transaction.atomic():
            _wake_posts(account)


@dataclass(frozen=True, slots=True)
class Link:
    """How an account stood at a moment: its status, and which pair of tokens it had."""

    status: str
    version: int


def link_of(account: TikTokAccount) -> Link:
    """As it was when the account was loaded."""
    return Link(account.status, account.credential.version)


def wake_if_back(post: Post, *, since: Link) -> None:
    """After a post went to sleep for its account: the consent it waits for may have come while it was worked on.

    Then it was woken under the worker's hands, which put it to sleep. ``since``: what the worker began with.
    """
    if post.state != PostState.WAITING_ACCOUNT and post.hold_reason not in CONSENT_HOLDS:
        return
    now = link_of(TikTokAccount.objects.select_related("credential").get(pk=post.account_id))
    if now.status == AccountStatus.ACTIVE and now != since:
        WorkItem.objects.filter(post_id=post.pk, lease_until=None).update(next_action_at=db_now())


def _wake_posts(account: TikTokAccount) -> None:
    """In a transaction. The rows are locked in order, so that two who wake the same posts never wait for each other."""
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
    """In a transaction: the status, what people are told of it, and the audit line."""
    with instance_scope(account.instance):
        same = TikTokAccount.objects.filter(pk=account.pk, status=account.status, credential_id=account.credential_id)
        if not same.update(status=status, status_reason=reason, end_told_days=None):
            return
        settle(account, NoticeKind.ENDING, NoticeKind.ENDED)
        if status == AccountStatus.RECONNECT_NEEDED:
            tell(account, NoticeKind.ENDED, reason=reason)
    _record(account, status, reason=reason)


def _record(account: TikTokAccount, verb: str, **detail: Any) -> None:
    instance = account.instance
    record(f"account.{verb}", tenant=instance.tenant, actor=None, instance_id=instance.pk, target=account, **detail)
