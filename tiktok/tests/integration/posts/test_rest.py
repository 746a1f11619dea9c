"""POST /posts and what it answers: keys, fields, the validator, the account at TikTok."""

import base64
import json
import uuid
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from instances.models import Instance
from instances.roles import KeyScope
from instances.scoping import instance_scope
from tiktok.models import ConsentSnapshot, Media, Post, PostState, TikTokAccount
from tiktok.tests.factories import make_account, make_media, make_post
from tiktok.tests.fixtures_rest import Api, MakeApi, body_of, fields_of
from tiktok.tests.simulator_process import Simulator


@pytest.fixture
def clip(instance: Instance) -> Media:
    """A small video."""
    with instance_scope(instance):
        return make_media(instance)


def count_posts(instance: Instance) -> int:
    with instance_scope(instance):
        return Post.objects.count()


def test_a_post_is_due_at_once_with_the_consent_kept(
    api: Api, linked: TikTokAccount, clip: Media, instance: Instance, editor: User
) -> None:
    answer = api.create(body_of(linked, clip, allow_comment=True, cover_timestamp_ms=1000))
    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer
    post = answer.json()
    assert {name: post[name] for name in ("account_id", "media_ids", "mode", "source", "state", "caption")} == {
        "account_id": str(linked.pk), "media_ids": [str(clip.pk)], "mode": "DIRECT_POST", "source": "FILE_UPLOAD",
        "state": "due", "caption": "Hello",
    }  # fmt: skip
    assert (post["allow_comment"], post["allow_duet"], post["cover_timestamp_ms"]) == (True, False, 1000)
    assert (post["publish_id"], post["progress"], post["error"], post["post_ids"]) == (None, None, None, [])
    assert post["publish_at"].endswith("Z")
    with instance_scope(instance):
        consent = ConsentSnapshot.objects.get(post_id=post["id"])
        assert (consent.user, consent.channel, consent.creator_info["creator_username"]) == (editor, "api", "maren")


