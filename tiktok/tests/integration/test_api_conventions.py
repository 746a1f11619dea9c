"""Conventions of every resource of the REST API."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import Media, TikTokAccount
from tiktok.tests.factories import make_media, make_post
from tiktok.tests.fixtures_rest import Answer, Api, MakeApi, body_of

LISTS = ["/posts", "/media", "/accounts", "/accounts/connect-links", "/posts/{post}/events"]
ONES = ["/posts/{}", "/media/{}", "/media/uploads/{}", "/accounts/{}", "/accounts/connect-links/{}"]
PROBLEM = "application/problem+json"
NO_ROW = "3f2c8f0e-0000-4000-8000-000000000000"


@pytest.fixture
def api(make_api: MakeApi, admin: User) -> Api:
    """An admin's key: it opens every list."""
    return make_api(admin)


@pytest.fixture
def clip(instance: Instance) -> Media:
    with instance_scope(instance):
        return make_media(instance)


@pytest.fixture
def post(instance: Instance, linked: TikTokAccount) -> str:
    with instance_scope(instance):
        return str(make_post(linked).pk)


def errors_of(answer: Answer) -> list[dict[str, Any]]:
    """Return code and data of each error, without its message."""
    return [
        {name: value for name, value in error.items() if name != "message"} for error in answer.json().get("errors", [])
    ]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("limit", "code", "bound"),
    [
        ("0", "out_of_range", {"minimum": 1}),
        ("-5", "out_of_range", {"minimum": 1}),
        ("101", "out_of_range", {"maximum": 100}),
        ("x", "wrong_type", {}),
    ],
)
def test_limit_outside_1_to_100_is_refused(
    api: Api, post: str, path: str, limit: str, code: str, bound: dict[str, int]
) -> None:
    answer = api.get(path.format(post=post), limit=limit)

    assert (answer.status_code, errors_of(answer)) == (422, [{"field": "limit", "code": code} | bound])


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("cursor", ["7x", "W10=", "-1"])
def test_cursor_of_no_page_is_refused(api: Api, post: str, path: str, cursor: str) -> None:
    answer = api.get(path.format(post=post), cursor=cursor)

    assert (answer.status_code, errors_of(answer)) == (422, [{"field": "cursor", "code": "not_a_cursor"}])


@pytest.mark.parametrize("path", ONES)
@pytest.mark.parametrize("identifier", ["7", "not-an-id", NO_ROW])
def test_unknown_id_of_any_form_is_404(api: Api, path: str, identifier: str) -> None:
    answer = api.get(path.format(identifier))

    assert (answer.status_code, answer["Content-Type"], answer.json()["code"]) == (404, PROBLEM, "not_found")


def test_id_in_capitals_is_found(api: Api, post: str, clip: Media, linked: TikTokAccount) -> None:
    for path in (f"/posts/{post.upper()}", f"/media/{str(clip.pk).upper()}", f"/accounts/{str(linked.pk).upper()}"):
        assert api.get(path).status_code == 200


@pytest.mark.parametrize("path", [*LISTS, "/instance", "/posts/{post}"])
def test_slash_at_the_end_is_404_and_says_so(api: Api, post: str, path: str) -> None:
    answer = api.get(path.format(post=post) + "/")

    assert (answer.status_code, answer["Content-Type"]) == (404, PROBLEM)
    assert answer.json()["detail"] == "URLs of this API don’t end with a slash."


@pytest.mark.parametrize("path", [*LISTS, "/instance", "/posts/{post}", "/nowhere"])
def test_head_answers_like_get_without_a_body(api: Api, post: str, path: str) -> None:
    address = "/api/v1" + path.format(post=post)

    head, full = api.client.head(address), api.client.get(address)

    assert (head.status_code, head["Content-Type"]) == (full.status_code, full["Content-Type"])
    assert (head.content, bool(full.content)) == (b"", True)


@pytest.mark.parametrize("path", [*LISTS, "/instance", "/posts/{post}"])
@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/png;q=0.5", "nonsense"])
def test_answer_is_json_for_any_accept_header(api: Api, post: str, path: str, accept: str) -> None:
    answer = api.client.get("/api/v1" + path.format(post=post), headers={"Accept": accept})

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json; charset=utf-8")


