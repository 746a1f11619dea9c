"""Access tokens that can be used now. Refreshing is a lease by compare-and-swap, never a transaction across HTTP.

TikTok's refresh tokens rotate: a second refresh with the same token invalidates the link. So the first process that
needs a fresh token claims the credential's row; the others wait for ``version`` to change and read again. The new pair
is committed in the very next statement after the answer. If no new pair can be obtained, a token that is still valid is
used to its end.
"""

import logging
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet

from core.jobs import lease
from core.jobs.clock import db_now, read_db_now
from core.jobs.process import is_dead_here, process_mark
from core.jobs.waiting import release_slot
from tiktok.access import throttle
from tiktok.access.gateway import call_as_app
from tiktok.access.reasons import PAIR_LOST, UNDECRYPTABLE, WITHDRAWN
from tiktok.access.status import need_reconnect, note_scopes, requeue_posts, revive_accounts
from tiktok.api import login_kit
from tiktok.api.errors import ErrorKind, RefreshTokenRejected, TikTokError, UnreadableAnswer
from tiktok.api.limits import Endpoint
from tiktok.api.secret import Secret
from tiktok.api.types import TokenSet
from tiktok.models import TikTokApp, TikTokCredential
from tiktok.models.fields import Undecryptable, seal

log = logging.getLogger(__name__)
MARGIN: Final = timedelta(minutes=20)
# With less than this, or a quarter of its life, a token is no longer used for a call.
LAST_MOMENTS: Final = timedelta(minutes=1)
# Longer than a slow refresh (connect and answer, repeated, both twice while a client secret is being changed).
LEASE: Final = timedelta(seconds=150)
WAIT_S: Final = 10.0
POLL_S: Final = 0.1
AHEAD: Final = 0.75
MOST_S: Final = 100 * 365 * 86_400
# How long a new pair is held in memory while the database is unreachable.
SAVE_FOR_S: Final = 60.0
SAVE_AGAIN_S: Final = 0.5
# After these TikTok may or may not have rotated.
MAYBE_ROTATED: Final = frozenset({ErrorKind.UNCLEAR, ErrorKind.SERVER})


class ReconnectNeeded(Exception):
    """Only a new consent of the TikTok user helps. ``reason`` is a code for the account's status."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PairLost(Exception):
    """TikTok has probably rotated in an answer that was lost, and no longer knows the old refresh token."""


class RefreshUnderWay(Exception):
    """Another process is refreshing and has not finished; try again a little later."""


@dataclass(frozen=True, slots=True)
class UsableToken:
    """An access token and the ``version`` of the credential it belongs to (return it after a 401)."""

    access_token: Secret
    version: int
    scopes: tuple[str, ...]


def usable_token(
    credential_id: UUID, *, refresh_now: int | None = None, known: TikTokCredential | None = None
) -> UsableToken:
    """Return a token with 20 minutes, or half its life, to go; with less if no new one could be obtained.

    ``refresh_now``: the version whose token TikTok has just refused with 401; it is refreshed unless another process
    has done so since. ``known``: the row as it was read a moment ago, good enough for a caller that checks right before
    the call that the token is still valid (``token_with_slot``). Must not be called inside a transaction. Raises
    ReconnectNeeded, RefreshUnderWay, and TikTokError, whose ``was_sent`` is False: the call that the token is for was
    not made.
    """
    deadline = time.monotonic() + WAIT_S
    while True:
        row = known or TikTokCredential.objects.select_related("app").get(pk=credential_id)
        known = None
        _refuse_dead(row)
        if row.version != refresh_now and _has_left(row, MARGIN, share=2):
            return _reveal(row)
        try:
            if owner := _claim(row):
                return _refresh(row, owner)
            _wait_for_other(row, deadline)
        except (RefreshUnderWay, TikTokError) as error:
            row.refresh_from_db()  # TikTok may have refused the token since
            if row.version == refresh_now or not _has_left(row, LAST_MOMENTS, share=4):
                if isinstance(error, TikTokError):
                    error.was_sent = False
                raise
            log.info("credential %s keeps its token, since refreshing failed: %s", credential_id, error)
            return _reveal(row)


def token_with_slot(
    credential_id: UUID,
    endpoint: Endpoint,
    *,
    reserve: int = 0,
    refused: int | None = None,
    known: TikTokCredential | None = None,
) -> UsableToken:
    """Return a token to be sent at once, with a rate slot for it. ``refused``, ``known``: as for ``usable_token``.

    If TikTok refuses the token to another process between the two, another token and slot follow. Raises RateHeld, and
    what ``usable_token`` raises.
    """
    token = usable_token(credential_id, refresh_now=refused, known=known)
    if throttle.take_slot(credential_id, endpoint, reserve=reserve, still=_alive(token, credential_id)):
        return token
    token = usable_token(credential_id, refresh_now=token.version)
    throttle.take_slot(credential_id, endpoint, reserve=reserve)
    return token


def refuse_token(token: UsableToken, credential_id: UUID) -> None:
    """Mark a token that TikTok refused with 401: no process sends it again, the next one that needs it refreshes."""
    TikTokCredential.objects.filter(pk=credential_id, version=token.version).update(access_expires_at=db_now())


def _alive(token: UsableToken, credential_id: UUID) -> QuerySet[TikTokCredential]:
    """Return the token's row, unless TikTok has refused it or another token has replaced it."""
    return TikTokCredential.objects.filter(pk=credential_id, version=token.version, access_expires_at__gt=db_now())


