"""A program with an API key, as tests see it."""

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import Resolver404, resolve

from accounts.models import User
from instances.models import ApiKey, Instance
from instances.roles import KeyScope
from instances.tokens import hash_key
from tiktok.models import Media, TikTokAccount

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse

    Answer = _MonkeyPatchedWSGIResponse
else:
    Answer = HttpResponse

Json = dict[str, Any]


class CheckedClient(Client):
    """Fails the test for an answer whose status or code the OpenAPI document does not give for the call."""

    def request(self, **request: Any) -> Answer:
        answer = super().request(**request)
        if call := _documented(answer):
            codes = call["responses"].get(str(answer.status_code), {}).get("x-codes")
            assert str(answer.status_code) in call["responses"], f"{call['operationId']}: {answer.status_code}"
            problem = answer.json() if codes and answer.content else {}
            is_known = not problem or "tiktok_code" in problem or problem["code"] in codes
            assert is_known, f"{call['operationId']}: {problem}"
        return answer


def _documented(answer: Answer) -> Json | None:
    """The call in the document; None for what it leaves out, such as an address that does not exist."""
    try:
        route = resolve(answer.request["PATH_INFO"]).route
    except Resolver404:
        return None
    method = str(answer.request["REQUEST_METHOD"]).lower()
    calls = _document().get("/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route), {})
    call: Json | None = calls.get(method, calls.get("get") if method == "head" else None)
    return call


@cache
def _document() -> Json:
    paths: Json = Client().get("/api/v1/openapi.json").json()["paths"]
    return paths


@dataclass
class Api:
    """Calls under /api/v1 with one key."""

    key: str

    def __post_init__(self) -> None:
        self.client = CheckedClient(headers={"authorization": f"Bearer {self.key}"})

    def get(self, path: str, **query: Any) -> Answer:
        return self.client.get(f"/api/v1{path}", query)

    def send(self, method: str, path: str, body: Json | None = None, **headers: str) -> Answer:
        return self.client.generic(
            method, f"/api/v1{path}", json.dumps(body or {}), "application/json", headers=headers
        )

    def create(self, body: Json, key: str | None = None) -> Answer:
        """POST /posts with a key of its own, unless one is given."""
        return self.send("POST", "/posts", body, **{"Idempotency-Key": key or str(uuid.uuid4())})

    def publish(self, post_id: str, **body: Any) -> Answer:
        return self.send("POST", f"/posts/{post_id}/publish", {"consent": True} | body)


MakeApi = Callable[..., Api]


@pytest.fixture
def make_api(instance: Instance) -> MakeApi:
    """A new key of a person, with these scopes or all."""

    def make(user: User, *scopes: KeyScope) -> Api:
        key = f"cd_{uuid.uuid4().hex}"
        ApiKey.objects.create(
            instance=instance, user=user, name="test", prefix=key[:9], key_hash=hash_key(key),
            scopes=list(scopes or KeyScope),
        )  # fmt: skip
        return Api(key)

    return make


@pytest.fixture
def api(make_api: MakeApi, editor: User) -> Api:
    """The editor's key with all scopes."""
    return make_api(editor)


def body_of(account: TikTokAccount, media: Media | None, **fields: Any) -> Json:
    """A request that publishes at once to everyone; None leaves a field out."""
    body: Json = {
        "account_id": str(account.pk), "media_ids": [str(media.pk)] if media else [], "mode": "DIRECT_POST",
        "caption": "Hello", "privacy_level": "PUBLIC_TO_EVERYONE", "consent": True,
    }  # fmt: skip
    return {name: value for name, value in (body | fields).items() if value is not None}


def fields_of(answer: Answer) -> list[str]:
    """The fields that a problem names."""
    return [error["field"] for error in answer.json()["errors"]]
