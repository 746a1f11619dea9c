"""A TikTok user's authorization of one app: revoked when its last account is disconnected and nothing needs it."""

import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from core.jobs.clock import db_in, db_now, read_db_now
from instances.scoping import unscoped
from tiktok.access.reasons import WITHDRAWN
from tiktok.access.revoke import is_about_ended_token, revoke
from tiktok.access.secrets import ClientSecretUnreadable
from tiktok.access.tokens import ReconnectNeeded, RefreshUnderWay, UsableToken, refuse_token, usable_token
from tiktok.api.errors import ErrorKind, TikTokError
from tiktok.models import AccountStatus, Submission, TikTokAccount, TikTokCredential
from tiktok.models.states import HANDED_OVER

log = logging.getLogger(__name__)
WORTH_A_REPEAT: Final = frozenset({ErrorKind.NET, ErrorKind.UNCLEAR, ErrorKind.SERVER, ErrorKind.RATE})
# After these TikTok may or may not have ended the grant.
MAYBE_DONE: Final = frozenset({ErrorKind.UNCLEAR, ErrorKind.SERVER})
# Why an authorization was not revoked: no usable token was left, TikTok refused, or the outcome is unknown because
# every answer of TikTok was lost.
UNUSABLE: Final = "unusable"
FAILED: Final = "failed"
UNKNOWN: Final = "unknown"
# A retired credential is kept for a day: TikTok gives a post's public link within it, to the app that published it.
KEPT_FOR: Final = timedelta(days=1)
GIVE_UP_AFTER: Final = timedelta(days=2)
AT_A_TIME: Final = 50


def give_back(credential: TikTokCredential, *, give_up: bool) -> str | None:
    """Revoke the app's authorization. Return "", or why that was not done; None: try again later."""
    try:
        _revoke(credential)
    except RefreshUnderWay:
        return _why_failed(credential.pk) if give_up else None
    except ReconnectNeeded as ended:
        return _why_unusable(credential.pk, ended)
    except ClientSecretUnreadable:
        return _why_failed(credential.pk)
    except TikTokError as error:
        log.warning("revoking the consent of credential %s failed: %s", credential.pk, error)
        return None if error.kind in WORTH_A_REPEAT and not give_up else _why_failed(credential.pk)
    return ""


def _why_failed(credential_id: UUID) -> str:
    return UNKNOWN if _was_asked(credential_id) else FAILED


def _why_unusable(credential_id: UUID, ended: ReconnectNeeded) -> str:
    """Return why the grant has ended: by a revoke whose answer was lost, if there was one."""
    if not _was_asked(credential_id):
        return UNUSABLE
    return "" if ended.reason == WITHDRAWN else UNKNOWN


def _was_asked(credential_id: UUID) -> bool:
    """Return whether TikTok was asked to end the grant of the present tokens, and its answer was lost."""
    return _asked(credential_id).exists()


def _asked(credential_id: UUID) -> QuerySet[TikTokCredential]:
    return TikTokCredential.objects.filter(pk=credential_id, revoke_asked_version=F("version"))


def _revoke(credential: TikTokCredential) -> None:
    """Revoke, with a new token if TikTok does not know the present one: the grant itself may still exist.

    Raises RefreshUnderWay, ReconnectNeeded, ClientSecretUnreadable, TikTokError.
    """
    token = usable_token(credential.pk)
    try:
        _revoke_with(credential, token)
    except TikTokError as error:
        if not is_about_ended_token(error):
            raise
        refuse_token(token, credential.pk)
        _revoke_with(credential, usable_token(credential.pk, refresh_now=token.version))


