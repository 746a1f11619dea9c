"""Rates are spent before the call: a sliding minute, a reserve, and gates after a 429."""

from datetime import timedelta

import pytest
from django.utils import timezone

from instances.jobs.clock import pinned_clock
from tiktok import throttle
from tiktok.api.limits import Endpoint
from tiktok.models import TikTokCredential
from tiktok.tests.factories import CredentialFactory

NOW = timezone.now()


@pytest.fixture
def credential(db: None) -> TikTokCredential:
    return CredentialFactory.create()


def take(credential: TikTokCredential, after_s: float, *, reserve: int = 0) -> float:
    """0 when a slot was free, otherwise the seconds until one is."""
    moment = NOW + timedelta(seconds=after_s)
    with pinned_clock(moment):
        try:
            throttle.take_slot(credential.pk, Endpoint.VIDEO_INIT, reserve=reserve)
        except throttle.RateHeld as held:
            return (held.until - moment).total_seconds()
    return 0


def test_six_inits_fit_in_any_minute(credential: TikTokCredential) -> None:
    assert [take(credential, second * 5) for second in range(6)] == [0] * 6
    assert take(credential, 30) == 30
    assert take(credential, 59.9) == pytest.approx(0.1)
    assert take(credential, 60) == 0
    assert take(credential, 61) == 4


def test_a_reserve_is_left_for_others(credential: TikTokCredential) -> None:
    assert [take(credential, 0, reserve=2) for _ in range(4)] == [0] * 4
    assert take(credential, 1, reserve=2) == 59
    assert [take(credential, 1) for _ in range(2)] == [0, 0]
    assert take(credential, 1) == 59


def test_a_gate_holds_everybody_and_a_longer_one_stays(credential: TikTokCredential) -> None:
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
