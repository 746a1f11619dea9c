"""Disconnect accounts: running posts finish, then tokens and pictures are erased.

History stays and scheduled posts wait. The consent is given back to TikTok only when the last link of the TikTok
user goes, since all instances share one credential.
"""

from datetime import timedelta
from typing import Final

from django.db import transaction

from accounts.audit import record
from accounts.models import User
from core.jobs.clock import db_in, db_now, read_db_now
from instances.acting import needs
from instances.roles import Permission
from instances.scoping import instance_scope, unscoped
from tiktok.access import grants
from tiktok.access.notices import resolve
from tiktok.access.status import LINKED
from tiktok.accounts.avatars import remove_avatar
from tiktok.models import AccountStatus, Post, TikTokAccount
from tiktok.models.states import HANDED_OVER

PATIENCE: Final = timedelta(minutes=10)
# Why a consent was not given back, beside what grants.py says: another link lives on it, or a post under way of an
# account that has moved to another app.
SHARED: Final = "shared"
LATER: Final = "later"


@needs(Permission.ACCOUNT_MANAGE)
def start_disconnect(account: TikTokAccount, *, actor: User, at_once: bool = False) -> bool:
    """Stop new work for this account; False if it was already disconnected or disconnecting.

    ``at_once``: do not wait for posts under way; their outcome may stay unknown.
    """
    with transaction.atomic():
        waiting = TikTokAccount.objects.filter(pk=account.pk, status__in=LINKED)
        if at_once:
            waiting = TikTokAccount.objects.filter(pk=account.pk, status__in=[*LINKED, AccountStatus.DISCONNECTING])
        until = db_now() if at_once else db_in(PATIENCE)
        if not waiting.update(status=AccountStatus.DISCONNECTING, status_reason="", disconnect_at=until):
            return False
        record(
            "account.disconnecting", tenant=account.instance.tenant, actor=actor, instance_id=account.instance_id,
            target=account, at_once=at_once,
        )  # fmt: skip
        resolve(account)
    account.refresh_from_db()
    return True


def due_disconnects() -> list[TikTokAccount]:
    """Return the accounts being disconnected, of all instances."""
    with unscoped(reason="the sweep finds accounts that are being disconnected, in every instance"):
        leaving = TikTokAccount.objects.filter(status=AccountStatus.DISCONNECTING)
        return list(leaving.select_related("instance__tenant", "credential__app").order_by("disconnect_at")[:50])


def finish_disconnects() -> None:
    """Advance every account that is being disconnected by one step. May run twice."""
    for account in due_disconnects():
        finish_disconnect(account)


def finish_disconnect(account: TikTokAccount) -> bool:
    """Run one step: wait for posts, give the consent back, erase. True when done; may run twice."""
    with instance_scope(account.instance):
        is_over = account.disconnect_at is None or account.disconnect_at <= read_db_now()
        if not is_over and Post.objects.filter(account=account, state__in=HANDED_OVER).exists():
            return False
        kept = _revoke_last(account, is_over=is_over)
        if kept is None:
            return False
        _erase(account, kept=kept)
    return True


def _revoke_last(account: TikTokAccount, *, is_over: bool) -> str | None:
    """Give the consent back if no other instance holds it.

    Why it was not given back, "" where it was. None: TikTok is out of reach, come again.
    """
    if grants.is_linked_anywhere(account.credential_id, without=account.pk):
        return SHARED
    if grants.is_needed(account.credential_id, without=account.pk):
        return LATER
    give_up = is_over and account.disconnect_at is not None and read_db_now() >= account.disconnect_at + PATIENCE
    return grants.give_back(account.credential, give_up=give_up)


def _erase(account: TikTokAccount, *, kept: str) -> None:
    """Erase the picture and, for the last connection, the tokens, unless the account was reconnected since."""
    version = account.credential.version
    with transaction.atomic():
        grants.lock(account.credential_id)
        leaving = TikTokAccount.objects.filter(pk=account.pk, status=AccountStatus.DISCONNECTING)
        path = leaving.select_for_update().values_list("avatar_path", flat=True).first()
        changes = {"status": AccountStatus.DISCONNECTED, "disconnected_at": db_now(), "avatar_path": ""}
        if not leaving.update(**changes):
            return
        if kept == LATER:
            grants.retire(account.credential_id)
        elif not grants.is_linked_anywhere(account.credential_id, without=account.pk):
            grants.erase_tokens(account.credential_id, version)
        record(
            "account.disconnected", tenant=account.instance.tenant, actor=None, instance_id=account.instance_id,
            target=account, revoked=not kept, why=kept,
        )  # fmt: skip
    remove_avatar(path or "")
