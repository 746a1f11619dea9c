"""The commands with which a deployment begins."""

import io
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import AuditLogEntry, TenantMembership, TenantRole, User
from instances.models import Instance, Invitation
from instances.services.first_owner import first_owner_link
from instances.tests.factories import PASSWORD
from instances.tests.integration.test_invitations import path_of
from instances.tests.sign_in import give_second_factor

OWNER = {"email": "Boss@Example.com", "tenant": "Acme", "instance": "acme"}


def run(command: str, **options: Any) -> str:
    """Return the output of the command."""
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
    with pytest.raises(CommandError, match="already has an owner"):
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


SECOND = {"email": "second@example.com", "tenant": "Borealis Ltd", "instance": "borealis"}


@pytest.mark.parametrize("mode", ["invite", "closed"])
def test_owner_of_a_second_customer_is_not_staff(
    client: Client, owner: User, settings: LazySettings, mode: str
) -> None:
    settings.SIGNUP = mode
    link = run("create_owner", **SECOND).splitlines()[-1]
    client.get(path_of(link))
    client.post("/auth/signup/", {"email": "second@example.com", "password1": PASSWORD})

    second = User.objects.get(email="second@example.com")
    assert (second.is_staff, second.is_superuser) == (False, False)
    assert TenantMembership.objects.get(user=second).role == TenantRole.OWNER
    assert client.get("/i/borealis/settings/members/").status_code == 200
    assert client.get("/admin/").status_code in {302, 403}
    assert client.get("/i/aurora/").status_code == 404


def test_second_owner_made_with_a_password_is_not_staff(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    run("create_owner", password_stdin=True, **SECOND)

    second = User.objects.get(email="second@example.com")
    assert (second.is_staff, second.is_superuser) == (False, False)
    assert not AuditLogEntry.objects.filter(action="person.staff_granted").exists()


@pytest.mark.parametrize("has_password", [True, False])
def test_staff_option_warns_and_writes_an_audit_line(
    client: Client, owner: User, monkeypatch: pytest.MonkeyPatch, has_password: bool
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    err = io.StringIO()
    said = run("create_owner", staff=True, password_stdin=has_password, stderr=err, **SECOND)
    if not has_password:
        client.get(path_of(said.splitlines()[-1]))
        client.post("/auth/signup/", {"email": "second@example.com", "password1": PASSWORD})

    second = User.objects.get(email="second@example.com")
    assert (second.is_staff, second.is_superuser) == (True, True)
    assert "Warning: second@example.com is also staff" in err.getvalue()
    line = AuditLogEntry.objects.get(action="person.staff_granted")
    assert (line.target_id, line.tenant.name) == (str(second.pk), "Borealis Ltd")


@pytest.mark.django_db
def test_only_one_open_link_makes_the_first_account_staff() -> None:
    nameless = first_owner_link()
    assert nameless is not None
    said = [run("create_owner", **OWNER), run("create_owner", **SECOND)]

    assert [("also staff" in text) for text in said] == [True, False]
    staff = Invitation.objects.filter(gives_staff=True, revoked_at=None).values_list("email", flat=True)
    assert list(staff) == ["boss@example.com"]


@pytest.mark.django_db
def test_weak_password_is_refused_and_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
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
