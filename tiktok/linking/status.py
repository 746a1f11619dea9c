"""What a credential's fate does to every account that hangs on it, in whichever instance."""

from typing import Final
from uuid import UUID

from django.db import transaction

from accounts.audit import record
from instances.jobs.clock import db_now
from instances.scoping import instance_scope, unscoped
from tiktok.models import AccountStatus, Post, PostState, TikTokAccount, TikTokCredential, WorkItem

# Words in TikTokAccount.status_reason; the page says them in full.
TAKES_TOKENS_BACK: Final = "withdrawn"


def need_reconnect(credential_id: UUID, *, seen_version: int, reason: str) -> bool:
    """Say on every account of this credential that its TikTok user has to consent again.

    Only while ``version`` is still the one the caller acted on; False (nothing written) if it has moved on.
    ``reason`` "withdrawn" means that TikTok has ended the grant, so nothing more is asked with it.
    """
    with transaction.atomic():
        row = TikTokCredential.objects.filter(pk=credential_id, version=seen_version)
        changes = {"withdrawn_at": db_now(), "next_refresh_at": None} if reason == TAKES_TOKENS_BACK else {}
        if not row.update(refresh_owner="", refresh_lease_until=None, **changes):
            return False
        for account in _links(credential_id, AccountStatus.ACTIVE):
            _move(account, AccountStatus.RECONNECT_NEEDED, reason=reason)
    return True


def lose_scope(credential_id: UUID, scope: str) -> None:
    """TikTok has just refused for want of this scope: whatever was written down, it is not granted (any more)."""
    row = TikTokCredential.objects.only("version", "scopes").get(pk=credential_id)
    left = [granted for granted in row.scopes if granted != scope]
    TikTokCredential.objects.filter(pk=credential_id, version=row.version).update(scopes=left)


def revive_accounts(credential_id: UUID) -> None:
    """New tokens are here: accounts that waited for them are active again, in all instances, and so is their work."""
    waiting = _links(credential_id, AccountStatus.RECONNECT_NEEDED)
    for account in waiting:
        with transaction.atomic():
            _move(account, AccountStatus.ACTIVE, reason="")
            wake_posts(account)


def wake_posts(account: TikTokAccount) -> None:
    """Let a worker look at the posts that wait for this account, now."""
    with instance_scope(account.instance):
        waiting = list(
            Post.objects.filter(account=account, state=PostState.WAITING_ACCOUNT).values_list("pk", flat=True)
        )
    WorkItem.objects.filter(post_id__in=waiting).update(next_action_at=db_now())


def _links(credential_id: UUID, status: AccountStatus) -> list[TikTokAccount]:
    with unscoped(reason="a credential is shared by every instance that linked this TikTok user"):
        found = TikTokAccount.objects.filter(credential_id=credential_id, status=status)
        return list(found.select_related("instance__tenant"))


def _move(account: TikTokAccount, status: AccountStatus, *, reason: str) -> None:
    with instance_scope(account.instance):
        same = TikTokAccount.objects.filter(pk=account.pk, status=account.status)
        if not same.update(status=status, status_reason=reason):
            return
    record(
        f"account.{status}",
        tenant=account.instance.tenant,
        actor=None,
        instance_id=account.instance_id,
        target=account,
        reason=reason,
    )
