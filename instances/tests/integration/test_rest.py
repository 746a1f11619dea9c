"""The API's foundation: keys, scopes that shrink with the creator's role, problems, OpenAPI."""

import pytest
from django.test import Client

from accounts.models import User
from instances.models import ApiKey, Instance, Membership
from instances.roles import KeyScope
from instances.tokens import hash_key

KEY = "cd_abc123_" + "x" * 40


def make_key(instance: Instance, user: User, *scopes: KeyScope) -> Client:
    """A client that sends a new key."""
    ApiKey.objects.create(
        instance=instance, user=user, name="test", prefix="cd_abc123", key_hash=hash_key(KEY), scopes=list(scopes)
    )
    return Client(headers={"authorization": f"Bearer {KEY}"})


def test_key_shows_its_instance_and_scopes(instance: Instance, editor: User) -> None:
    client = make_key(instance, editor, KeyScope.POSTS_READ, KeyScope.ACCOUNTS_WRITE)
    body = client.get("/api/v1/instance").json()
    assert body["slug"] == "aurora"
    assert body["scopes"] == ["posts:read"]  # an editor may not manage accounts, whatever the key says


def test_without_a_key_the_answer_is_a_problem(client: Client, owner: User) -> None:
    client.force_login(owner)  # a session is no key
    answer = client.get("/api/v1/instance")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "unauthorized"


def test_key_dies_with_the_membership(instance: Instance, editor: User) -> None:
    client = make_key(instance, editor, KeyScope.POSTS_READ)
    Membership.objects.all().delete()
    assert client.get("/api/v1/instance").status_code == 401


def test_revoked_key_is_refused(instance: Instance, editor: User) -> None:
    client = make_key(instance, editor, KeyScope.POSTS_READ)
    ApiKey.objects.update(revoked_at="2026-01-01T00:00:00Z")
    assert client.get("/api/v1/instance").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status"), [("get", "/api/v1/nowhere", 404), ("post", "/api/v1/instance", 405)]
)
def test_unknown_addresses_and_methods_are_problems(
    client: Client, db: None, method: str, path: str, status: int
) -> None:
    answer = getattr(client, method)(path)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_schema_is_openapi_3_1(client: Client, db: None) -> None:
    schema = client.get("/api/v1/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    assert "/api/v1/instance" in schema["paths"]
