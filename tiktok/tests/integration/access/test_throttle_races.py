"""From any number of connections and processes, no minute holds more calls than TikTok allows."""

import random
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from core.jobs.clock import pinned_clock
from tiktok.access import throttle
from tiktok.api.errors import RateLimited
from tiktok.api.limits import RATES, Endpoint
from tiktok.models import RateWindow, TikTokCredential
from tiktok.tests.factories import CredentialFactory
from tiktok.tests.jobs_process import ROOT, environment
from tiktok.tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

WINDOW_S = 60 + throttle.MARGIN_S
LIMITED = [Endpoint.VIDEO_INIT, Endpoint.CREATOR_INFO, Endpoint.STATUS_FETCH]
# A separate process: says that it is ready, waits for the signal, and takes all slots it gets.
TAKE = """
import sys
import django
django.setup()
from tiktok.access import throttle
from tiktok.api.limits import Endpoint
print("ready", flush=True)
sys.stdin.readline()
taken = 0
for _ in range(15):
    try:
        throttle.take_slot(sys.argv[1], Endpoint.CREATOR_INFO)
        taken += 1
    except throttle.RateHeld:
        pass
print(taken)
"""


def taker(credential: TikTokCredential, endpoint: Endpoint, *, reserve: int = 0) -> Callable[[], Any]:
    return lambda: throttle.take_slot(credential.pk, endpoint, reserve=reserve)


def ask(moment: datetime, *takers: Callable[[], Any]) -> list[throttle.RateHeld | None]:
    """All at once at this moment; None where a slot was given."""
    with pinned_clock(moment):
        answers = at_once(*takers, expect=(throttle.RateHeld,))
    return [answer if isinstance(answer, throttle.RateHeld) else None for answer in answers]


@pytest.mark.parametrize("endpoint", LIMITED)
def test_bursts_of_connections_at_random_moments(endpoint: Endpoint) -> None:
    credential, dice, calls = CredentialFactory.create(), random.Random(7), RATES[endpoint].calls
    moment = start = timezone.now()
    taken: list[datetime] = []
    while moment < start + timedelta(seconds=2.2 * WINDOW_S):
        taken += [moment for held in ask(moment, *[taker(credential, endpoint)] * 5) if held is None]
        moment += timedelta(seconds=dice.uniform(0.5, 15))
    for first, one_too_many in zip(taken, taken[calls:], strict=False):
        assert (one_too_many - first).total_seconds() >= 60 + throttle.MARGIN_S
    assert len(taken) >= 2 * calls


@pytest.mark.parametrize("reserve", [0, throttle.RESERVED_FOR_RESUMING])
def test_forty_at_one_moment(reserve: int) -> None:
    credential, moment = CredentialFactory.create(), timezone.now()
    takers = [taker(credential, Endpoint.STATUS_FETCH, reserve=reserve)] * 10
    held = [each for _ in range(4) for each in ask(moment, *takers) if each is not None]
    assert len(held) == 10 + reserve
    assert len(RateWindow.objects.get().spent) == 30 - reserve
    back_at = [each.until for each in held]
    assert min(back_at) == moment + timedelta(seconds=WINDOW_S)
    assert len(set(back_at)) == len(back_at)


def test_processes_share_one_window(tmp_path: Path) -> None:
    credential = CredentialFactory.create()
    command = [sys.executable, "-c", TAKE, str(credential.pk)]
    processes = [
        subprocess.Popen(
            command, cwd=ROOT, env=environment(tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    taken = [int(process.communicate(timeout=30)[0]) for process in processes]
    assert sum(taken) == RATES[Endpoint.CREATOR_INFO].calls
    assert len(RateWindow.objects.get().spent) == sum(taken)


def test_a_429_closes_the_endpoint_for_every_connection() -> None:
    credential, moment = CredentialFactory.create(), timezone.now()
    refusal = RateLimited("rate_limit_exceeded", http_status=429, hold_s=60)
    with pinned_clock(moment):
        at_once(
            lambda: throttle.gate_after(credential.pk, Endpoint.VIDEO_INIT, refusal),
            lambda: throttle.gate_after(credential.pk, Endpoint.VIDEO_INIT, refusal),
            expect=(),
        )
    asked = ask(moment + timedelta(seconds=60), *[taker(credential, Endpoint.VIDEO_INIT)] * 2)
    assert all(held is not None and held.until > moment + timedelta(seconds=61) for held in asked)
    later = moment + timedelta(seconds=61 + throttle.GATE_JITTER_S)
    assert ask(later, taker(credential, Endpoint.VIDEO_INIT)) == [None]
    assert ask(moment, taker(credential, Endpoint.CREATOR_INFO)) == [None]