def _refuse_dead(row: TikTokCredential) -> None:
    if row.withdrawn_at:
        raise ReconnectNeeded(WITHDRAWN)
    if row.access_expires_at is None or row.access_issued_at is None:
        raise ReconnectNeeded("no_tokens")


def _has_left(row: TikTokCredential, least: timedelta, *, share: int) -> bool:
    """Return whether the access token has so long to go, or that share of its life if it is a short one."""
    issued, expires = row.access_issued_at, row.access_expires_at
    if issued is None or expires is None:
        return False
    left = expires - read_db_now()
    return left > timedelta() and left >= min(least, (expires - issued) / share)


def _reveal(row: TikTokCredential) -> UsableToken:
    try:
        token = row.access_token
    except Undecryptable as error:
        raise _unreadable(row) from error
    if token is None:
        raise ReconnectNeeded("no_tokens")
    return UsableToken(token, row.version, tuple(row.scopes))


def _unreadable(row: TikTokCredential) -> ReconnectNeeded:
    need_reconnect(row.pk, seen_version=row.version, reason=UNDECRYPTABLE)
    return ReconnectNeeded(UNDECRYPTABLE)


def _claim(row: TikTokCredential) -> str:
    """Take the lease if it is free or over, or its holder dead; return our mark, or "" if another process holds it."""
    owner = f"{process_mark()}:{uuid.uuid4().hex}"
    free = lease.is_free("refresh_lease_until")
    if _is_dead(row):
        free |= Q(refresh_owner=row.refresh_owner)
    same = TikTokCredential.objects.filter(pk=row.pk, version=row.version, withdrawn_at=None)
    claimed = lease.take(same, LEASE, until="refresh_lease_until", free=free, refresh_owner=owner)
    return owner if claimed else ""


def _is_dead(row: TikTokCredential) -> bool:
    """Return whether the lease belongs to a process of this host that is gone."""
    return is_dead_here(row.refresh_owner.rpartition(":")[0])


def _wait_for_other(row: TikTokCredential, deadline: float) -> None:
    """Return when the row is worth another read: it changed, or its holder is gone. Raises RefreshUnderWay."""
    while time.monotonic() < deadline:
        with release_slot():
            time.sleep(POLL_S)
        now = TikTokCredential.objects.only(*_LEASE_FIELDS).get(pk=row.pk)
        if now.version != row.version or now.withdrawn_at or _is_over(now.refresh_lease_until) or _is_dead(now):
            return
        if now.refresh_lease_until is None:  # its holder gave up; asking TikTok again at once does not help
            break
    raise RefreshUnderWay(str(row.pk))


_LEASE_FIELDS: Final = ("version", "withdrawn_at", "refresh_owner", "refresh_lease_until")


def _is_over(lease_until: datetime | None) -> bool:
    return lease_until is not None and lease_until <= read_db_now()


def _refresh(row: TikTokCredential, owner: str) -> UsableToken:
    """Refresh under our lease. Only a crash leaves it behind."""
    asked_at = read_db_now()
    try:
        tokens = _ask_for_new_pair(row)
    except Undecryptable as error:
        _release(row, owner)
        raise _unreadable(row) from error
    except RefreshTokenRejected as error:
        # The process that left the lease behind died while asking.
        return _after_rejection(row, PAIR_LOST if row.refresh_owner else WITHDRAWN, error)
    except PairLost as error:
        return _after_rejection(row, PAIR_LOST, error)
    except TikTokError:
        _release(row, owner)
        raise
    return _saved(row, tokens, asked_at)


def _ask_for_new_pair(row: TikTokCredential) -> TokenSet:
    refresh_token = row.refresh_token
    if refresh_token is None:
        raise Undecryptable("no refresh token is stored")
    try:
        return _ask(row, refresh_token)
    except TikTokError as error:
        if error.kind not in MAYBE_ROTATED:
            raise
        log.info("TikTok's answer to a refresh of credential %s was lost (%s); asking again", row.pk, error)
    try:
        return _ask(row, refresh_token)
    except RefreshTokenRejected as error:
        raise PairLost from error


