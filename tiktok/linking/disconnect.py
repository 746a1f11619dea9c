"""Unlinking: the card says Disconnecting…, what is under way finishes, then tokens and pictures are erased.

History stays and scheduled posts wait. The consent is given back to TikTok only when the last link of the TikTok
user goes, since all instances share one credential.
"""

import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from accounts.audit import record
from accounts.models import User
from instances.jobs.clock import db_in, db_now, read_db_now
from instances.scoping import instance_scope, unscoped
from tiktok.api.errors import ErrorKind, TikTokError
from tiktok.linking.avatars import remove_avatar
from tiktok.linking.notices import settle
from tiktok.linking.reasons import WITHDRAWN
from tiktok.linking.revoke import is_about_ended_token, revoke
from tiktok.linking.secrets import ClientSecretUnreadable
from tiktok.linking.status import LINKED
from tiktok.linking.tokens import ReconnectNeeded, RefreshUnderWay, UsableToken, refuse_token, usable_token
from tiktok.models import AccountStatus, Post, TikTokAccount, TikTokCredential
from tiktok.models.states import HANDED_OVER

log = logging.getLogger(__name__)
PATIENCE: Final = timedelta(minutes=10)
WORTH_A_REPEAT: Final = frozenset({ErrorKind.NET, ErrorKind.UNCLEAR, ErrorKind.SERVER, ErrorKind.RATE})
# After these TikTok may or may not have ended the grant.
MAYBE_DONE: Final = frozenset({ErrorKind.UNCLEAR, ErrorKind.SERVER})
# Why a consent was not given back: another link lives on it, no usable token was left, TikTok did not take it, or
# nobody knows, since TikTok's answer was lost each time.
SHARED: Final = "shared"
UNUSABLE: Final = "unusable"
FAILED: Final = "failed"
UNKNOWN: Final = "unknown"


def start_disconnect(account: TikTokAccount, *, actor: User, at_once: bool = False) -> bool:
    """Take no new work for this account; False if it was disconnected, or on the way, already.

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
        settle(account)
    account.refresh_from_db()
    return True


def due_disconnects() -> list[TikTokAccount]:
    """Accounts on the way out, of all instances."""
    with unscoped(reason="the sweep finds accounts that are being disconnected, in every instance"):
        leaving = TikTokAccount.objects.filter(status=AccountStatus.DISCONNECTING)
        return list(leaving.select_related("instance__tenant", "credential__app").order_by("disconnect_at")[:50])


def finish_disconnect(account: TikTokAccount) -> bool:
    """One step of a disconnect, repeatable: wait for posts, give the consent back, erase. True when it is done."""
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
    if _has_other_links(account):
        return SHARED
    give_up = is_over and account.disconnect_at is not None and read_db_now() >= account.disconnect_at + PATIENCE
    try:
        _revoke(account)
    except RefreshUnderWay:
        return _why_failed(account) if give_up else None
    except ReconnectNeeded as ended:
        return _why_unusable(account, ended)
    except ClientSecretUnreadable:
        return _why_failed(account)
    except TikTokError as error:
        log.warning("revoking the consent of account %s failed: %s", account.pk, error)
        return None if error.kind in WORTH_A_REPEAT and not give_up else _why_failed(account)
    return ""


def _why_failed(account: TikTokAccount) -> str:
    return UNKNOWN if _was_asked(account) else FAILED


def _why_unusable(account: TikTokAccount, ended: ReconnectNeeded) -> str:
    """TikTok has ended the grant: upon a revoke whose answer was lost, if there was one."""
    if not _was_asked(account):
        return UNUSABLE
    return "" if ended.reason == WITHDRAWN else UNKNOWN


def _was_asked(account: TikTokAccount) -> bool:
    """Whether TikTok was asked to end the grant of the present tokens, and its answer was lost."""
    return _asked(account.credential_id).exists()


def _asked(credential_id: UUID) -> QuerySet[TikTokCredential]:
    return TikTokCredential.objects.filter(pk=credential_id, revoke_asked_version=F("version"))


def _revoke(account: TikTokAccount) -> None:
    """With a new token where TikTok does not know the present one: the grant itself may live on.

    Raises RefreshUnderWay, ReconnectNeeded, ClientSecretUnreadable, TikTokError.
    """
    token = usable_token(account.credential_id)
    try:
        _revoke_with(account, token)
    except TikTokError as error:
        if not is_about_ended_token(error):
            raise
        refuse_token(token, account.credential_id)
        _revoke_with(account, usable_token(account.credential_id, refresh_now=token.version))


def _revoke_with(account: TikTokAccount, token: UsableToken) -> None:
    """That TikTok is asked is committed before: whoever comes after a lost answer, or a crash, can read the next one.

    Raises ClientSecretUnreadable, TikTokError.
    """
    row = TikTokCredential.objects.filter(pk=account.credential_id, version=token.version)
    was_asked = _asked(account.credential_id).filter(version=token.version).exists()
    row.update(revoke_asked_version=token.version)
    try:
        revoke(account.credential.app, token.access_token, was_asked=was_asked)
    except TikTokError as error:
        if not was_asked and error.kind not in MAYBE_DONE:
            row.update(revoke_asked_version=None)
        raise
    finally:
        _try_newer_pair(account.credential_id, token)


def _try_newer_pair(credential_id: UUID, revoked: UsableToken) -> None:
    """Somebody may have linked the TikTok user again while the consent was given back: has their pair died with it?

    A refresh tells. If TikTok refuses it, their accounts say that they need a reconnect.
    """
    row = TikTokCredential.objects.only("version").get(pk=credential_id)
    if row.version == revoked.version:
        return
    try:
        usable_token(credential_id, refresh_now=row.version)
    except (TikTokError, RefreshUnderWay, ReconnectNeeded) as error:
        log.warning("credential %s was linked again while its consent was given back: %s", credential_id, error)


def _has_other_links(account: TikTokAccount) -> bool:
    with unscoped(reason="the consent is shared by every instance that linked this TikTok user"):
        others = TikTokAccount.objects.filter(credential_id=account.credential_id).exclude(pk=account.pk)
        return others.exclude(status=AccountStatus.DISCONNECTED).exists()


def _erase(account: TikTokAccount, *, kept: str) -> None:
    """Forget tokens (of the last link) and picture; somebody who linked it again meanwhile keeps them."""
    version = account.credential.version
    with transaction.atomic():
        leaving = TikTokAccount.objects.filter(pk=account.pk, status=AccountStatus.DISCONNECTING)
        path = leaving.select_for_update().values_list("avatar_path", flat=True).first()
        changes = {"status": AccountStatus.DISCONNECTED, "disconnected_at": db_now(), "avatar_path": ""}
        if not leaving.update(**changes):
            return
        if not _has_other_links(account):
            _erase_tokens(account.credential_id, version)
        record(
            "account.disconnected", tenant=account.instance.tenant, actor=None, instance_id=account.instance_id,
            target=account, revoked=not kept, why=kept,
        )  # fmt: skip
    remove_avatar(path or "")


def _erase_tokens(credential_id: UUID, version: int) -> None:
    """``version`` may have grown by the refresh that revoking needed."""
    TikTokCredential.objects.filter(pk=credential_id, version__in=[version, version + 1]).update(
        access_token=None,
        refresh_token=None,
        access_issued_at=None,
        access_expires_at=None,
        refresh_expires_at=None,
        next_refresh_at=None,
        scopes=[],
        version=F("version") + 1,
    )
