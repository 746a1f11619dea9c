"""Read each account's profile about once a day."""

import logging
from datetime import timedelta
from typing import Final

from django.db.models import F, Q

from core.jobs.clock import read_db_now
from instances.scoping import instance_scope, unscoped
from tiktok.access.throttle import RateHeld
from tiktok.access.tokens import ReconnectNeeded, RefreshUnderWay
from tiktok.accounts.profile import sync_profile
from tiktok.api.errors import TikTokError
from tiktok.models import AccountStatus, TikTokAccount

log = logging.getLogger(__name__)
PROFILE_AGE: Final = timedelta(hours=20)
AT_A_TIME: Final = 100


def stale_profiles() -> list[TikTokAccount]:
    """Return active accounts whose profile is a day old, the oldest first."""
    with unscoped(reason="the nightly sync reads the profiles of every instance"):
        old = Q(synced_at=None) | Q(synced_at__lte=read_db_now() - PROFILE_AGE)
        found = TikTokAccount.objects.filter(old, status=AccountStatus.ACTIVE).select_related("instance")
        return list(found.order_by(F("synced_at").asc(nulls_first=True))[:AT_A_TIME])


def sync_profiles() -> int:
    """Read stale profiles and return their number; one account's failure does not affect the others."""
    done = 0
    for account in stale_profiles():
        with instance_scope(account.instance):
            try:
                sync_profile(account)
                done += 1
            except (TikTokError, RefreshUnderWay, ReconnectNeeded, RateHeld) as error:
                log.warning("reading the profile of account %s failed: %s", account.pk, error)
    return done
