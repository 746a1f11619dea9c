"""Random faults by seed, as a client meets them."""

import http.client
from collections import Counter
from contextlib import suppress

import pytest

from tiktok.tests.integration.simulator.talk import Talk, start_task
from tiktok.tests.simulator_process import Call, ControlError, Simulator

CUT = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError, http.client.IncompleteRead)
AFTER = {"lost_answer", "truncated_json", "server_error", "html_error"}
BEFORE = {"rate_limit", "drop_connection", "server_error", "html_error"}


@pytest.fixture(autouse=True)
def unlimited(tiktok: Simulator) -> None:
    tiktok.create_app(rate_limits=False)


def fates(talk: Talk, token: str, count: int) -> list[Call]:
    """Return the results of so many inits."""
    before = len(talk.simulator.requests("video_init"))
    for _ in range(count):
        try:
            talk.init(token)
        except CUT:
            continue
    return talk.simulator.requests("video_init")[before:]


def faults(calls: list[Call]) -> list[str]:
    return [call.fault for call in calls]


def test_same_seed_brings_the_same_faults(talk: Talk, tiktok: Simulator, token: str) -> None:
    seen = []
    for seed in (7, 7, 8):
        tiktok.weather(seed, before=0.2, after=0.2, slow=0.1, slow_s=0.01)
        seen.append(faults(fates(talk, token, 60)))

    assert seen[0] == seen[1] != seen[2]
    assert 10 < sum(bool(fault) for fault in seen[0]) < 50


def test_other_users_do_not_change_what_strikes_a_user(talk: Talk, tiktok: Simulator, token: str) -> None:
    other = tiktok.grant(tiktok.create_user("ole")).access_token
    tiktok.weather(3, before=0.3)
    alone = faults(fates(talk, token, 20))
    tiktok.weather(3, before=0.3)
    fates(talk, other, 13)

    assert faults(fates(talk, token, 20)) == alone


def test_before_the_act_nothing_has_happened(talk: Talk, tiktok: Simulator, token: str) -> None:
    tiktok.weather(1, before=1, rate_limits=True)
    calls = fates(talk, token, 40)

    assert set(faults(calls)) == BEFORE
    assert tiktok.posts() == []


def test_after_the_act_everything_has_happened(talk: Talk, tiktok: Simulator, token: str) -> None:
    tiktok.weather(1, after=1)
    calls = fates(talk, token, 40)

    assert set(faults(calls)) == AFTER
    assert {call.status for call in calls if call.fault == "html_error"} == {502}
    assert len(tiktok.posts()) == 40


@pytest.mark.parametrize(("share", "stored"), [("before", False), ("after", True)])
def test_upload_is_cut_before_it_counts_or_after(
    talk: Talk, tiktok: Simulator, token: str, share: str, *, stored: bool
) -> None:
    kinds: Counter[str] = Counter()
    for seed in range(12):
        task = start_task(talk, token, size=200_000)
        tiktok.weather(seed, endpoints=["upload"], **{share: 1})
        with suppress(*CUT):
            assert talk.put(task.url, *task.piece(0)).status >= 500
        (put,) = tiktok.puts(task.publish_id)
        assert put.stored is stored
        kinds[put.fault] += 1
        tiktok.clear_faults()

    assert set(kinds) == (AFTER - {"truncated_json"} if stored else BEFORE - {"rate_limit"})


def test_armed_fault_comes_first_and_fine_weather_has_none(talk: Talk, tiktok: Simulator, token: str) -> None:
    tiktok.weather(1, before=1)
    tiktok.fault("lost_answer", "video_init")
    armed = faults(fates(talk, token, 1))
    tiktok.clear_faults()

    assert armed == ["lost_answer"]
    assert faults(fates(talk, token, 5)) == [""] * 5


@pytest.mark.parametrize("wrong", [{"before": 0.7, "after": 0.6}, {"slow": -0.1}, {"endpoints": ["nowhere"]}])
def test_impossible_weather_is_refused(tiktok: Simulator, wrong: dict[str, object]) -> None:
    with pytest.raises(ControlError):
        tiktok.weather(1, **wrong)
