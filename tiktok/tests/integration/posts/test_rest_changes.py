"""Drafts, changes, publishing, cancelling, deleting, the history, and what a post says of itself."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from instances.models import Instance
from instances.roles import KeyScope
from instances.scoping import instance_scope
from tiktok.models import AttentionReason, ConsentSnapshot, Media, Post, PostState, TikTokAccount
from tiktok.tests.factories import make_account, make_media, make_post
from tiktok.tests.fixtures_posts import Worker
from tiktok.tests.fixtures_rest import Answer, Api, MakeApi, body_of, fields_of
from tiktok.tests.simulator_process import Simulator

SOON = "2099-01-01T10:00:00Z"


@pytest.fixture
def clip(instance: Instance) -> Media:
    """A small video."""
    with instance_scope(instance):
        return make_media(instance)


@pytest.fixture
def draft(api: Api, linked: TikTokAccount, clip: Media) -> str:
    """The id of a draft that lacks nothing."""
    return str(api.create(body_of(linked, clip, draft=True, allow_comment=True)).json()["id"])


@pytest.fixture
def put_in(instance: Instance) -> Callable[..., None]:
    """Move a post somewhere by hand."""

    def put(post_id: str, state: PostState, **changes: Any) -> None:
        with instance_scope(instance):
            Post.objects.filter(pk=post_id).update(state=state, **changes)

    return put


def patch(api: Api, post_id: str, **changes: Any) -> Answer:
    return api.send("PATCH", f"/posts/{post_id}", changes)


def cancel(api: Api, post_id: str) -> Answer:
    return api.send("POST", f"/posts/{post_id}/cancel")


def test_only_what_is_sent_changes(api: Api, draft: str, clip: Media) -> None:
    before = api.get(f"/posts/{draft}").json()
    answer = patch(api, draft, caption="New", cover_timestamp_ms=500)
    assert answer.status_code == 200
    assert answer.json() == before | {
        "caption": "New", "cover_timestamp_ms": 500, "updated_at": answer.json()["updated_at"],
    }  # fmt: skip
    emptied = patch(api, draft, cover_timestamp_ms=None, media_ids=[], privacy_level=None).json()
    assert (emptied["cover_timestamp_ms"], emptied["media_ids"], emptied["privacy_level"]) == (None, [], None)
    assert emptied["caption"] == "New"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"caption": None}, ["caption"]),
        ({"caption": "x" * 2201}, ["caption"]),
        ({"account_id": str(uuid.uuid4())}, ["account_id"]),
        ({"publish_at": SOON}, ["publish_at"]),
        ({"title": "x"}, ["title"]),
        ({"media_ids": [str(uuid.uuid4())]}, ["media_ids"]),
    ],
)
def test_a_change_that_cannot_be_is_named_and_nothing_changes(
    api: Api, draft: str, changes: dict[str, Any], named: list[str]
) -> None:
    before = api.get(f"/posts/{draft}").json()
    answer = patch(api, draft, **changes)
    assert (answer.status_code, fields_of(answer)) == (422, named)
    assert api.get(f"/posts/{draft}").json() == before


@pytest.mark.parametrize("later", [{}, {"publish_at": "2026-12-24T17:00:00Z"}])
def test_what_waits_becomes_a_draft_when_it_changes(
    api: Api, draft: str, instance: Instance, later: dict[str, str], clock: object
) -> None:
    assert api.publish(draft, **later).status_code == 202
    assert patch(api, draft).json()["state"] != "draft"  # nothing sent, nothing changed
    assert patch(api, draft, caption="x" * 2201).status_code == 422
    assert api.get(f"/posts/{draft}").json()["state"] != "draft"
    answer = patch(api, draft, caption="Better").json()
    assert (answer["state"], answer["publish_at"], answer["caption"]) == ("draft", None, "Better")
    with instance_scope(instance):
        assert not ConsentSnapshot.objects.filter(post_id=draft, void_at=None).exists()


@pytest.mark.parametrize("state", [PostState.INITING, PostState.UPLOADING, PostState.PROCESSING, PostState.PUBLISHED])
def test_what_is_handed_over_neither_changes_nor_is_sent_or_deleted(
    api: Api, draft: str, put_in: Callable[..., None], state: PostState, tiktok: Simulator
) -> None:
    put_in(draft, state)
    for answer in (
        patch(api, draft, caption="x"),
        api.publish(draft),
        api.publish(draft, publish_at="2026-12-24T17:00:00Z"),
        api.send("DELETE", f"/posts/{draft}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "state_conflict")
        assert answer.json()["state"] == state.value
        assert answer.json()["detail"]
    assert api.get(f"/posts/{draft}").json()["state"] == state.value
    assert tiktok.requests("creator_info") == []


def test_publishing_needs_consent_and_everything_else(api: Api, draft: str) -> None:
    assert fields_of(api.publish(draft, consent=False)) == ["consent"]
    patch(api, draft, media_ids=[], privacy_level=None)
    answer = api.publish(draft)
    assert (answer.status_code, fields_of(answer)) == (422, ["media_ids", "privacy_level"])


def test_publishing_twice_is_a_conflict(api: Api, draft: str) -> None:
    assert api.publish(draft).status_code == 202
    assert api.publish(draft).status_code == 409


@pytest.mark.parametrize(("reason", "status"), [(AttentionReason.MISSED, 202), (AttentionReason.OUTCOME_UNKNOWN, 409)])
def test_what_was_missed_can_be_sent_and_what_may_be_published_cannot(
    api: Api, draft: str, put_in: Callable[..., None], reason: AttentionReason, status: int
) -> None:
    put_in(draft, PostState.NEEDS_ATTENTION, attention_reason=reason)
    shown = api.get(f"/posts/{draft}").json()
    assert (shown["attention_reason"], shown["error"]["code"]) == (reason.value, reason.value)
    assert api.publish(draft).status_code == status


def test_cancelling_ends_what_waits_and_only_that(api: Api, draft: str, put_in: Callable[..., None]) -> None:
    api.publish(draft)
    answer = cancel(api, draft)
    assert (answer.status_code, answer.json()["state"]) == (202, "cancelled")
    assert cancel(api, draft).status_code == 409
    put_in(draft, PostState.INITING)
    assert "Try again in a moment" in cancel(api, draft).json()["detail"]


def test_a_deleted_post_is_gone(api: Api, draft: str) -> None:
    assert api.send("DELETE", f"/posts/{draft}").status_code == 204
    assert api.get(f"/posts/{draft}").status_code == 404
    assert api.send("DELETE", f"/posts/{draft}").status_code == 404


def test_the_history_tells_every_move(api: Api, draft: str) -> None:
    api.publish(draft)
    cancel(api, draft)
    page = api.get(f"/posts/{draft}/events").json()
    assert page["next_cursor"] is None
    moves = [(event["from"], event["to"], event["cause"]) for event in page["items"]]
    assert moves[-2:] == [("draft", "due", "person"), ("due", "cancelled", "person")]
    assert set(page["items"][0]) == {"at", "from", "to", "cause", "reason", "detail"}
    first = api.get(f"/posts/{draft}/events", limit=2).json()
    rest = api.get(f"/posts/{draft}/events", cursor=first["next_cursor"]).json()
    assert first["items"] + rest["items"] == page["items"]


def test_a_failed_post_says_why_in_the_apis_words(api: Api, draft: str, put_in: Callable[..., None]) -> None:
    put_in(
        draft, PostState.FAILED, error_code="invalid_file_upload", error_field="media", log_id="2026ABC",
        tiktok_code="invalid_file_upload",
    )  # fmt: skip
    error = api.get(f"/posts/{draft}").json()["error"]
    assert error.pop("message").startswith("TikTok did not accept this file.")
    assert error == {
        "code": "invalid_file_upload", "field": "media_ids", "tiktok_code": "invalid_file_upload", "log_id": "2026ABC",
    }  # fmt: skip


def test_a_published_post_has_its_links_and_all_bytes(
    api: Api, draft: str, worker: Worker, clip: Media, tiktok: Simulator
) -> None:
    api.publish(draft)
    worker.run_for(600)
    post = api.get(f"/posts/{draft}").json()
    (seen,) = tiktok.posts()
    assert (post["state"], post["publish_id"]) == ("published", seen.publish_id)
    assert post["post_ids"] == [str(seen.public_ids[0])]
    assert post["share_urls"] == [f"https://www.tiktok.com/@maren/video/{seen.public_ids[0]}"]
    assert post["progress"] == {"sent_bytes": clip.size_bytes, "total_bytes": clip.size_bytes}
    assert post["published_at"]


def test_another_instances_post_is_not_there(api: Api, other_instance: Instance) -> None:
    with instance_scope(other_instance):
        theirs = make_post(make_account(other_instance), make_media(other_instance)).pk
    for answer in (
        api.get(f"/posts/{theirs}"),
        api.get(f"/posts/{theirs}/events"),
        patch(api, str(theirs), caption="Mine"),
        api.publish(str(theirs)),
        cancel(api, str(theirs)),
        api.send("DELETE", f"/posts/{theirs}"),
    ):
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"
    with instance_scope(other_instance):
        assert Post.objects.get(pk=theirs).caption == "Hello"


@pytest.mark.parametrize(
    ("method", "path", "needs"),
    [
        ("GET", "", KeyScope.POSTS_READ),
        ("GET", "/{id}", KeyScope.POSTS_READ),
        ("GET", "/{id}/events", KeyScope.POSTS_READ),
        ("PATCH", "/{id}", KeyScope.POSTS_WRITE),
        ("DELETE", "/{id}", KeyScope.POSTS_WRITE),
        ("POST", "/{id}/publish", KeyScope.POSTS_PUBLISH),
        ("POST", "/{id}/cancel", KeyScope.POSTS_PUBLISH),
    ],
)
def test_every_call_needs_its_scope(
    make_api: MakeApi, editor: User, viewer: User, draft: str, method: str, path: str, needs: KeyScope
) -> None:
    others = [scope for scope in KeyScope if scope != needs]
    path = "/posts" + path.format(id=draft)
    assert make_api(editor, *others).send(method, path).status_code == 403
    assert make_api(editor, needs).send(method, path).status_code != 403
    if needs != KeyScope.POSTS_READ:
        assert make_api(viewer).send(method, path).status_code == 403


@pytest.mark.parametrize(
    ("state", "changes", "possible"),
    [
        (PostState.DRAFT, {}, ["change", "publish", "cancel", "delete"]),
        (PostState.DUE, {}, ["change", "cancel"]),
        (PostState.UPLOADING, {}, ["cancel"]),
        (PostState.PROCESSING, {}, ["recheck"]),
        (PostState.CANCELLED, {}, ["delete"]),
        (
            PostState.NEEDS_ATTENTION, {"attention_reason": AttentionReason.MISSED}, ["change", "publish", "cancel"],
        ),
    ],
)  # fmt: skip
def test_state_conflict_lists_what_can_be_done(
    api: Api, draft: str, put_in: Callable[..., None], state: PostState, changes: dict[str, Any], possible: list[str]
) -> None:
    put_in(draft, state, **changes)
    calls: dict[str, Callable[[], Answer]] = {
        "delete": lambda: api.send("DELETE", f"/posts/{draft}"),
        "cancel": lambda: cancel(api, draft),
        "change": lambda: patch(api, draft, caption="New"),
        "publish": lambda: api.publish(draft),
        "recheck": lambda: api.send("POST", f"/posts/{draft}/recheck"),
    }
    found = [call().json() for name, call in calls.items() if name not in possible]

    assert found
    for problem in found:
        assert (problem["status"], problem["code"], problem["state"]) == (409, "state_conflict", state)
        assert problem["possible"] == possible
        assert f"Possible now: {', '.join(possible)}." in problem["detail"]


def test_conflict_with_a_published_post_says_to_make_a_new_one(
    api: Api, draft: str, put_in: Callable[..., None]
) -> None:
    put_in(draft, PostState.PUBLISHED, post_ids=["7"])

    problem = cancel(api, draft).json()

    assert problem["possible"] == []
    assert "Create a new post" in problem["detail"]


def test_changed_options_name_the_one(
    api: Api, linked: TikTokAccount, clip: Media, worker: Worker, tiktok: Simulator
) -> None:
    post = api.create(body_of(linked, clip, allow_duet=True)).json()["id"]
    tiktok.create_user("maren", duet_disabled=True)
    worker.run_for(60)

    found = api.get(f"/posts/{post}").json()
    event = api.get(f"/posts/{post}/events").json()["items"][-1]

    assert (found["attention_reason"], found["error"]["field"]) == ("options_changed", "allow_duet")
    assert event["detail"]["fields"] == ["allow_duet"]


@pytest.mark.parametrize("status", ["disconnected", "disconnecting"])
def test_disconnected_account_has_one_code_for_every_call(
    api: Api, draft: str, linked: TikTokAccount, clip: Media, instance: Instance, status: str
) -> None:
    with instance_scope(instance):
        TikTokAccount.objects.update(status=status)

    answers = [
        api.create(body_of(linked, clip)),
        api.create(body_of(linked, clip, draft=True, consent=None)),
        api.publish(draft),
        api.get(f"/accounts/{linked.pk}/creator-info"),
        api.send("POST", f"/accounts/{linked.pk}/sync"),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "account_disconnected")] * 5


def test_rules_give_programs_what_would_be_right(api: Api, linked: TikTokAccount, clip: Media) -> None:
    answer = api.create(body_of(linked, clip, caption="x" * 2203, cover_timestamp_ms=10**6))

    found = {error["field"]: error for error in answer.json()["errors"]}
    assert (found["caption"]["code"], found["caption"]["maximum"], found["caption"]["over"]) == (
        "caption_too_long", 2200, 3,
    )  # fmt: skip
    assert found["cover_timestamp_ms"]["maximum"] == clip.duration_ms
