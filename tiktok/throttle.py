"""Spends TikTok's rates (tiktok-api 10) in the database, before the call and for all workers together.

A sliding minute per credential and endpoint. The row's lock serialises the spenders: FOR UPDATE on PostgreSQL,
the one writer of BEGIN IMMEDIATE on SQLite.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from instances.jobs.clock import read_db_now
from tiktok.api.limits import RATES, Endpoint, Rate
from tiktok.models import RateWindow

# Status reads a minute that only a resuming upload may take, so that polling never keeps one waiting.
RESERVED_FOR_RESUMING: Final = 5


class RateHeld(Exception):
    """No call may be made now; ``until`` is when the next slot comes free."""

    def __init__(self, endpoint: Endpoint, until: datetime) -> None:
        super().__init__(f"{endpoint.name} until {until:%H:%M:%S}")
        self.endpoint, self.until = endpoint, until


def take_slot(credential_id: UUID, endpoint: Endpoint, *, reserve: int = 0) -> None:
    """Spend one call, leaving at least ``reserve`` for others. Raises RateHeld when there is none."""
    rate = RATES[endpoint]
    with transaction.atomic():
        window = _locked_window(credential_id, endpoint)
        now = read_db_now()
        spent = _still_counting(window, rate, now)
        free_at = _free_at(window, spent, rate, reserve, now)
        if free_at is None:
            window.spent = [*spent, now.timestamp()]
            window.save(update_fields=["spent"])
    if free_at is not None:
        raise RateHeld(endpoint, free_at)


def gate(credential_id: UUID, endpoint: Endpoint, *, seconds: float) -> None:
    """After a 429: nobody calls this endpoint with this credential for so long. A longer gate stays."""
    with transaction.atomic():
        window = _locked_window(credential_id, endpoint)
        until = read_db_now() + timedelta(seconds=seconds)
        if window.gated_until is None or window.gated_until < until:
            window.gated_until = until
            window.save(update_fields=["gated_until"])


def _locked_window(credential_id: UUID, endpoint: Endpoint) -> RateWindow:
    key = {"credential_id": credential_id, "endpoint": endpoint.name}
    rows = RateWindow.objects.select_for_update().filter(**key)
    if (window := rows.first()) is None:
        RateWindow.objects.bulk_create([RateWindow(**key)], ignore_conflicts=True)
        window = rows.get()
    return window


def _still_counting(window: RateWindow, rate: Rate, now: datetime) -> list[float]:
    since = now.timestamp() - rate.window_s
    return [moment for moment in window.spent if moment > since]


def _free_at(window: RateWindow, spent: list[float], rate: Rate, reserve: int, now: datetime) -> datetime | None:
    if window.gated_until and window.gated_until > now:
        return window.gated_until
    surplus = len(spent) - (rate.calls - reserve)
    if surplus < 0:
        return None
    return datetime.fromtimestamp(spent[surplus] + rate.window_s, UTC)
