"""video/list and video/query: the user's public posts."""

from pathlib import Path
from typing import Any

import pytest

from tiktok.tests import recordings
from tiktok.tests.integration.simulator.talk import Json, Talk, start_task
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.media_server import MediaServer
from tiktok.tests.simulator_process import Simulator


def publish(talk: Talk, tiktok: Simulator, token: str, **post_info: Any) -> str:
    """Publish a video publicly; its id as TikTok lists it."""
    task = start_task(talk, token, **{"privacy_level": "PUBLIC_TO_EVERYONE", **post_info})
    talk.put(task.url, *task.piece(0))
    tiktok.advance(10)
    (post,) = tiktok.posts(publish_id=task.publish_id)
    return str(next(iter(post.public_ids), ""))


@pytest.fixture(autouse=True)
def unlimited(tiktok: Simulator) -> None:
    tiktok.create_app(rate_limits=False, post_cap=100)


def listed(talk: Talk, token: str, fields: str = "id", **body: Any) -> Json:
    answer = talk.videos("list", token, body, fields)
    assert answer.outcome == (200, "ok"), answer.body
    data: Json = answer.json()["data"]
    return data


def test_public_post_is_listed_with_what_identifies_it(talk: Talk, tiktok: Simulator, token: str) -> None:
    caption = "x" * 149 + "🎬🎬"
    post_id = publish(talk, tiktok, token, title=caption, is_aigc=True)
    publish(talk, tiktok, token, privacy_level="SELF_ONLY")
    (post, _) = tiktok.posts()
    fields = "id,create_time,title,video_description,duration,share_url,is_aigc,like_count"
    data = listed(talk, token, fields)

    assert data["has_more"] is False
    assert data["videos"] == [
        {
            "id": post_id,
            "create_time": int(post.publications[0].created_at),
            "title": "x" * 149 + "🎬",
            "video_description": "x" * 149 + "🎬",
            "duration": 0,
            "share_url": f"https://www.tiktok.com/@maren/video/{post_id}?utm_campaign=tt4d_open_api"
            "&utm_source=sim-client-key",
            "is_aigc": True,
            "like_count": 0,
        }
    ]


def test_listed_duration_is_that_of_the_recording(talk: Talk, tiktok: Simulator, token: str, tmp_path: Path) -> None:
    video = recordings.write(tmp_path / "clip.mp4", recordings.picture(recordings.steady(30, 4)))
    answer = talk.init(token, size=len(video), privacy_level="PUBLIC_TO_EVERYONE").json()["data"]
    talk.put(answer["upload_url"], video, 0, len(video))
    tiktok.advance(10)

    assert listed(talk, token, "duration")["videos"] == [{"duration": 4}]
    assert tiktok.posts()[0].duration_s == 4


def test_list_is_newest_first_and_turns_pages_by_its_cursor(talk: Talk, tiktok: Simulator, token: str) -> None:
    ids = [publish(talk, tiktok, token) for _ in range(5)]
    first = listed(talk, token, max_count=2)
    second = listed(talk, token, max_count=2, cursor=first["cursor"])
    last = listed(talk, token, max_count=2, cursor=second["cursor"])

    pages = [[video["id"] for video in page["videos"]] for page in (first, second, last)]
    assert pages == [[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]]]
    assert [page["has_more"] for page in (first, second, last)] == [True, True, False]
    assert abs(first["cursor"] / 1000 - tiktok.now()) < 60


def test_list_ends_with_an_empty_page(talk: Talk, tiktok: Simulator, token: str) -> None:
    publish(talk, tiktok, token)
    cursor = listed(talk, token)["cursor"]

    assert listed(talk, token, cursor=cursor) == {"videos": [], "cursor": cursor, "has_more": False}


def test_ten_are_listed_unless_another_number_is_asked_for(talk: Talk, tiktok: Simulator, token: str) -> None:
    for _ in range(11):
        publish(talk, tiktok, token)

    assert (len(listed(talk, token)["videos"]), len(listed(talk, token, max_count=20)["videos"])) == (10, 11)


