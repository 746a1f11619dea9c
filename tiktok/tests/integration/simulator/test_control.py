"""The control API."""

import json

import pytest

from tiktok.tests.integration.simulator.talk import Talk, start_task
from tiktok.tests.simulator_process import ControlError, Simulator


def test_reset_empties_the_world(talk: Talk, tiktok: Simulator, token: str) -> None:
    start_task(talk, token)
    tiktok.fault("slow", times=-1)
    tiktok.advance(10_000)
    before = tiktok.now()
    tiktok.reset()

    assert before - tiktok.now() > 9_000
    assert [tiktok.get(kind)["items"] for kind in ("users", "posts", "grants", "requests", "puts", "faults")] == [
        []
    ] * 6
    assert [app["client_key"] for app in tiktok.get("apps")["items"]] == ["sim-client-key"]
    assert talk.user_info(token).code == "access_token_invalid"


def test_demo_world_has_six_people(tiktok: Simulator) -> None:
    tiktok.reset(demo=True)
    users = tiktok.get("users")["items"]

    assert len({user["display_name"] for user in users}) == 6
    assert {user["is_private"] for user in users} == {True, False}
    assert {user["comment_disabled"] for user in users} == {True, False}


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("users", {}, "id"),
        ("users", {"username": "x", "shoe_size": 42}, "shoe_size"),
        ("users", {"username": "x", "is_private": "yes"}, "is_private"),
        ("apps", {"client_key": "x", "type": "toaster"}, "type"),
        ("apps", {"client_key": "x", "redirect_uris": ["http://example.com/x/"]}, "http://example.com/x/"),
        ("apps", {"client_key": "x", "redirect_uris": ["http://127.0.0.1/x/"]}, "http://127.0.0.1/x/"),
        ("grants", {"user": "nobody"}, "nobody"),
        ("grants", {"user": "maren", "scopes": ["all"]}, "scopes"),
        ("clock", {"advance_s": "much"}, "advance_s"),
        ("posts/act", {"publish_id": "x", "act": "finish"}, "post"),
        ("nowhere", {}, "/_sim/nowhere"),
    ],
)
def test_bad_request_names_the_fault(
    tiktok: Simulator, maren: str, path: str, body: dict[str, object], named: str
) -> None:
    with pytest.raises(ControlError, match=named):
        tiktok.post(path, **body)


def test_other_hosts_and_other_content_types_are_kept_out(talk: Talk) -> None:
    rebound = talk.send("GET", "/_sim/users", headers={"Host": "evil.example"})
    simple = talk.send("POST", "/_sim/reset", "{}", {"Content-Type": "text/plain"})

    assert (rebound.status, simple.status) == (403, 400)


def test_records_and_lists_hold_no_token(talk: Talk, tiktok: Simulator, maren: str) -> None:
    tokens = tiktok.grant(maren)
    refreshed = talk.refresh(tokens.refresh_token).json()
    task = start_task(talk, tokens.access_token)
    talk.put(task.url, *task.piece(0))
    talk.user_info(tokens.access_token)
    told = json.dumps([tiktok.get(kind) for kind in ("requests", "puts", "posts", "grants", "users")])

    secrets = [tokens.access_token, tokens.refresh_token, refreshed["access_token"], task.url.rpartition("=")[2]]
    assert [secret in told for secret in secrets] == [False] * 4
    assert [(call.endpoint, call.user, call.status) for call in tiktok.requests()] == [
        ("token", "maren", 200),
        ("video_init", "maren", 200),
        ("upload", "maren", 201),
        ("user_info", "maren", 200),
    ]


def test_user_keeps_what_a_change_does_not_name(tiktok: Simulator) -> None:
    tiktok.create_user("maren", display_name="Maren", follower_count=5)
    tiktok.create_user("maren", is_private=True)

    (user,) = tiktok.get("users")["items"]
    assert (user["display_name"], user["follower_count"], user["is_private"]) == ("Maren", 5, True)


def test_handle_can_change_while_the_user_stays(tiktok: Simulator, maren: str) -> None:
    open_id = tiktok.grant(maren).open_id
    tiktok.create_user("maren.new", id=maren)

    assert [user["username"] for user in tiktok.get("users")["items"]] == ["maren.new"]
    assert tiktok.grant(maren).open_id == open_id


def test_single_tokens_can_be_expired(talk: Talk, tiktok: Simulator, maren: str) -> None:
    tokens = tiktok.grant(maren)
    tiktok.expire_token(maren)
    refreshed = talk.refresh(tokens.refresh_token).json()
    tiktok.expire_token(maren, kind="refresh")

    assert talk.user_info(tokens.access_token).code == "access_token_invalid"
    assert talk.user_info(refreshed["access_token"]).status == 200
    assert talk.refresh(refreshed["refresh_token"]).code == "invalid_grant"


def test_public_post_can_be_hidden_again(talk: Talk, tiktok: Simulator, token: str) -> None:
    task = start_task(talk, token, privacy_level="PUBLIC_TO_EVERYONE")
    talk.put(task.url, *task.piece(0))
    tiktok.finish(task.publish_id)
    tiktok.reveal(task.publish_id)
    shown = talk.status(token, task.publish_id)["publicaly_available_post_id"]
    tiktok.act(task.publish_id, "hide")

    assert len(shown) == 1
    assert talk.status(token, task.publish_id)["publicaly_available_post_id"] == []


def test_post_can_be_made_to_fail(talk: Talk, tiktok: Simulator, token: str) -> None:
    task = start_task(talk, token)
    tiktok.fail(task.publish_id, "internal")

    assert talk.status(token, task.publish_id)["fail_reason"] == "internal"
    assert talk.put(task.url, *task.piece(0)).status == 404
