"""Refresh tokens ahead of work, and of idle accounts, automatically."""

import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from core.jobs.clock import db_in, db_now
from instances.scoping import unscoped
from tiktok.access.tokens import ReconnectNeeded, RefreshUnderWay, usable_token
from tiktok.api.errors import TikTokError
from tiktok.models import AccountStatus, Post, PostState, TikTokAccount, TikTokCredential
from tiktok.models.states import HANDED_OVER

log = logging.getLogger(__name__)
SOON: Final = timedelta(hours=1)
IDLE: Final = timedelta(hours=20)
PAUSE: Final = timedelta(minutes=5)
AT_A_TIME: Final = 100


def due_refreshes() -> list[tuple[UUID, int]]:
    """Return credentials whose token should be refreshed now.

    Those past 75 % of their token's life that work needs soon, or that were idle for most of a day, or whose refresh
    token has no more than that left. Every refresh puts the link at risk (a lost answer invalidates it), so idle
    accounts are otherwise left alone.
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
    """Refresh what is due; return the number of fresh tokens. A failure waits five minutes."""
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
