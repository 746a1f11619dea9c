from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from tiktok.api.client import TikTokClient
from tiktok.api.display import get_user_info
from tiktok.api.errors import ScopeNotAuthorized, UnreadableAnswer
from tiktok.api.limits import Endpoint
from tiktok.api.secret import Secret
from tiktok.api.types import Scope, UserInfo

URL = f"https://open.tiktokapis.com{Endpoint.USER_INFO}"
BASIC = "open_id,union_id,avatar_url,display_name"
PROFILE = "username,bio_description,profile_deep_link,is_verified"
STATS = "follower_count,following_count,likes_count,video_count"


@pytest.mark.parametrize(
    ("scopes", "fields"),
    [
        (["user.info.basic"], BASIC),
        (["video.publish", "user.info.stats", "user.info.basic"], f"{BASIC},{STATS}"),
        (list(Scope), f"{BASIC},{PROFILE},{STATS}"),
    ],
)
def test_exactly_the_fields_of_the_granted_scopes_are_asked_for(
    mocked: responses.RequestsMock, client: TikTokClient, access_token: Secret, scopes: list[str], fields: str
) -> None:
    mocked.get(URL, json={"data": {"user": {"open_id": "o"}}, "error": {"code": "ok"}})

    assert get_user_info(client, access_token=access_token, scopes=scopes) == UserInfo(open_id="o")
    request = mocked.calls[0].request
    assert parse_qs(urlsplit(str(request.url)).query) == {"fields": [fields]}
    assert request.headers["Authorization"] == f"Bearer {access_token.reveal()}"


def test_whole_profile_is_read(mocked: responses.RequestsMock, client: TikTokClient, access_token: Secret) -> None:
    user = {
        "open_id": "o",
        "union_id": "u",
        "avatar_url": "https://p16.example/a.jpeg",
        "display_name": "Ann 😀",
        "username": "ann",
        "bio_description": "",
        "profile_deep_link": "https://vm.tiktok.com/x",
        "is_verified": False,
        "follower_count": 3_000_000_000,
        "following_count": 0,
        "likes_count": "12",
        "video_count": None,
    }
    mocked.get(URL, json={"data": {"user": user}, "error": {"code": "ok"}})

    assert get_user_info(client, access_token=access_token, scopes=list(Scope)) == UserInfo(
        open_id="o",
        union_id="u",
        avatar_url="https://p16.example/a.jpeg",
        display_name="Ann 😀",
        username="ann",
        bio_description=None,
        profile_deep_link="https://vm.tiktok.com/x",
        is_verified=False,
        follower_count=3_000_000_000,
        following_count=0,
        likes_count=12,
        video_count=None,
    )


def test_without_the_basic_scope_nothing_is_asked(
    mocked: responses.RequestsMock, client: TikTokClient, access_token: Secret
) -> None:
    with pytest.raises(ScopeNotAuthorized):
        get_user_info(client, access_token=access_token, scopes=["user.info.stats"])


@pytest.mark.parametrize("user", [None, [], {}, {"open_id": 1}])
def test_profile_without_an_open_id_is_unreadable(
    mocked: responses.RequestsMock, client: TikTokClient, access_token: Secret, user: object
) -> None:
    mocked.get(URL, json={"data": {"user": user}, "error": {"code": "ok"}})
    with pytest.raises(UnreadableAnswer):
        get_user_info(client, access_token=access_token, scopes=["user.info.basic"])
