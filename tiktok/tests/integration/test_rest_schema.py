"""The OpenAPI document promises exactly the calls that exist, and all that they answer."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from instances.models import Instance
from tiktok.tests.fixtures_rest import Api

LATER = re.compile(r"/stats|/videos")
AN_ID = "3f2c8f0e-0000-4000-8000-000000000000"


def calls(client: Client) -> list[tuple[str, str]]:
    """Method and path of everything in the document."""
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


def test_every_call_in_the_document_is_served(client: Client, api: Api, instance: Instance) -> None:
    found = calls(client)
    assert ("POST", "/api/v1/posts/{post_id}/publish") in found
    for method, path in found:
        address = re.sub(r"\{\w+\}", AN_ID, path)
        try:
            resolve(address)
        except Resolver404 as error:
            raise AssertionError(path) from error
        answer = api.client.generic(method, address, json.dumps({}), "application/json")
        assert answer.status_code not in {405, 500, 501}, (method, path)


def test_what_later_versions_may_do_is_not_promised(client: Client, db: None) -> None:
    assert [path for _, path in calls(client) if LATER.search(path)] == []


def test_document_says_that_posts_need_a_key_and_what_they_take(client: Client, db: None) -> None:
    document = client.get("/api/v1/openapi.json").json()
    headers = [parameter["name"] for parameter in document["paths"]["/api/v1/posts"]["post"]["parameters"]]
    assert headers == ["Idempotency-Key"]
    fields = document["components"]["schemas"]["PostIn"]["properties"]
    assert {"caption", "privacy_level", "publish_at", "timezone", "consent"} <= set(fields)
    assert {"mode", "title", "photo_cover_index", "auto_add_music"} <= set(fields)
    assert "source" not in fields, "it follows from the files and the TikTok app"


DOCS = Path(__file__).resolve().parents[3] / "docs" / "api.md"
UPLOAD = "/api/v1/media/uploads/{upload_id}"
A_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


@pytest.fixture
def document(client: Client, db: None) -> dict[str, Any]:
    return dict(client.get("/api/v1/openapi.json").json())


def test_answers_to_head_have_no_content(document: dict[str, Any]) -> None:
    responses = document["paths"][UPLOAD]["head"]["responses"]

    assert [status for status, response in responses.items() if "content" in response] == []


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for calls in document["paths"].values() for operation in calls.values()]


def codes_of(document: dict[str, Any]) -> set[str]:
    """Every code that some call may answer."""
    responses = [response for operation in operations(document) for response in operation["responses"].values()]
    return {code for response in responses for code in response.get("x-codes", [])}


def headers_of(operation: dict[str, Any]) -> dict[str, bool]:
    """The headers that a call takes, and whether it must have them."""
    return {each["name"]: each["required"] for each in operation["parameters"] if each["in"] == "header"}


def test_every_error_of_every_call_is_a_problem_with_its_codes(document: dict[str, Any]) -> None:
    head = document["paths"][UPLOAD]["head"]
    for operation in operations(document):
        errors = {status: response for status, response in operation["responses"].items() if status >= "400"}
        assert errors.keys() >= {"400", "401", "408", "403", "429", "500", "503"}, operation["operationId"]
        for response in errors.values():
            assert response.get("content", A_PROBLEM if operation is head else None) == A_PROBLEM
            assert response["x-codes"]
            assert all(f"`{code}`" in response["description"] for code in response["x-codes"])


def test_problem_of_the_document_is_the_one_that_is_sent(document: dict[str, Any], api: Api) -> None:
    sent = api.send("POST", "/posts", {"mode": "LATER", "caption": "x" * 20_000}).json()
    problem, error = (document["components"]["schemas"][name] for name in ("Problem", "FieldError"))

    assert set(problem["required"]) <= sent.keys() <= problem["properties"].keys()
    for each in sent["errors"]:
        assert set(error["required"]) <= each.keys() <= error["properties"].keys()


def test_every_code_of_the_document_is_in_the_documentation_and_back(document: dict[str, Any]) -> None:
    table = DOCS.read_text().partition("## Errors")[2].partition("## ")[0].partition("### Codes of fields")[0]
    rows = [line.split("|") for line in table.splitlines() if re.match(r"\| \d", line)]
    told = {code for row in rows for code in re.findall(r"`(\w+)`", row[2])}

    assert told == codes_of(document) | {"method_not_allowed"}


def test_states_and_choices_are_enumerations(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    fields = {
        ("PostOut", "state"): "PostState",
        ("PostOut", "privacy_level"): "PrivacyLevel",
        ("PostOut", "attention_reason"): "AttentionReason",
        ("PostIn", "privacy_level"): "PrivacyLevel",
        ("PostIn", "mode"): "PostMode",
        ("PostOut", "source"): "MediaSource",
        ("PostOut", "media_type"): "MediaType",
        ("EventOut", "to"): "PostState",
        ("EventOut", "cause"): "EventCause",
        ("MediaOut", "kind"): "MediaKind",
        ("MediaOut", "state"): "MediaState",
        ("AccountOut", "status"): "AccountStatus",
    }

    for (schema, field), name in fields.items():
        assert f"#/components/schemas/{name}" in json.dumps(schemas[schema]["properties"][field]), (schema, field)
        assert len(schemas[name]["enum"]) >= 1


def test_headers_that_a_call_needs_are_required(document: dict[str, Any]) -> None:
    paths = document["paths"]

    assert headers_of(paths["/api/v1/posts"]["post"]) == {"Idempotency-Key": True}
    assert headers_of(paths["/api/v1/media/uploads"]["post"]) == {
        "Tus-Resumable": True, "Upload-Length": True, "Upload-Metadata": False,
    }  # fmt: skip
    assert headers_of(paths[UPLOAD]["patch"]) == {
        "Tus-Resumable": True, "Upload-Offset": True, "Upload-Checksum": False,
    }  # fmt: skip
    assert headers_of(paths[UPLOAD]["head"]) == headers_of(paths[UPLOAD]["delete"]) == {"Tus-Resumable": True}


def test_document_tells_how_an_upload_by_tus_ends(document: dict[str, Any]) -> None:
    upload = document["paths"][UPLOAD]

    assert "Clipdesk-Media-Id" in upload["patch"]["responses"]["204"]["headers"]
    assert {"Upload-Offset", "Upload-Length"} <= upload["head"]["responses"]["200"]["headers"].keys()
    assert "application/offset+octet-stream" in upload["patch"]["requestBody"]["content"]
    assert "Location" in document["paths"]["/api/v1/media/uploads"]["post"]["responses"]["201"]["headers"]


def test_operation_ids_are_short_and_unique(document: dict[str, Any]) -> None:
    found = [operation["operationId"] for operation in operations(document)]

    assert len(set(found)) == len(found)
    assert {"create_post", "list_posts", "upload_media", "patch_upload"} <= set(found)


def test_fields_of_a_patch_have_no_default(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    bodies = {
        body["schema"]["$ref"].rpartition("/")[2]
        for calls in document["paths"].values()
        for body in [calls.get("patch", {}).get("requestBody", {}).get("content", {}).get("application/json")]
        if body
    }
    fields = [(name, field, schema) for name in bodies for field, schema in schemas[name]["properties"].items()]

    assert {"PostPatch", "AccountPatch"} <= bodies
    assert [(name, field) for name, field, schema in fields if "default" in schema] == []
    assert [name for name in bodies if schemas[name].get("required")] == []