def _ask(row: TikTokCredential, refresh_token: Secret) -> TokenSet:
    """Ask for one refresh. An answer for another TikTok user does not count."""
    tokens = call_as_app(
        row.app,
        lambda client, secret: login_kit.refresh_token(
            client, client_key=row.app.client_key, client_secret=secret, refresh_token=refresh_token
        ),
    )
    if tokens.open_id != row.open_id:
        raise UnreadableAnswer("foreign-answer", may_repeat=True)
    return tokens


def _release(row: TikTokCredential, owner: str) -> None:
    TikTokCredential.objects.filter(pk=row.pk, refresh_owner=owner).update(refresh_owner="", refresh_lease_until=None)


def _saved(row: TikTokCredential, tokens: TokenSet, asked_at: datetime) -> UsableToken:
    """Commit the new pair in one statement, reactivate accounts that waited, and record changed scopes.

    Our lease may be over; the pair is still the newest, unless the row has moved on without us.
    """
    changes = token_columns(row.pk, tokens, asked_at) | {"version": row.version + 1}
    if not _commit(row, changes):
        return _newest(row)
    note_scopes(row.pk, before=row.scopes, after=tokens.scopes or row.scopes)
    revive_accounts(row.pk)
    if set(tokens.scopes) - set(row.scopes):
        requeue_posts(row.pk)
    return UsableToken(tokens.access_token, row.version + 1, tuple(tokens.scopes or row.scopes))


def _commit(row: TikTokCredential, changes: dict[str, object]) -> bool:
    """Write the new pair, which exists nowhere else, retrying while the database is away; False: the row moved on.

    Raises OperationalError, InterfaceError after a minute.
    """
    deadline = time.monotonic() + SAVE_FOR_S
    while True:
        try:
            return bool(TikTokCredential.objects.filter(pk=row.pk, version=row.version).update(**changes))
        except (OperationalError, InterfaceError):
            if time.monotonic() > deadline:
                raise
            log.exception("the new tokens of credential %s could not be stored; trying again", row.pk)
            connection.close()
            time.sleep(SAVE_AGAIN_S)


def token_columns(credential_id: UUID, tokens: TokenSet, issued_at: datetime) -> dict[str, object]:
    """Return the columns that a token answer sets, except ``version``; lifetimes come from the answer."""
    life = _lifetime(tokens.expires_in_s)
    columns: dict[str, object] = {
        "access_token": seal(TikTokCredential, credential_id, "access_token", tokens.access_token),
        "refresh_token": seal(TikTokCredential, credential_id, "refresh_token", tokens.refresh_token),
        "access_issued_at": issued_at,
        "access_expires_at": issued_at + life,
        "refresh_expires_at": issued_at + _lifetime(tokens.refresh_expires_in_s),
        "next_refresh_at": issued_at + life * AHEAD,
        "withdrawn_at": None,
        "refresh_owner": "",
        "refresh_lease_until": None,
    }
    return columns | ({"scopes": list(tokens.scopes)} if tokens.scopes else {})


def _lifetime(seconds: int) -> timedelta:
    """Return TikTok's lifetime within what a date can hold: an absurd number must not cost the pair."""
    return timedelta(seconds=min(max(seconds, 0), MOST_S))


def _after_rejection(row: TikTokCredential, reason: str, error: Exception) -> UsableToken:
    """Believe ``invalid_grant`` only if no newer pair has been stored since."""
    if need_reconnect(row.pk, seen_version=row.version, reason=reason):
        raise ReconnectNeeded(reason) from error
    return _newest(row)


def _newest(row: TikTokCredential) -> UsableToken:
    fresh = TikTokCredential.objects.select_related("app").get(pk=row.pk)
    _refuse_dead(fresh)
    return _reveal(fresh)


def store_tokens(app: TikTokApp, tokens: TokenSet, asked_at: datetime) -> TikTokCredential:
    """Store this pair as the newest of this TikTok user for this app, and return the credential.

    Every instance that linked the TikTok user is notified if this consent allows less, or more, than the one before.
    """
    with transaction.atomic():
        credential, _created = TikTokCredential.objects.select_for_update().get_or_create(
            app=app, open_id=tokens.open_id, defaults={"scopes": list(tokens.scopes)}
        )
        before = credential.scopes
        columns: dict[str, Any] = token_columns(credential.pk, tokens, asked_at)
        TikTokCredential.objects.filter(pk=credential.pk).update(**columns, version=F("version") + 1)
        credential.refresh_from_db()
        note_scopes(credential.pk, before=before, after=credential.scopes)
    return credential