def test_what_was_made_is_found_at_its_location(api: Api, linked: TikTokAccount, clip: Media, tmp_path: Any) -> None:
    file = tmp_path / "clip.mp4"
    file.write_bytes(b"video")
    with file.open("rb") as content:
        made = [
            api.create(body_of(linked, clip, draft=True, consent=None)),
            api.client.post("/api/v1/media", {"file": content}),
            api.send("POST", "/accounts/connect-links"),
        ]

    assert [answer.status_code for answer in made] == [201, 201, 201]
    for answer in made:
        found = api.client.get(answer["Location"])
        assert (found.status_code, found.json()["id"]) == (200, answer.json()["id"])


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", "/posts", {"mode": "DIRECT_POST"}, [("account_id", "required")]),
        (
            "POST", "/posts", {"account_id": "7", "mode": "LATER"},
            [("account_id", "wrong_type"), ("mode", "not_a_choice")],
        ),
        (
            "POST", "/posts", {"account_id": "{account}", "mode": "DIRECT_POST", "source": "", "draft": 1},
            [("draft", "wrong_type"), ("source", "unknown_field")],
        ),
        (
            "POST", "/posts", {"account_id": "{account}", "mode": "DIRECT_POST", "privacy_level": "EVERYBODY"},
            [("privacy_level", "not_a_choice")],
        ),
        ("POST", "/accounts/connect-links", {"name": " "}, [("name", "not_visible")]),
        ("POST", "/accounts/connect-links", {"note": "a\u202eb"}, [("note", "not_visible")]),
        ("POST", "/accounts/connect-links", {"expires_in": 5}, [("expires_in", "out_of_range")]),
        ("POST", "/accounts/connect-links", {"app_id": NO_ROW}, [("app_id", "not_a_choice")]),
        ("PATCH", "/accounts/{account}", {"labels": ["a,b"]}, [("labels", "not_visible")]),
        ("PATCH", "/accounts/{account}", {"labels": [f"l{number}" for number in range(11)]}, [("labels", "too_many")]),
        ("PATCH", "/accounts/{account}", {"labels": ["x" * 31]}, [("labels", "too_long")]),
        ("PATCH", "/accounts/{account}", {}, [("name", "required")]),
        ("PATCH", "/accounts/{account}", [], [("body", "wrong_type")]),
    ],
)  # fmt: skip
def test_error_names_the_field_that_was_sent_and_a_code(
    api: Api, linked: TikTokAccount, method: str, path: str, body: Any, expected: list[tuple[str, str]]
) -> None:
    text = json.dumps(body).replace("{account}", str(linked.pk))

    answer = api.client.generic(
        method, f"/api/v1{path.format(account=linked.pk)}", text, "application/json", headers={"Idempotency-Key": "k"}
    )

    assert answer.status_code == 422
    assert sorted((error["field"], error["code"]) for error in answer.json()["errors"]) == expected
    assert "Value error" not in answer.content.decode()
    assert "payload" not in answer.content.decode()


def test_value_of_a_query_is_named_by_its_parameter(api: Api) -> None:
    answer = api.get("/posts", state="flying")

    assert errors_of(answer) == [{"field": "state", "code": "not_a_choice"}]


def test_error_states_the_maximum_length(api: Api) -> None:
    answer = api.send("POST", "/accounts/connect-links", {"note": "x" * 301})

    assert errors_of(answer) == [{"field": "note", "code": "too_long", "max_length": 300}]


def test_unknown_host_is_a_problem_too(client: Client, db: None) -> None:
    answer = client.get("/api/v1/instance", headers={"host": "evil.test"})

    assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM)


@pytest.mark.parametrize("path", ["/posts", "/media", "/accounts/connect-links"])
def test_chunked_body_is_411_for_every_resource(api: Api, path: str) -> None:
    answer = api.client.generic("POST", f"/api/v1{path}", headers={"Transfer-Encoding": "chunked"})

    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")
