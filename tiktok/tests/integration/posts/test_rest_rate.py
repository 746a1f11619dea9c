"""TikTok's rate per account, in the API: one status, one code, and the time to try again."""

from collections.abc import Callable

import pytest

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.access import throttle
from tiktok.api.limits import Endpoint
from tiktok.models import Media, TikTokAccount
from tiktok.tests.factories import make_media
from tiktok.tests.fixtures_rest import Answer, Api, body_of
from tiktok.tests.simulator_process import Simulator

Call = Callable[[Api, TikTokAccount, Media], Answer]
CALLS: dict[str, Call] = {
    "creator-info": lambda api, account, _clip: api.get(f"/accounts/{account.pk}/creator-info"),
    "create": lambda api, account, clip: api.create(body_of(account, clip)),
    "publish": lambda api, account, clip: api.publish(
        api.create(body_of(account, clip, draft=True, consent=None)).json()["id"]
    ),
}


@pytest.fixture
def clip(instance: Instance) -> Media:
    with instance_scope(instance):
        return make_media(instance)


@pytest.fixture(params=CALLS)
def call(request: pytest.FixtureRequest) -> Call:
    return CALLS[request.param]


def test_account_at_its_rate_answers_429_with_a_time(
    call: Call, api: Api, linked: TikTokAccount, clip: Media, tiktok: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    throttle.gate(linked.credential_id, Endpoint.CREATOR_INFO, seconds=40)

    answer = call(api, linked, clip)

    assert (answer.status_code, answer.json()["code"]) == (429, "rate")
    assert 30 < int(answer["Retry-After"]) <= 44
    assert answer.json()["detail"] == (
        "This account has reached TikTok’s limit of calls per minute. Try again after the time in Retry-After."
    )
    assert tiktok.requests("creator_info") == []
    assert [record.levelname for record in caplog.records if record.levelname == "ERROR"] == []


def test_tiktoks_own_429_answers_429_with_a_time(
    call: Call, api: Api, linked: TikTokAccount, clip: Media, tiktok: Simulator
) -> None:
    tiktok.fault("error", "creator_info", code="rate_limit_exceeded", status=429)

    answer = call(api, linked, clip)

    assert (answer.status_code, answer.json()["code"]) == (429, "rate")
    assert answer.json()["tiktok_code"] == "rate_limit_exceeded"
    assert int(answer["Retry-After"]) >= 60


def test_outage_of_tiktok_answers_503_with_a_time_and_no_words_of_the_page(
    call: Call, api: Api, linked: TikTokAccount, clip: Media, tiktok: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    tiktok.fault("server_error", "creator_info", times=9)

    answer = call(api, linked, clip)

    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "page" not in answer.json()["detail"]
    assert [record.levelname for record in caplog.records if record.name == "django.request"] == ["WARNING"]
