"""Warnings before a TikTok authorization expires: fourteen days, three days and one day before, once each."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from core.jobs.clock import db_in, read_db_now
from instances.models import NoticeKind
from instances.scoping import instance_scope, unscoped
from tiktok.access.notices import notify, resolve
from tiktok.models import AccountStatus, TikTokAccount
from tiktok.models.account import EXPIRING_WITHIN

MARKS: Final = (1, 3, EXPIRING_WITHIN.days)  # days, nearest first
AT_A_TIME: Final = 500


def warn_of_endings() -> int:
    """Notify about every account that has come to its next mark; return the number of warnings. May run often."""
    resolve_endings()
    now = read_db_now()
    return sum(_warn(account, now) for account in _to_warn())


def resolve_endings(credential_id: UUID | None = None) -> None:
    """Resolve the warnings about authorizations that continue after all; of one credential, or of all."""
    for account in _renewed(credential_id):
        with instance_scope(account.instance), transaction.atomic():
            if TikTokAccount.objects.filter(pk=account.pk, end_told_days__isnull=False).update(end_told_days=None):
                resolve(account, NoticeKind.ENDING)


def _to_warn() -> list[TikTokAccount]:
    due = Q()
    for days in MARKS:
        is_near = Q(credential__refresh_expires_at__lt=db_in(timedelta(days=days)))
        due |= is_near & (Q(end_told_days=None) | Q(end_told_days__gt=days))
    return _everywhere(due, status=AccountStatus.ACTIVE)


def _renewed(credential_id: UUID | None) -> list[TikTokAccount]:
    runs_on = Q(credential__refresh_expires_at__gte=db_in(EXPIRING_WITHIN), end_told_days__isnull=False)
    return _everywhere(runs_on, **({"credential_id": credential_id} if credential_id else {}))


def _everywhere(which: Q, **exactly: object) -> list[TikTokAccount]:
    with unscoped(reason="permissions end in every instance"):
        found = TikTokAccount.objects.filter(which, **exactly).select_related("instance", "credential")
        return list(found.order_by("credential__refresh_expires_at")[:AT_A_TIME])


def _warn(account: TikTokAccount, now: datetime) -> bool:
    """Write one warning for the nearest mark that is passed; of two sweeps at once, only one writes it."""
    end = account.credential.refresh_expires_at
    mark = _mark(end - now, MARKS) if end else None
    if mark is None:
        return False
    with instance_scope(account.instance), transaction.atomic():
        same = TikTokAccount.objects.filter(pk=account.pk, status=AccountStatus.ACTIVE)
        untold = same.filter(Q(end_told_days=None) | Q(end_told_days__gt=mark))
        if not untold.update(end_told_days=mark):
            return False
        notify(account, NoticeKind.ENDING, days=str(mark))
    return True


def _mark(left: timedelta, marks: Iterable[int]) -> int | None:
    return next((days for days in marks if left < timedelta(days=days)), None)
