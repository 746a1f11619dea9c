"""What keeps links alive without anybody asking: tokens ahead of work, idle accounts, the nightly profile."""

import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import F, Q

from instances.jobs.clock import db_in, db_now, read_db_now
from instances.scoping import instance_scope, unscoped
from tiktok.api.errors import TikTokError
from tiktok.linking.profile import sync_profile
from tiktok.linking.tokens import ReconnectNeeded, RefreshUnderWay, usable_token
from tiktok.models import AccountStatus, Post, PostState, TikTokAccount, TikTokCredential
from tiktok.models.states import HANDED_OVER
from tiktok.throttle import RateHeld

log = logging.getLogger(__name__)
SOON: Final = timedelta(hours=1)
IDLE: Final = timedelta(hours=20)
PAUSE: Final = timedelta(minutes=5)
PROFILE_AGE: Final = timedelta(hours=20)
AT_A_TIME: Final = 100


def due_refreshes() -> list[tuple[UUID, int]]:
    """Credentials past 75 % of their token's life that work needs soon, or that were idle for most of a day, or whose
    refresh token has no more than that left.

    Every refresh puts the link at risk (a lost answer burns it), so idle accounts are left in peace meanwhile.
    """
    with unscoped(reason="tokens are shared by every instance that linked this TikTok user"):
        needed = Q(state__in=[*HANDED_OVER, PostState.DUE]) | Q(state=PostState.SCHEDULED, publish_at__lte=db_in(SOON))
        busy = Post.objects.filter(needed).values("account__credential_id")
        linked = TikTokAccount.objects.filter(status=AccountStatus.ACTIVE).values("credential_id")
        due = TikTokCredential.objects.filter(next_refresh_at__lte=db_now(), withdrawn_at=None, pk__in=linked)
        idle = Q(access_issued_at__lte=db_in(-IDLE)) | Q(refresh_expires_at__lte=db_in(IDLE))
        found = due.filter(Q(pk__in=busy) | idle).order_by("next_refresh_at")
        return list(found.values_list("pk", "version")[:AT_A_TIME])


def refresh_ahead() -> int:
    """Refresh what is due; the number of fresh tokens. A failure waits five minutes."""
    fresh = 0
    for credential_id, version in due_refreshes():
        try:
            usable_token(credential_id, refresh_now=version)
            fresh += 1
        except (TikTokError, RefreshUnderWay, ReconnectNeeded) as error:
            log.warning("refreshing credential %s ahead of time failed: %s", credential_id, error)
            later = TikTokCredential.objects.filter(pk=credential_id, next_refresh_at__isnull=False)
            later.update(next_refresh_at=db_in(PAUSE))
    return fresh


def stale_profiles() -> list[TikTokAccount]:
    """Active accounts whose profile is a day old, the oldest first."""
    with unscoped(reason="the nightly sync reads the profiles of every instance"):
        old = Q(synced_at=None) | Q(synced_at__lte=read_db_now() - PROFILE_AGE)
        found = TikTokAccount.objects.filter(old, status=AccountStatus.ACTIVE).select_related("instance")
        return list(found.order_by(F("synced_at").asc(nulls_first=True))[:AT_A_TIME])


def sync_profiles() -> int:
    """Read what is stale; the number of profiles read. One account's failure does not hold up the others."""
    done = 0
    for account in stale_profiles():
        with instance_scope(account.instance):
            try:
                sync_profile(account)
                done += 1
            except (TikTokError, RefreshUnderWay, ReconnectNeeded, RateHeld) as error:
                log.warning("reading the profile of account %s failed: %s", account.pk, error)
    return done