def test_list_holds_posts_of_all_apps_and_of_this_user_only(
    talk: Talk, tiktok: Simulator, maren: str, token: str
) -> None:
    tiktok.create_app("other")
    theirs = publish(talk, tiktok, tiktok.grant(maren, client_key="other").access_token)
    publish(talk, tiktok, tiktok.grant(tiktok.create_user("ole")).access_token)

    assert [video["id"] for video in listed(talk, token)["videos"]] == [theirs]


def test_hidden_post_leaves_the_list(talk: Talk, tiktok: Simulator, token: str) -> None:
    post_id = publish(talk, tiktok, token)
    tiktok.hide(tiktok.posts()[0].publish_id)
    hidden = listed(talk, token)["videos"]
    tiktok.reveal(tiktok.posts()[0].publish_id)

    assert (hidden, listed(talk, token)["videos"]) == ([], [{"id": post_id}])


def test_photos_are_listed_unless_a_setting_says_otherwise(
    talk: Talk, tiktok: Simulator, token: str, media: MediaServer
) -> None:
    media.add("1.jpg", b"no picture")
    info = {"privacy_level": "PUBLIC_TO_EVERYONE", "title": "A title", "description": "A description"}
    talk.photos(token, [media.url("1.jpg")], post_info=info)
    wait_until(lambda: tiktok.posts()[0].finished_at, what="the photo is there")
    failed = listed(talk, token)["videos"]
    media.add("1.jpg", recordings.image("JPEG"))
    publish_id = talk.photos(token, [media.url("1.jpg")], post_info=info).publish_id
    wait_until(lambda: tiktok.posts(publish_id=publish_id)[0].finished_at, what="the photo is there")
    tiktok.advance(10)
    shown = listed(talk, token, "title,video_description,duration")["videos"]
    tiktok.settings(lists_photos=False)

    assert (failed, listed(talk, token)["videos"]) == ([], [])
    assert shown == [{"title": "A title", "video_description": "A description", "duration": 0}]


def test_query_finds_own_public_posts_by_id(talk: Talk, tiktok: Simulator, token: str) -> None:
    mine, private = publish(talk, tiktok, token), publish(talk, tiktok, token, privacy_level="SELF_ONLY")
    stranger = tiktok.grant(tiktok.create_user("ole")).access_token
    theirs = publish(talk, tiktok, stranger)
    answer = talk.videos("query", token, {"filters": {"video_ids": [mine, theirs, "1"]}}, "id,title")

    assert private == ""
    assert answer.json()["data"] == {"videos": [{"id": mine, "title": "A title"}]}


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("list", {}, ""),
        ("list", {}, "id,shoe_size"),
        ("list", {"max_count": 21}, "id"),
        ("list", {"max_count": 0}, "id"),
        ("list", {"cursor": "now"}, "id"),
        ("list", {"page": 1}, "id"),
        ("query", {}, "id"),
        ("query", {"filters": {"video_ids": []}}, "id"),
        ("query", {"filters": {"video_ids": [5]}}, "id"),
        ("query", {"filters": {"video_ids": ["5"] * 21}}, "id"),
    ],
)
def test_other_requests_are_refused(talk: Talk, token: str, path: str, body: Json, fields: str) -> None:
    assert talk.videos(path, token, body, fields).outcome == (400, "invalid_params")


@pytest.mark.parametrize(("path", "body"), [("list", {}), ("query", {"filters": {"video_ids": ["1"]}})])
def test_both_need_the_scope(talk: Talk, tiktok: Simulator, maren: str, path: str, body: Json) -> None:
    token = tiktok.grant(maren, scopes=["video.publish"]).access_token

    assert talk.videos(path, token, body).outcome == (401, "scope_not_authorized")


def test_list_needs_no_body(talk: Talk, token: str) -> None:
    answer = talk.send("POST", "/v2/video/list/?fields=id", headers={"Authorization": f"Bearer {token}"})

    assert answer.outcome == (200, "ok")
