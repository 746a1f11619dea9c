"""creator_info, video/init and status/fetch."""

from typing import Any

import pytest

from tiktok.tests.integration.simulator.talk import Talk, start_task
from tiktok.tests.simulator_process import Simulator

MIB = 1024 * 1024


def publish_one(talk: Talk, token: str) -> None:
    task = start_task(talk, token)
    assert talk.put(task.url, *task.piece(0)).status == 201


def test_creator_info_of_a_public_account(talk: Talk, tiktok: Simulator, maren: str, token: str) -> None:
    tiktok.create_user("maren", comment_disabled=True, max_video_post_duration_sec=180)
    data = talk.creator_info(token).json()["data"]

    assert data.pop("creator_avatar_url").startswith(tiktok.base_url)
    assert data == {
        "creator_username": "maren",
        "creator_nickname": "Maren Bakes",
        "privacy_level_options": ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"],
        "comment_disabled": True,
        "duet_disabled": False,
        "stitch_disabled": False,
        "max_video_post_duration_sec": 180,
    }


def test_creator_info_of_a_private_account(talk: Talk, tiktok: Simulator, maren: str, token: str) -> None:
    tiktok.create_user("maren", is_private=True)
    data = talk.creator_info(token).json()["data"]

    assert data["privacy_level_options"] == ["FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
    assert (data["duet_disabled"], data["stitch_disabled"]) == (True, True)


@pytest.mark.parametrize("path", ["creator_info/query", "video/init", "status/fetch"])
def test_posting_needs_its_scope(talk: Talk, tiktok: Simulator, maren: str, path: str) -> None:
    token = tiktok.grant(maren, scopes=["user.info.basic"]).access_token

    assert talk.publish(path, token, {}).outcome == (401, "scope_not_authorized")


def test_init_gives_an_id_and_an_address(talk: Talk, tiktok: Simulator, token: str) -> None:
    data = talk.init(token).json()["data"]

    assert sorted(data) == ["publish_id", "upload_url"]
    assert data["publish_id"].startswith("v_pub_file~")
    assert len(data["publish_id"]) <= 64
    assert data["upload_url"].startswith(f"{tiktok.base_url}/upload/?upload_id=")
    assert len(data["upload_url"]) <= 256


@pytest.mark.parametrize(
    ("size", "chunk", "count"),
    [
        (1, 1, 1),
        (4_999_999, 4_999_999, 1),
        (64_000_000, 64_000_000, 1),
        (20_000_000, 15_000_000, 1),
        (20_000_000, 10_000_000, 2),
        (50_000_123, 10_000_000, 5),
        (64_000_001, 10_000_000, 6),
        (4 * 1024 * MIB, 10_000_000, 429),
        (4 * 1024 * MIB, 5 * MIB, 819),
    ],
)
def test_plans_by_the_rules_are_accepted(talk: Talk, token: str, size: int, chunk: int, count: int) -> None:
    assert talk.init(token, size=size, chunk=chunk, count=count).outcome == (200, "ok")


@pytest.mark.parametrize(
    ("size", "chunk", "count"),
    [
        (0, 1, 1),
        (1000, 500, 2),
        (1000, 2000, 1),
        (64_000_001, 64_000_001, 1),
        (100_000_000, 64_000_000, 1),
        (100_000_000, 65_000_000, 1),
        (100_000_000, 10_000_000, 11),
        (99_999_999, 10_000_000, 10),
        (20_000_000, 4_999_999, 4),
        (20_000_000, 0, 1),
        (20_000_000, -5, 1),
        (4 * 1024 * MIB + 1, 10_000_000, 429),
    ],
)
def test_other_plans_are_refused(talk: Talk, token: str, size: int, chunk: int, count: int) -> None:
    source = {"source": "FILE_UPLOAD", "video_size": size, "chunk_size": chunk, "total_chunk_count": count}
    body = {"post_info": {"privacy_level": "SELF_ONLY"}, "source_info": source}

    assert talk.publish("video/init", token, body).outcome == (400, "invalid_params")


@pytest.mark.parametrize(
    "post_info",
    [
        {"description": "not for videos"},
        {"title": 5},
        {"title": "x" * 2201},
        {"title": "🎬" * 1101},
        {"disable_comment": 1},
        {"is_aigc": "true"},
        {"video_cover_timestamp_ms": 1.5},
        {"video_cover_timestamp_ms": True},
        {"video_cover_timestamp_ms": 2**31},
        {"brand_content_toggle": True},
    ],
)
def test_bad_post_info_is_refused(talk: Talk, token: str, post_info: dict[str, Any]) -> None:
    assert talk.init(token, **post_info).outcome == (400, "invalid_params")


def test_longest_title_is_counted_in_utf_16(talk: Talk, tiktok: Simulator, token: str) -> None:
    start_task(talk, token, title="🎬" * 1100)

    assert tiktok.posts()[0].post_info["title"] == "🎬" * 1100


@pytest.mark.parametrize(
    "body",
    [
        {"source_info": {"source": "FILE_UPLOAD", "video_size": 10, "chunk_size": 10}},
        {"source_info": {"source": "PULL_FROM_URL"}},
        {"source_info": {"source": "PULL_FROM_URL", "video_url": "https://x.example/a.mp4", "video_size": 10}},
        {"source_info": {"source": "PULL_FROM_URL", "video_url": "x.example/a.mp4"}},
        {"source_info": []},
        {"source_info": {}},
        {"media_type": "VIDEO"},
    ],
)
def test_bad_body_is_refused(talk: Talk, token: str, body: dict[str, Any]) -> None:
    answer = talk.publish("video/init", token, {"post_info": {"privacy_level": "SELF_ONLY"}, **body})

    assert answer.outcome == (400, "invalid_params")


@pytest.mark.parametrize("body", ["", "{", "[]", "[" * 500_000, '{"post_info": {"title": "\\ud800"}}', b"\xff"])
def test_body_that_makes_no_sense_is_refused(talk: Talk, token: str, body: str | bytes) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    answer = talk.send("POST", "/v2/post/publish/video/init/", body, headers)
    assert answer.outcome == (400, "invalid_params")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_body_that_is_not_called_json_is_refused(talk: Talk, token: str, kind: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}

    answer = talk.send("POST", "/v2/post/publish/video/init/", "{}", headers)
    assert answer.outcome == (400, "invalid_params")


@pytest.mark.parametrize("level", ["FOLLOWER_OF_CREATOR", "PUBLIC", ""])
def test_level_that_the_creator_lacks_is_a_mismatch(talk: Talk, token: str, level: str) -> None:
    assert talk.init(token, privacy_level=level).outcome == (403, "privacy_level_option_mismatch")


@pytest.mark.parametrize(
    ("is_private", "level", "code"),
    [
        (False, "SELF_ONLY", "unaudited_client_can_only_post_to_private_accounts"),
        (True, "FOLLOWER_OF_CREATOR", "unaudited_client_can_only_post_to_private_accounts"),
        (True, "SELF_ONLY", "ok"),
    ],
)
def test_unaudited_app_posts_privately_to_private_accounts(
    talk: Talk, tiktok: Simulator, maren: str, token: str, is_private: bool, level: str, code: str
) -> None:
    tiktok.create_app(audited=False)
    tiktok.create_user("maren", is_private=is_private)

    assert talk.init(token, privacy_level=level).code == code


def test_unaudited_app_has_five_posting_users_a_day(talk: Talk, tiktok: Simulator) -> None:
    tiktok.create_app(audited=False)
    tokens = [tiktok.grant(tiktok.create_user(f"user{n}", is_private=True)).access_token for n in range(6)]
    codes = [talk.init(token).code for token in tokens]

    assert codes == ["ok"] * 5 + ["reached_active_user_cap"]
    assert talk.init(tokens[0]).code == "ok"
    assert talk.creator_info(tokens[5]).outcome == (200, "reached_active_user_cap")


def test_creator_has_a_daily_cap(talk: Talk, tiktok: Simulator, token: str) -> None:
    tiktok.create_app(post_cap=2)
    for _ in range(2):
        publish_one(talk, token)

    assert talk.init(token).outcome == (403, "spam_risk_too_many_posts")
    assert talk.creator_info(token).outcome == (200, "spam_risk_too_many_posts")


def test_cap_also_meets_uploads_that_finish_too_late(talk: Talk, tiktok: Simulator, token: str) -> None:
    tiktok.create_app(post_cap=1)
    late = start_task(talk, token)
    publish_one(talk, token)
    talk.put(late.url, *late.piece(0))
    tiktok.advance(2)

    assert talk.status(token, late.publish_id)["fail_reason"] == "spam_risk_too_many_posts"


def test_failed_post_does_not_count_towards_the_cap(talk: Talk, tiktok: Simulator, token: str) -> None:
    tiktok.create_app(post_cap=1)
    tiktok.fault("fail_reason", reason="internal")
    publish_one(talk, token)

    assert talk.init(token).outcome == (200, "ok")


def test_banned_creator_cannot_post(talk: Talk, tiktok: Simulator, maren: str, token: str) -> None:
    tiktok.create_user("maren", banned=True)

    assert talk.creator_info(token).outcome == (200, "spam_risk_user_banned_from_posting")
    assert talk.init(token).outcome == (403, "spam_risk_user_banned_from_posting")


@pytest.mark.parametrize("body", [{}, {"publish_id": "unknown"}])
def test_unknown_publish_id_is_invalid(talk: Talk, token: str, body: dict[str, str]) -> None:
    assert talk.publish("status/fetch", token, body).outcome == (400, "invalid_publish_id")


def test_foreign_publish_id_is_not_told(talk: Talk, tiktok: Simulator, token: str) -> None:
    task = start_task(talk, token)
    stranger = tiktok.grant(tiktok.create_user("ole")).access_token

    answer = talk.publish("status/fetch", stranger, {"publish_id": task.publish_id})
    assert answer.outcome == (400, "token_not_authorized_for_specified_publish_id")


def test_status_is_not_a_get(talk: Talk, token: str) -> None:
    answer = talk.send(
        "GET", "/v2/post/publish/status/fetch/?publish_id=x", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status == 404


def test_window_slides_over_one_minute(talk: Talk, tiktok: Simulator, maren: str, token: str) -> None:
    codes = [talk.init(token).code for _ in range(3)]
    tiktok.advance(30)
    codes += [talk.init(token).code for _ in range(4)]
    tiktok.advance(30.1)
    codes += [talk.init(token).code for _ in range(4)]

    assert codes == ["ok"] * 6 + ["rate_limit_exceeded"] + ["ok"] * 3 + ["rate_limit_exceeded"]
    assert talk.init(tiktok.grant(maren).access_token).code == "ok"


@pytest.mark.parametrize(("path", "limit"), [("creator_info/query", 20), ("status/fetch", 30)])
def test_each_endpoint_has_its_own_limit(talk: Talk, token: str, path: str, limit: int) -> None:
    body = None if path.startswith("creator") else {"publish_id": "x"}
    statuses = [talk.publish(path, token, body).status for _ in range(limit + 1)]

    assert statuses.count(429) == 1
    assert talk.init(token).status == 200


def test_limits_can_be_switched_off(talk: Talk, tiktok: Simulator, token: str) -> None:
    tiktok.create_app(rate_limits=False)

    assert [talk.init(token).status for _ in range(7)] == [200] * 7