def test_a_request_without_a_key_of_its_own_is_refused(api: Api, linked: TikTokAccount, clip: Media) -> None:
    for headers in ({}, {"Idempotency-Key": " "}):
        answer = api.send("POST", "/posts", body_of(linked, clip), **headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")
    answer = api.create(body_of(linked, clip), key="x" * 300)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_invalid")


def test_the_same_key_and_body_is_the_same_post_even_when_tiktok_is_away(
    api: Api, linked: TikTokAccount, clip: Media, tiktok: Simulator, instance: Instance
) -> None:
    body = body_of(linked, clip)
    first = api.create(body, key="k1")
    tiktok.fault("server_error", "creator_info", times=5)
    second = api.create(dict(reversed(body.items())), key="k1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second["Idempotency-Replayed"] == "true"
    assert first.json()["id"] == second.json()["id"]
    other = api.create(body | {"caption": "Other"}, key="k1")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert count_posts(instance) == 1


def test_keys_count_per_instance(
    api: Api, linked: TikTokAccount, clip: Media, make_api: MakeApi, other_instance: Instance, outsider: User
) -> None:
    with instance_scope(other_instance):
        theirs = make_account(other_instance)
        post = make_post(theirs, idempotency_key="api:k1", idempotency_hash="x")
    answer = api.create(body_of(linked, clip), key="k1")
    assert answer.status_code == 201
    assert answer.json()["id"] != str(post.pk)


def test_a_draft_may_be_incomplete_and_asks_tiktok_nothing(api: Api, linked: TikTokAccount, tiktok: Simulator) -> None:
    answer = api.create({"account_id": str(linked.pk), "mode": "DIRECT_POST", "draft": True})
    assert answer.status_code == 201
    draft = answer.json()
    assert (draft["state"], draft["media_ids"], draft["privacy_level"], draft["publish_at"]) == (
        "draft",
        [],
        None,
        None,
    )
    assert tiktok.requests("creator_info") == []


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"consent": None}, ["consent"]),
        ({"consent": False, "privacy_level": None, "media_ids": []}, ["media_ids", "privacy_level", "consent"]),
        ({"consent": "yes"}, ["consent"]),
        ({"mode": None}, ["mode"]),
        ({"mode": "STORY"}, ["mode"]),
        ({"mode": "MEDIA_UPLOAD"}, ["caption", "privacy_level"]),
        ({"source": "PULL_FROM_URL"}, ["source"]),
        ({"title": "A", "auto_add_music": True}, ["title", "auto_add_music"]),
        ({"photo_cover_index": 1}, ["photo_cover_index"]),
        ({"privacy_level": "EVERYBODY"}, ["privacy_level"]),
        ({"privacy_level": 7}, ["privacy_level"]),
        ({"caption": "x" * 2201}, ["caption"]),
        ({"caption": "a\0b"}, ["caption"]),
        ({"caption": "\ud800"}, ["caption"]),
        ({"allow_duet": 1}, ["allow_duet"]),
        ({"cover_timestamp_ms": -1}, ["cover_timestamp_ms"]),
        ({"cover_timestamp_ms": 10**30}, ["cover_timestamp_ms"]),
        ({"cover_timestamp_ms": "5"}, ["cover_timestamp_ms"]),
        ({"brand_content": True, "privacy_level": "SELF_ONLY"}, ["brand_content"]),
        ({"account_id": "7"}, ["account_id"]),
        ({"media_ids": "7"}, ["media_ids"]),
        ({"media_ids": [str(uuid.uuid4()), str(uuid.uuid4())]}, ["media_ids", "media_ids"]),
        ({"draft": True, "publish_at": "2030-01-01T10:00:00Z"}, ["publish_at"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(
    api: Api, linked: TikTokAccount, clip: Media, tiktok: Simulator, instance: Instance,
    fields: dict[str, Any], named: list[str],
) -> None:  # fmt: skip
    answer = api.create(body_of(linked, clip, **fields))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert fields_of(answer) == named
    assert all(error["message"] for error in answer.json()["errors"])
    assert tiktok.requests("creator_info") == []  # its rate is not spent on what is refused anyway
    assert count_posts(instance) == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(api: Api, body: bytes) -> None:
    answer = api.client.generic(
        "POST", "/api/v1/posts", body, "application/json", headers={"Idempotency-Key": "k"}
    )  # fmt: skip
    assert answer.status_code in {400, 422}
    assert answer["Content-Type"] == "application/problem+json"


def test_foreign_ids_are_as_unknown_as_any(
    api: Api, linked: TikTokAccount, clip: Media, other_instance: Instance
) -> None:
    with instance_scope(other_instance):
        theirs, their_clip = make_account(other_instance), make_media(other_instance)
    foreign = api.create(body_of(theirs, their_clip))
    unknown = api.create(body_of(theirs, their_clip, account_id=str(uuid.uuid4()), media_ids=[str(uuid.uuid4())]))
    assert (foreign.status_code, fields_of(foreign)) == (422, ["account_id", "media_ids"])
    assert foreign.json() == unknown.json()
    assert fields_of(api.create(body_of(linked, their_clip))) == ["media_ids"]


def test_what_tiktok_does_not_offer_is_named(
    api: Api, linked: TikTokAccount, clip: Media, tiktok: Simulator, instance: Instance
) -> None:
    tiktok.create_user("maren", duet_disabled=True, max_video_post_duration_sec=10)
    answer = api.create(body_of(linked, clip, allow_duet=True))
    assert (answer.status_code, sorted(fields_of(answer))) == (422, ["allow_duet", "media_ids"])
    assert count_posts(instance) == 0


def test_an_unwell_account_is_a_conflict_and_an_unwell_tiktok_is_not(
    api: Api, linked: TikTokAccount, clip: Media, tiktok: Simulator, instance: Instance
) -> None:
    tiktok.fault("server_error", "creator_info", times=9)
    answer = api.create(body_of(linked, clip), key="k1")
    assert answer.status_code == 503
    tiktok.clear_faults()
    assert api.create(body_of(linked, clip), key="k1").status_code == 201  # the key was not burnt
    with instance_scope(instance):
        TikTokAccount.objects.update(status="reconnect_needed")
    answer = api.create(body_of(linked, clip))
    assert (answer.status_code, answer.json()["code"]) == (409, "reconnect_needed")
    assert answer.json()["detail"]


def test_tiktoks_refusal_brings_its_code_and_log_id(
    api: Api, linked: TikTokAccount, clip: Media, tiktok: Simulator
) -> None:
    tiktok.fault("error", "creator_info", code="spam_risk_user_banned_from_posting")
    answer = api.create(body_of(linked, clip))
    assert (answer.status_code, answer.json()["code"]) == (409, "spam_risk_user_banned_from_posting")
    assert answer.json()["tiktok_code"] == "spam_risk_user_banned_from_posting"
    assert answer.json()["log_id"]


@pytest.mark.parametrize(
    ("scopes", "draft", "status"),
    [
        ([KeyScope.POSTS_WRITE], True, 201),
        ([KeyScope.POSTS_WRITE], False, 403),
        ([KeyScope.POSTS_PUBLISH], True, 403),
        ([KeyScope.POSTS_PUBLISH], False, 201),
        ([KeyScope.POSTS_READ], True, 403),
    ],
)
def test_drafts_and_publishing_have_scopes_of_their_own(
    make_api: MakeApi,
    editor: User,
    linked: TikTokAccount,
    clip: Media,
    scopes: list[KeyScope],
    draft: bool,
    status: int,
) -> None:
    answer = make_api(editor, *scopes).create(body_of(linked, clip, draft=draft))
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "scope_missing"


def test_creator_info_is_what_tiktok_says_now(
    api: Api, linked: TikTokAccount, tiktok: Simulator, other_instance: Instance
) -> None:
    tiktok.create_user("maren", comment_disabled=True)
    offer = api.get(f"/accounts/{linked.pk}/creator-info").json()
    assert (offer["creator_username"], offer["comment_disabled"], offer["duet_disabled"]) == ("maren", True, False)
    assert "SELF_ONLY" in offer["privacy_level_options"]
    with instance_scope(other_instance):
        theirs = make_account(other_instance)
    assert api.get(f"/accounts/{theirs.pk}/creator-info").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_takes_the_same_queries_however_long(
    api: Api, linked: TikTokAccount, clip: Media, instance: Instance, count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    for _ in range(count):
        assert api.create(body_of(linked, clip)).status_code == 201
    with django_assert_num_queries(6):  # one of them counts the request
        assert len(api.get("/posts").json()["items"]) == count


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00"])
def test_a_made_up_cursor_only_finds_what_there_is(api: Api, linked: TikTokAccount, at: str) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps([at, str(uuid.uuid4())]).encode()).decode()
    assert api.get("/posts", cursor=cursor).json() == {"items": [], "next_cursor": None}


def test_the_list_is_narrowed_and_paged(
    api: Api, linked: TikTokAccount, clip: Media, instance: Instance, other_instance: Instance
) -> None:
    with instance_scope(instance):
        other = make_account(instance, name="Other")
        made = [str(make_post(linked).pk) for _ in range(3)]
        cancelled = str(make_post(other, state=PostState.CANCELLED).pk)
    with instance_scope(other_instance):
        make_post(make_account(other_instance))
    first = api.get("/posts", limit=3).json()
    rest = api.get("/posts", limit=3, cursor=first["next_cursor"]).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == [cancelled, *reversed(made)]
    assert rest["next_cursor"] is None
    assert [item["id"] for item in api.get("/posts", state="cancelled").json()["items"]] == [cancelled]
    assert len(api.get("/posts", state=["cancelled", "draft"]).json()["items"]) == 4
    assert len(api.get("/posts", account_id=linked.pk).json()["items"]) == 3
    assert api.get("/posts", account_id=uuid.uuid4()).json()["items"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"state": "flying"}, "state"),
        ({"account_id": "7"}, "account_id"),
        ({"cursor": "7"}, "cursor"),
        ({"cursor": base64.b64encode(b'{"a": 1}').decode()}, "cursor"),
        ({"cursor": base64.b64encode(b'["2026-01-01", 5]').decode()}, "cursor"),
        ({"cursor": base64.b64encode(b"[" * 2500).decode()}, "cursor"),
        ({"limit": "0"}, "limit"),
        ({"limit": "x"}, "limit"),
    ],
)
def test_odd_queries_are_named(api: Api, query: dict[str, str], field: str) -> None:
    answer = api.get("/posts", **query)
    assert (answer.status_code, fields_of(answer)) == (422, [field])


def test_draft_takes_an_empty_visibility_for_none(api: Api, linked: TikTokAccount) -> None:
    answer = api.create({"account_id": str(linked.pk), "mode": "DIRECT_POST", "draft": True, "privacy_level": ""})

    assert (answer.status_code, answer.json()["privacy_level"]) == (201, None)
