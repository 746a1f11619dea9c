"""Request bodies that cost memory: refused before they are read, and answered in a few lines."""

import json
import tracemalloc
from collections.abc import Iterator

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import User
from core.web.api_bodies import JSON_MAX_BYTES, MAX_DEPTH, MAX_VALUES
from instances.models import Instance
from instances.roles import KeyScope
from instances.tests.sign_in import sign_in_as_staff
from tiktok.connect.links.forms import check_names
from tiktok.models import TikTokAccount
from tiktok.tests.fixtures_rest import Api, MakeApi

POSTS = "/api/v1/posts"
MANY_NAMES = json.dumps({f"u{number}": 0 for number in range(230_000)})
MANY_ITEMS = '{"media_ids": [' + ",".join(['"x"'] * 600_000) + "]}"
BELOW_THE_LIMIT = json.dumps({f"u{number}": 0 for number in range(19_000)})


@pytest.fixture
def peak(api: Api) -> Iterator[None]:
    """Fails the test if it holds more than 16 MB at any time; the first request, which loads modules, is past."""
    api.get("/instance")
    tracemalloc.start()
    yield
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 16_000_000


@pytest.mark.parametrize("body", [MANY_NAMES, MANY_ITEMS], ids=["names", "items"])
def test_body_over_256_kb_is_refused_unread(api: Api, peak: None, body: str) -> None:
    answer = api.client.post(POSTS, body, "application/json")

    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")
    assert (answer.json()["code"], answer.json()["errors"]) == ("too_large", [])
    assert len(answer.content) < 300


def test_body_of_thousands_of_unknown_fields_gets_one_error(api: Api, peak: None) -> None:
    assert len(BELOW_THE_LIMIT) < JSON_MAX_BYTES

    answer = api.client.post(POSTS, BELOW_THE_LIMIT, "application/json")

    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "field": "body", "code": "too_many_values", "message": f"The body can have at most {MAX_VALUES} values.",
            "maximum": MAX_VALUES,
        }
    ]  # fmt: skip


def test_problem_lists_twenty_errors_and_counts_the_rest(api: Api) -> None:
    answer = api.send("POST", "/posts", {f"u{number}": 0 for number in range(900)})

    problem = answer.json()
    assert answer.status_code == 422
    assert len(problem["errors"]) == 20
    assert problem["more_errors"] == 900 + len(["account_id", "mode"]) - 20


def test_problem_with_few_errors_counts_no_rest(api: Api) -> None:
    assert "more_errors" not in api.send("POST", "/posts", {"unknown": 0}).json()


def test_long_field_name_is_shortened_in_the_answer(api: Api) -> None:
    answer = api.send("POST", "/posts", {"x" * 200_000: 0})

    assert answer.status_code == 422
    assert len(answer.content) < 1_000


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/posts", {"media_ids": ["x"] * 900}, "media_ids"),
        ("/posts", {"caption": "x" * 200_000}, "caption"),
        ("/posts", {"publish_at": "2" * 200_000}, "publish_at"),
        ("/posts", {"timezone": "Z" * 200_000}, "timezone"),
        ("/posts", {"privacy_level": "P" * 200_000}, "privacy_level"),
        ("/accounts/connect-links", {"note": "x" * 200_000}, "note"),
        ("/accounts/connect-links", {"name": "x" * 200_000}, "name"),
    ],
)
def test_every_list_and_text_has_a_length(
    make_api: MakeApi, admin: User, path: str, body: dict[str, object], field: str
) -> None:
    answer = make_api(admin).send("POST", path, body)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]].count(field) == 1
    assert len(answer.content) < 1_000


@pytest.mark.parametrize("labels", [[1] * 900, ["x"] * 900, ["x" * 200_000]], ids=["numbers", "many", "long"])
def test_labels_have_a_length(make_api: MakeApi, admin: User, linked: TikTokAccount, labels: list[object]) -> None:
    answer = make_api(admin).send("PATCH", f"/accounts/{linked.pk}", {"labels": labels})

    assert answer.status_code == 422
    assert len(answer.content) < 3_000


@pytest.mark.parametrize("query", ["?state=" + "&state=".join(["draft"] * 300), "?cursor=" + "x" * 5_000])
def test_query_with_many_or_long_values_is_refused(api: Api, query: str) -> None:
    answer = api.client.get(POSTS + query)

    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 1


