"""The OpenAPI document promises exactly the calls that exist."""

import json
import re

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


def test_the_document_says_that_posts_need_a_key_and_a_body_without_photos(client: Client, db: None) -> None:
    document = client.get("/api/v1/openapi.json").json()
    headers = [parameter["name"] for parameter in document["paths"]["/api/v1/posts"]["post"]["parameters"]]
    assert headers == ["Idempotency-Key"]
    fields = document["components"]["schemas"]["PostIn"]["properties"]
    assert {"caption", "privacy_level", "publish_at", "timezone", "consent"} <= set(fields)
    assert {"title", "photo_cover_index", "auto_add_music"}.isdisjoint(fields)
