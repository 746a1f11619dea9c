"""Spend TikTok's rates (docs/tiktok.md, section 9) in the database, before the call and for all workers together.

A sliding minute per credential and endpoint. The row's lock serialises the spenders: FOR UPDATE on PostgreSQL, the one
writer of BEGIN IMMEDIATE on SQLite. The clock is the database's.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, QuerySet, Value

from core.jobs.clock import db_now, read_db_now
from tiktok.api.errors import TikTokError
from tiktok.api.limits import RATE_WINDOW_S, RATES, Endpoint, Rate
from tiktok.models import RateWindow

# Status reads per minute that only a resuming upload may take, so that polling never makes one wait.
RESERVED_FOR_RESUMING: Final = 5
# TikTok counts a call when it arrives, we when its slot is taken. A slow connection for one call and a fast one for
# the call that follows a minute later would put both bursts into one minute there. A call leaves right after its slot
# is taken and gives up connecting after five seconds, so a window that is this much longer is never exceeded there.
MARGIN_S: Final = 5.0
GATE_JITTER_S: Final = 10.0


class RateHeld(Exception):
    """No call may be made now; ``until`` is when to come back, a different time for each caller."""

    def __init__(self, endpoint: Endpoint, until: datetime) -> None:
        super().__init__(f"{endpoint.name} until {until:%H:%M:%S}")
        self.endpoint, self.until = endpoint, until


def take_slot(credential_id: UUID, endpoint: Endpoint, *, reserve: int = 0, still: QuerySet[Any] | None = None) -> bool:
    """Spend one call, leaving at least ``reserve`` for others; make it at once. Raises RateHeld when there is none.

    ``still``: rows that have to exist at that moment; return whether one does (True without ``still``).
    """
    rate = RATES[endpoint]
    with transaction.atomic():
        window = _locked_window(credential_id, endpoint, still)
        now = read_db_now()
        if (free_at := _free_at(window, rate, reserve, now)) is None:
            window.spent = [*_still_counting(window, rate, now), now.timestamp()]
            window.save(update_fields=["spent"])
            return window.is_still_so  # type: ignore[attr-defined, no-any-return]
        window.promised_until = _time_of_their_own(window, rate, free_at)
        window.save(update_fields=["promised_until"])
    raise RateHeld(endpoint, window.promised_until)


@dataclass(frozen=True, slots=True)
class Spent:
    """The number of calls that count now, and their limit; ``gated_until`` after TikTok asked for a pause."""

    used: int
    most: int
    gated_until: datetime | None = None


def spent_by(credential_id: UUID) -> dict[Endpoint, Spent]:
    """Return the use of each limited endpoint by one credential; one statement."""
    found = RateWindow.objects.filter(credential_id=credential_id).annotate(now=db_now())
    spent = {window.endpoint: _spent(window, RATES[Endpoint[window.endpoint]], window.now) for window in found}
    return {endpoint: spent.get(endpoint.name, Spent(0, rate.calls)) for endpoint, rate in RATES.items()}


def _spent(window: RateWindow, rate: Rate, now: datetime) -> Spent:
    gate = window.gated_until
    return Spent(len(_still_counting(window, rate, now)), rate.calls, gate if gate and gate > now else None)


def free_at(credential_id: UUID, endpoint: Endpoint) -> datetime | None:
    """Return when a slot will be free; None when one is. No promise: another caller may take it first."""
    window = RateWindow.objects.filter(credential_id=credential_id, endpoint=endpoint.name).first()
    return _free_at(window, RATES[endpoint], 0, read_db_now()) if window else None


def gate_after(credential_id: UUID, endpoint: Endpoint, refusal: TikTokError) -> None:
    """Gate calls after a 429: as long as TikTok asks, at least a minute, and different for each caller."""
    seconds = max(refusal.hold_s or 0, RATE_WINDOW_S)
    gate(credential_id, endpoint, seconds=seconds + random.uniform(1, GATE_JITTER_S))  # noqa: S311 - jitter


def gate(credential_id: UUID, endpoint: Endpoint, *, seconds: float) -> None:
    """Gate this endpoint for this credential for so long after a 429. A longer gate stays."""
    with transaction.atomic():
        window = _locked_window(credential_id, endpoint)
        until = read_db_now() + timedelta(seconds=seconds)
        if window.gated_until is None or window.gated_until < until:
            window.gated_until = until
            window.save(update_fields=["gated_until"])


def _locked_window(credential_id: UUID, endpoint: Endpoint, still: QuerySet[Any] | None = None) -> RateWindow:
    key = {"credential_id": credential_id, "endpoint": endpoint.name}
    so = Value(True) if still is None else Exists(still)
    rows = RateWindow.objects.select_for_update().filter(**key).annotate(is_still_so=so)
    if (window := rows.first()) is None:
        RateWindow.objects.bulk_create([RateWindow(**key)], ignore_conflicts=True)
        window = rows.get()
    return window


def _length_s(rate: Rate) -> float:
    return rate.window_s + MARGIN_S


def _still_counting(window: RateWindow, rate: Rate, now: datetime) -> list[float]:
    since = now.timestamp() - _length_s(rate)
    return [moment for moment in window.spent if moment > since]


def _free_at(window: RateWindow, rate: Rate, reserve: int, now: datetime) -> datetime | None:
    spent = _still_counting(window, rate, now)
    surplus = len(spent) - (rate.calls - reserve)
    free_at = now if surplus < 0 else datetime.fromtimestamp(spent[surplus] + _length_s(rate), UTC)
    free_at = max(free_at, window.gated_until or free_at)
    return free_at if free_at > now else None


def _time_of_their_own(window: RateWindow, rate: Rate, free_at: datetime) -> datetime:
    """Return a time one call's share of the window after the last promise, so that callers spread.

    Never more than a window after ``free_at``: a caller that is refused again does not push the others further back.
    """
    if window.promised_until is None:
        return free_at
    next_at = max(free_at, window.promised_until + timedelta(seconds=_length_s(rate) / rate.calls))
    return next_at if next_at <= free_at + timedelta(seconds=rate.window_s) else free_at