def test_query_with_thousands_of_names_is_413(api: Api) -> None:
    answer = api.client.get(POSTS + "?" + "&".join(f"u{number}=" for number in range(2_000)))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_deeply_nested_json_is_refused(api: Api) -> None:
    nested = "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)
    deeper = "[" * 100_000 + "]" * 100_000

    answers = [api.client.post(POSTS, body, "application/json") for body in (nested, deeper)]

    assert [answer.status_code for answer in answers] == [422, 400]


@pytest.mark.parametrize("body", ["{", "NaN", '{"caption": Infinity}', b"\xff\xfe\xff"])
def test_broken_json_is_400_and_says_so(api: Api, body: str | bytes) -> None:
    answer = api.client.post(POSTS, body, "application/json")

    assert (answer.status_code, answer.json()["detail"]) == (400, "The body is not valid JSON.")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""])
def test_body_that_is_not_declared_as_json_is_415(api: Api, content_type: str) -> None:
    answer = api.client.generic("POST", POSTS, "{}", content_type)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "application/vnd.clipdesk+json"])
def test_json_with_a_charset_or_a_suffix_is_read(api: Api, content_type: str) -> None:
    assert api.client.generic("POST", POSTS, "{}", content_type).status_code == 422


@pytest.mark.parametrize("path", ["/posts", "/media"])
def test_chunked_body_is_411(api: Api, path: str) -> None:
    answer = api.client.generic("POST", f"/api/v1{path}", headers={"Transfer-Encoding": "chunked"})

    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")


def test_file_that_is_not_sent_as_a_form_is_415(api: Api) -> None:
    answer = api.client.post("/api/v1/media", b"\0" * 100, "video/mp4")

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_form_without_a_boundary_is_400_and_says_so(api: Api) -> None:
    answer = api.client.post("/api/v1/media", b"\0" * 100, "multipart/form-data")

    assert (answer.status_code, answer.json()["detail"]) == (400, "The Content-Type header has no boundary.")


def test_missing_body_is_named_as_the_body(api: Api) -> None:
    answer = api.client.post(POSTS, b"", "application/json")

    assert [error["field"] for error in answer.json()["errors"]] == ["body"]


def test_connect_link_needs_no_body(make_api: MakeApi, admin: User, linked: TikTokAccount) -> None:
    api = make_api(admin, KeyScope.ACCOUNTS_WRITE)

    assert api.client.post("/api/v1/accounts/connect-links", b"", "application/json").status_code == 201


def test_without_a_key_the_answer_to_a_large_body_is_401(client: Client, db: None) -> None:
    assert client.post(POSTS, MANY_NAMES, "application/json").status_code == 401


def test_tus_metadata_has_a_length(api: Api) -> None:
    pairs = ",".join(f"k{number} eA==" for number in range(1_000))
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "9", "Upload-Metadata": pairs}

    answer = api.client.post("/api/v1/media/uploads", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_header")


@pytest.mark.parametrize("address", ["/auth/login/", "/i/aurora/settings/general/"])
def test_form_with_too_many_fields_is_413(client: Client, instance: Instance, owner: User, address: str) -> None:
    client.force_login(owner)

    answer = client.post(address, {f"u{number}": "" for number in range(1_001)})

    assert answer.status_code == 413
    assert "Request too large" in answer.content.decode()


def test_form_with_too_much_text_is_413(client: Client, instance: Instance, owner: User) -> None:
    client.force_login(owner)

    answer = client.post("/i/aurora/settings/general/", {"name": "x" * 2_600_000})

    assert answer.status_code == 413


def test_back_office_form_with_too_many_fields_is_413(client: Client, owner: User) -> None:
    sign_in_as_staff(client, owner)

    answer = client.post("/admin/accounts/tenant/", {f"u{number}": "" for number in range(1_001)})

    assert answer.status_code == 413


def test_thousands_of_pasted_names_get_one_error() -> None:
    with pytest.raises(ValidationError) as refused:
        check_names(["x" * 81] * 9_000)

    assert refused.value.messages == ["Enter at most 100 names at once. You entered 9000."]


def test_unreadable_request_is_still_400(client: Client, db: None) -> None:
    assert client.post("/auth/login/", {}, headers={"host": "evil.test"}).status_code == 400


def test_key_without_the_scope_gets_403_with_any_body(make_api: MakeApi, admin: User) -> None:
    reader = make_api(admin, KeyScope.POSTS_READ)

    assert reader.client.post("/api/v1/media", b"x", "video/mp4").status_code == 403
