"""Rates are spent before the call: a sliding minute, a reserve, gates after a 429, and times to come back at."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from core.jobs.clock import pinned_clock
from tiktok.access import throttle
from tiktok.access.throttle import MARGIN_S
from tiktok.api.limits import Endpoint
from tiktok.models import TikTokCredential
from tiktok.tests.factories import CredentialFactory

NOW = timezone.now()
WINDOW_S = 60 + MARGIN_S


@pytest.fixture
def credential(db: None) -> TikTokCredential:
    return CredentialFactory.create()


def take(credential: TikTokCredential, after_s: float, *, reserve: int = 0) -> float:
    """0 when a slot was free, otherwise the seconds until the time to come back."""
    moment = NOW + timedelta(seconds=after_s)
    with pinned_clock(moment):
        try:
            throttle.take_slot(credential.pk, Endpoint.VIDEO_INIT, reserve=reserve)
        except throttle.RateHeld as held:
            return (held.until - moment).total_seconds()
    return 0


def test_six_inits_fit_in_any_minute(credential: TikTokCredential) -> None:
    assert [take(credential, second * 5) for second in range(6)] == [0] * 6
    assert take(credential, 30) == WINDOW_S - 30
    assert take(credential, WINDOW_S - 0.1) > 0
    assert take(credential, WINDOW_S) == 0
    assert take(credential, WINDOW_S + 1) >= 4


def test_late_and_prompt_calls_never_share_a_minute_at_tiktok(
    credential: TikTokCredential,
) -> None:
    """Six calls that took five seconds to connect, and the next six without a delay."""
    first = [0.0] * 6
    assert [take(credential, 0) for _ in first] == first
    arrived_at = 5.0
    leaves_at = take(credential, 1) + 1
    assert leaves_at - arrived_at >= 60


def test_reserve_is_left_for_others(credential: TikTokCredential) -> None:
    assert [take(credential, 0, reserve=2) for _ in range(4)] == [0] * 4
    assert take(credential, 1, reserve=2) == WINDOW_S - 1
    assert [take(credential, 1) for _ in range(2)] == [0, 0]
    assert take(credential, 1) >= WINDOW_S - 1


def test_gate_holds_everybody_and_a_longer_one_stays(credential: TikTokCredential) -> None:
    with pinned_clock(NOW):
        throttle.gate(credential.pk, Endpoint.VIDEO_INIT, seconds=90)
        throttle.gate(credential.pk, Endpoint.VIDEO_INIT, seconds=30)
    assert take(credential, 10) == 80
    assert take(credential, 90) == 0


def test_credentials_and_endpoints_count_apart(credential: TikTokCredential) -> None:
    for _ in range(6):
        take(credential, 0)
    assert take(CredentialFactory.create(), 0) == 0
    with pinned_clock(NOW):
        throttle.take_slot(credential.pk, Endpoint.STATUS_FETCH)


def test_who_is_refused_gets_a_time_of_their_own(credential: TikTokCredential) -> None:
    for _ in range(6):
        take(credential, 0)
    back_at = [take(credential, 0) for _ in range(6)]
    assert back_at[0] == WINDOW_S
    gaps = [later - earlier for earlier, later in pairwise(back_at)]
    assert gaps == pytest.approx([WINDOW_S / 6] * 5)
    assert max(take(credential, 0) for _ in range(50)) <= 2 * WINDOW_S


def test_next_free_slot_can_be_looked_up_without_taking_it(credential: TikTokCredential) -> None:
    with pinned_clock(NOW):
        assert throttle.free_at(credential.pk, Endpoint.VIDEO_INIT) is None
        for _ in range(6):
            throttle.take_slot(credential.pk, Endpoint.VIDEO_INIT)
        assert throttle.free_at(credential.pk, Endpoint.VIDEO_INIT) == NOW + timedelta(seconds=WINDOW_S)
