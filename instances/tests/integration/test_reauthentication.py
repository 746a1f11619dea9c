"""Sensitive acts ask for the password or a code again, and then continue with everything that was typed."""

from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from accounts.models import TenantMembership, TenantRole, User
from core.models import OutgoingMail
from instances.models import ApiKey, Instance, Invitation
from instances.roles import Role
from instances.services import create_api_key, invite_member
from instances.tests.factories import PASSWORD, UserFactory
from instances.tests.sign_in import give_second_factor, sign_in_again

pytestmark = pytest.mark.django_db
AGAIN = "/auth/reauthenticate/"
KEYS = "/i/aurora/settings/advanced/"
MEMBERS = "/i/aurora/settings/members/"
NEW_KEY: dict[str, object] = {"name": "nightly upload", "scopes": ["posts:read"]}


def asked_for(path: str) -> str:
    """The page that asks again, on the way to this one."""
    return f"{AGAIN}?{urlencode({'next': path})}"


def new_key() -> dict[str, object]:
    return NEW_KEY | {"key_id": str(uuid4())}


def test_api_key_is_created_after_the_password_with_what_was_typed(client: Client, admin: User) -> None:
    client.force_login(admin)

    asked = client.post(KEYS, new_key())
    assert (asked["Location"], ApiKey.objects.count()) == (asked_for(KEYS), 0)
    page = client.post(AGAIN, {"password": PASSWORD, "next": KEYS})

    key = ApiKey.objects.get()
    assert (key.name, key.scopes, key.user) == ("nightly upload", ["posts:read"], admin)
    assert page.context["plain"].startswith(key.prefix)
    assert f'action="{KEYS}"' in page.content.decode()


def test_wrong_password_creates_nothing(client: Client, admin: User) -> None:
    client.force_login(admin)
    client.post(KEYS, new_key())

    assert client.post(AGAIN, {"password": "wrong", "next": KEYS}).status_code == 200
    assert not ApiKey.objects.exists()


def test_repeated_request_obeys_the_role_that_is_left(client: Client, admin: User, instance: Instance) -> None:
    client.force_login(admin)
    client.post(KEYS, new_key())
    admin.tenant_memberships.all().delete()

    assert client.post(AGAIN, {"password": PASSWORD, "next": KEYS}).status_code == 404
    assert not ApiKey.objects.exists()


def test_confirmation_holds_for_a_quarter_of_an_hour(client: Client, admin: User) -> None:
    sign_in_again(client, admin, ago_s=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT - 60)
    assert client.post(KEYS, new_key()).status_code == 200
    sign_in_again(client, admin, ago_s=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT + 1)
    assert client.post(KEYS, new_key()).status_code == 302


@pytest.mark.parametrize("role", ["owner", "tenant_admin", "admin"])
def test_leading_roles_and_their_invitations_ask_again(
    client: Client, instance: Instance, owner: User, viewer: User, role: str
) -> None:
    client.force_login(owner)
    change = f"{MEMBERS}{viewer.pk}/role/"

    for path, data in ((change, {"role": role}), (MEMBERS, {"email": "new@example.com", "role": role})):
        assert client.post(path, data)["Location"].startswith(AGAIN)
    assert not Invitation.objects.exists()
    client.post(change, {"role": role})
    client.post(AGAIN, {"password": PASSWORD, "next": change})

    place = TenantMembership.objects.get(user=viewer)
    assert place.role == {"owner": TenantRole.OWNER, "tenant_admin": TenantRole.ADMIN}.get(role, TenantRole.MEMBER)


def test_new_link_of_an_owner_invitation_asks_again(client: Client, instance: Instance, owner: User) -> None:
    invitation = invite_member(instance, actor=owner, email="new@example.com", role=Role.OWNER).invitation
    client.force_login(owner)

    assert client.post(f"/i/aurora/settings/invitations/{invitation.pk}/renew/")["Location"].startswith(AGAIN)


def test_roles_without_power_over_others_do_not_ask(client: Client, owner: User, viewer: User) -> None:
    client.force_login(owner)

    assert client.post(MEMBERS, {"email": "new@example.com", "role": "editor"}).status_code == 200
    assert client.post(f"{MEMBERS}{viewer.pk}/role/", {"role": "editor"})["Location"] == MEMBERS


def test_two_factor_policy_asks_again(client: Client, owner: User, instance: Instance) -> None:
    give_second_factor(owner)
    client.force_login(owner)

    for data in ({"required": "on"}, {}):
        assert client.post("/i/aurora/settings/two-factor/", data)["Location"].startswith(AGAIN)
    instance.tenant.refresh_from_db()
    assert not instance.tenant.require_two_factor


def test_ending_other_sessions_asks_again(client: Client, editor: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(editor)
    elsewhere.get("/auth/profile/")
    client.force_login(editor)

    assert client.post("/auth/sessions/")["Location"] == asked_for("/auth/sessions/")
    assert elsewhere.get("/auth/profile/").status_code == 200
    client.post(AGAIN, {"password": PASSWORD, "next": "/auth/sessions/"})

    assert elsewhere.get("/auth/profile/").status_code == 302


@pytest.fixture
def with_mail(settings: Settings) -> None:
    settings.EMAIL_URL = "smtp://localhost"


@pytest.mark.usefixtures("with_mail")
def test_person_is_mailed_about_a_new_api_key(instance: Instance, admin: User) -> None:
    _key, plain = create_api_key(instance, actor=admin, name="nightly upload", scopes=[])

    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.subject) == (admin.email, "New API key for Aurora")
    assert "nightly upload" in mail.text
    assert plain not in mail.text


@pytest.mark.usefixtures("with_mail")
def test_person_is_mailed_about_a_changed_password(client: Client, editor: User) -> None:
    client.force_login(editor)
    new = {"oldpassword": PASSWORD, "password1": "violet kettle orbit", "password2": "violet kettle orbit"}

    client.post("/auth/password/change/", new)

    mail = OutgoingMail.objects.get()
    assert mail.to == editor.email
    assert "The password of your Clipdesk account was changed." in mail.text


@pytest.mark.usefixtures("with_mail")
def test_person_is_mailed_when_staff_remove_their_second_factor(client: Client, editor: User) -> None:
    boss = UserFactory.create(is_staff=True, is_superuser=True)
    for person in (boss, editor):
        give_second_factor(person)
    sign_in_again(client, boss)
    row = editor.authenticator_set.get()

    client.post(f"/admin/mfa/authenticator/{row.pk}/delete/", {"post": "yes"})

    assert OutgoingMail.objects.get().to == editor.email


@pytest.mark.usefixtures("with_mail")
def test_person_is_mailed_when_the_command_removes_their_second_factor(editor: User) -> None:
    give_second_factor(editor)

    call_command("remove_two_factor", email=editor.email)
    call_command("remove_two_factor", email=editor.email)

    mail = OutgoingMail.objects.get()
    assert (mail.to, "manage.py remove_two_factor" in mail.text) == (editor.email, True)
