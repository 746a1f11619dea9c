"""The commands with which a deployment begins."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import TenantMembership, TenantRole, User
from instances.models import Instance
from instances.tests.factories import PASSWORD
from instances.tests.integration.test_invitations import path_of
from instances.tests.sign_in import give_second_factor

OWNER = {"email": "Boss@Example.com", "tenant": "Acme", "instance": "acme"}


def run(command: str, **options: Any) -> str:
    """What the command prints."""
    out = io.StringIO()
    call_command(command, stdout=out, **options)
    return out.getvalue().strip()


@pytest.mark.django_db
def test_create_owner_prints_a_link_that_makes_owner_and_staff(client: Client) -> None:
    link = run("create_owner", **OWNER).splitlines()[-1]
    newer = run("create_owner", **OWNER).splitlines()[-1]
    assert client.get(path_of(newer)).status_code == 200

    client.post("/auth/signup/", {"email": "boss@example.com", "password1": PASSWORD})

    boss = User.objects.get()
    assert boss.is_staff
    assert boss.is_superuser
    place = TenantMembership.objects.get()
    assert (place.user, place.role, place.tenant.name) == (boss, TenantRole.OWNER, "Acme")
    assert Instance.objects.get().slug == "acme"
    assert Client().get(path_of(newer)).status_code == 410
    assert Client().get(path_of(link)).status_code == 410
    with pytest.raises(CommandError, match="already"):
        run("create_owner", **OWNER)
    with pytest.raises(CommandError, match="has an owner already"):
        run("create_owner", **OWNER | {"email": "other@example.com"})


@pytest.mark.django_db
def test_create_owner_with_a_password_makes_the_account_at_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    run("create_owner", password_stdin=True, **OWNER)

    answer = client.post("/auth/login/", {"login": "boss@example.com", "password": PASSWORD})
    assert answer["Location"] == "/i/acme/"
    give_second_factor(User.objects.get(email="boss@example.com"))
    assert client.get("/admin/").status_code == 200


@pytest.mark.django_db
def test_a_weak_password_is_refused_and_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("1234\n"))

    with pytest.raises(CommandError, match="too short"):
        run("create_owner", password_stdin=True, **OWNER)

    assert not User.objects.exists()
    assert not Instance.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("field", "value"), [("email", "nobody"), ("instance", "Not A Slug")])
def test_bad_input_is_refused(field: str, value: str) -> None:
    with pytest.raises(CommandError):
        run("create_owner", **OWNER | {field: value})

    assert not Instance.objects.exists()


def test_create_instance_makes_one(instance: Instance) -> None:
    assert run("create_instance", tenant=str(instance.tenant_id), name="Second One") == "/i/second-one/"
    with pytest.raises(CommandError, match="address"):
        run("create_instance", tenant=instance.tenant.name, name="X", slug="aurora")
    with pytest.raises(CommandError, match="0 tenants"):
        run("create_instance", tenant="Nobody", name="X")


def test_create_api_key_prints_a_key_that_works(instance: Instance, editor: User, outsider: User) -> None:
    key = run("create_api_key", instance="aurora", user=editor.email, scopes=["posts:read"])

    body = Client(headers={"authorization": f"Bearer {key}"}).get("/api/v1/instance").json()
    assert body["scopes"] == ["posts:read"]
    with pytest.raises(CommandError, match="not a member"):
        run("create_api_key", instance="aurora", user=outsider.email)
    with pytest.raises(CommandError, match="no instance"):
        run("create_api_key", instance="nowhere", user=editor.email)
