import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from tiktok.api.client import TikTokClient
from tiktok.api.display import get_user_info, list_videos
from tiktok.api.errors import ScopeNotAuthorized, UnreadableAnswer
from tiktok.api.limits import Endpoint
from tiktok.api.secret import Secret
from tiktok.api.types import ListedVideo, Scope, UserInfo, VideoPage

URL = f"https://open.tiktokapis.com{Endpoint.USER_INFO}"
VIDEOS = f"https://open.tiktokapis.com{Endpoint.VIDEO_LIST}"
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


def page(videos: Any, **data: Any) -> dict[str, Any]:
    return {"data": {"videos": videos, **data}, "error": {"code": "ok"}}


def test_public_videos_are_listed(mocked: responses.RequestsMock, client: TikTokClient, access_token: Secret) -> None:
    video = {"id": "71", "create_time": 1_790_000_000, "title": "Bread", "video_description": "Rye", "duration": 12}
    mocked.post(VIDEOS, json=page([video, "odd"], cursor=5, has_more=True))

    assert list_videos(client, access_token=access_token, before_ms=9) == VideoPage(
        (ListedVideo("71", 1_790_000_000, "Bread", "Rye", 12),), cursor=5
    )
    request = mocked.calls[0].request
    assert parse_qs(urlsplit(str(request.url)).query) == {"fields": ["id,create_time,title,video_description,duration"]}
    assert json.loads(request.body or b"") == {"max_count": 20, "cursor": 9}


@pytest.mark.parametrize(
    "answer",
    [
        page([{"id": "71", "create_time": 1}], cursor=5, has_more=False),
        page([{"id": "71", "create_time": 1}], cursor=9, has_more=True),
        page([{"id": "71", "create_time": 1}], has_more=True),
        page([], cursor=5, has_more=True),
        page(None),
    ],
)
def test_list_of_videos_ends(
    mocked: responses.RequestsMock, client: TikTokClient, access_token: Secret, answer: dict[str, Any]
) -> None:
    """It says so, its cursor does not move, or a page is empty."""
    mocked.post(VIDEOS, json=answer)

    assert list_videos(client, access_token=access_token, before_ms=9).cursor is None


@pytest.mark.parametrize("video", [{}, {"id": 71, "create_time": 1}, {"id": "71"}])
def test_video_without_id_or_time_is_unreadable(
    mocked: responses.RequestsMock, client: TikTokClient, access_token: Secret, video: dict[str, Any]
) -> None:
    mocked.post(VIDEOS, json=page([video]))
    with pytest.raises(UnreadableAnswer):
        list_videos(client, access_token=access_token)
