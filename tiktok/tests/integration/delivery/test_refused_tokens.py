"""An access token that TikTok has refused is not sent again by any process that still holds it."""

from collections.abc import Callable

import pytest

from instances.scoping import instance_scope
from tiktok.access.call import call
from tiktok.access.tokens import ReconnectNeeded
from tiktok.accounts.profile import sync_profile
from tiktok.api import content_posting
from tiktok.api.errors import TikTokError
from tiktok.api.limits import Endpoint
from tiktok.models import TikTokAccount
from tiktok.tests.races import just_after
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
Ask = Callable[[TikTokAccount], object]
REFUSED = "access_token_invalid"


def publishing(account: TikTokAccount) -> None:
    call(
        account.credential_id,
        Endpoint.CREATOR_INFO,
        lambda client, token: content_posting.query_creator_info(client, access_token=token.access_token),
    )


def profile(account: TikTokAccount) -> None:
    with instance_scope(account.instance):
        sync_profile(TikTokAccount.objects.get(pk=account.pk))


WAYS = pytest.mark.parametrize(("ask", "endpoint"), [(publishing, "creator_info"), (profile, "user_info")])


def codes(tiktok: Simulator, endpoint: str) -> list[str]:
    return [call.code for call in tiktok.requests(endpoint)]


@WAYS
def test_token_refused_to_another_thread_is_not_sent_again(
    tiktok: Simulator, linked: TikTokAccount, ask: Ask, endpoint: str
) -> None:
    tiktok.expire_token("maren")

    with just_after('SELECT "tiktok_tiktokcredential"."id"', lambda: ask(linked)):
        ask(linked)

    assert codes(tiktok, endpoint) == [REFUSED, "ok", "ok"]
    assert len(tiktok.requests("token")) == 1


@WAYS
def test_refused_token_is_not_sent_while_no_new_one_can_be_had(
    tiktok: Simulator, linked: TikTokAccount, ask: Ask, endpoint: str
) -> None:
    tiktok.expire_token("maren")
    tiktok.fault("server_error", "token", times=-1)
    for _ in range(2):
        with pytest.raises(TikTokError):
            ask(linked)
    assert codes(tiktok, endpoint) == [REFUSED]

    tiktok.clear_faults()
    ask(linked)
    assert codes(tiktok, endpoint) == [REFUSED, "ok"]


def test_new_token_that_is_refused_too_is_not_sent_again(tiktok: Simulator, linked: TikTokAccount) -> None:
    tiktok.fault("error", "creator_info", code=REFUSED, status=401, times=2)
    with pytest.raises(ReconnectNeeded):
        publishing(linked)

    publishing(linked)

    assert codes(tiktok, "creator_info") == [REFUSED, REFUSED, "ok"]
    assert len(tiktok.requests("token")) == 2