def _revoke_with(credential: TikTokCredential, token: UsableToken) -> None:
    """Commit that TikTok is asked, then ask: after a lost answer or a crash, the next answer can be interpreted.

    Raises ClientSecretUnreadable, TikTokError.
    """
    row = TikTokCredential.objects.filter(pk=credential.pk, version=token.version)
    was_asked = _asked(credential.pk).filter(version=token.version).exists()
    row.update(revoke_asked_version=token.version)
    try:
        revoke(credential.app, token.access_token, was_asked=was_asked)
    except TikTokError as error:
        if not was_asked and error.kind not in MAYBE_DONE:
            row.update(revoke_asked_version=None)
        raise
    finally:
        _try_newer_pair(credential.pk, token)


def _try_newer_pair(credential_id: UUID, revoked: UsableToken) -> None:
    """Check whether a pair that was issued while the grant was revoked died with it.

    A refresh shows it. If TikTok refuses, the accounts with that pair need a reconnect.
    """
    row = TikTokCredential.objects.only("version").get(pk=credential_id)
    if row.version == revoked.version:
        return
    try:
        usable_token(credential_id, refresh_now=row.version)
    except (TikTokError, RefreshUnderWay, ReconnectNeeded) as error:
        log.warning("credential %s was linked again while its consent was given back: %s", credential_id, error)


def erase_tokens(credential_id: UUID, version: int) -> None:
    """Erase all secrets. ``version`` may have grown by the two refreshes that revoking may need."""
    TikTokCredential.objects.filter(pk=credential_id, version__in=range(version, version + 3)).update(
        access_token=None,
        refresh_token=None,
        access_issued_at=None,
        access_expires_at=None,
        refresh_expires_at=None,
        next_refresh_at=None,
        retired_at=None,
        scopes=[],
        version=F("version") + 1,
    )


def is_linked_anywhere(credential_id: UUID, *, without: UUID | None = None) -> bool:
    """Return whether an account of any instance uses the credential, except for the given one."""
    with unscoped(reason="the consent is shared by every instance that linked this TikTok user"):
        links = TikTokAccount.objects.filter(credential_id=credential_id).exclude(status=AccountStatus.DISCONNECTED)
        return (links.exclude(pk=without) if without else links).exists()


# Credentials without an account, which has moved to the link through another app


def is_needed(credential_id: UUID, *, without: UUID | None = None) -> bool:
    """Return whether a post in progress began with the credential, even if its account now uses another one.

    ``without``: an account whose posts do not count.
    """
    with unscoped(reason="a post under way ends with the credential that it began with, in whichever instance"):
        begun = Submission.objects.filter(credential_id=credential_id, closed_at=None, post__state__in=HANDED_OVER)
        return (begun.exclude(post__account_id=without) if without else begun).exists()


def lock(*credential_ids: UUID) -> None:
    """Lock the rows for this transaction: in one order, and before their accounts, as storing new tokens does."""
    list(TikTokCredential.objects.select_for_update().only("pk").filter(pk__in=credential_ids).order_by("pk"))


def retire(credential_id: UUID) -> bool:
    """Record that the account has left this credential; False if other accounts use it, so that it stays."""
    if is_linked_anywhere(credential_id):
        return False
    TikTokCredential.objects.filter(pk=credential_id).update(retired_at=db_now())
    return True


def release_retired() -> int:
    """Revoke and erase credentials that nothing has needed for a day; return how many. May run often."""
    due = TikTokCredential.objects.filter(retired_at__lte=db_in(-KEPT_FOR)).select_related("app")
    return sum(_release(credential) for credential in due.order_by("retired_at")[:AT_A_TIME])


def _release(credential: TikTokCredential) -> bool:
    if is_linked_anywhere(credential.pk):
        TikTokCredential.objects.filter(pk=credential.pk).update(retired_at=None)
        return False
    retired_at = credential.retired_at or read_db_now()
    if is_needed(credential.pk):
        return False
    if give_back(credential, give_up=retired_at <= read_db_now() - GIVE_UP_AFTER) is None:
        return False
    with transaction.atomic():
        lock(credential.pk)
        if not is_linked_anywhere(credential.pk):
            erase_tokens(credential.pk, credential.version)
    return True
