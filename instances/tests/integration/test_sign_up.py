"""Sign-up: the people it is open to, and the rows it creates."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.conf import LazySettings
from django.test import Client

from accounts.models import AuditLogEntry, Tenant, TenantMembership, TenantRole, User
from core.models import OutgoingMail
from instances.access import role_of
from instances.models import Instance, Invitation
from instances.roles import Role
from instances.services import invite_first_owner, invite_member
from instances.tests.factories import PASSWORD, InstanceFactory
from instances.tests.integration.test_invitations import path_of

SIGN_UP = "/auth/signup/"
EMAIL = "anna@example.com"
FORM = {"name": "Anna", "team": "Nordwind Café", "email": "Anna@Example.com", "password1": PASSWORD}


@pytest.fixture
def open_sign_up(settings: LazySettings, db: None) -> None:
    settings.SIGNUP = "open"


@pytest.fixture
def with_mail(settings: LazySettings) -> None:
    settings.EMAIL_URL = "smtp://localhost"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


@pytest.mark.usefixtures("open_sign_up")
def test_open_sign_up_makes_person_tenant_and_instance_and_lands_there(client: Client) -> None:
    answer = client.post(SIGN_UP, FORM)

    assert answer["Location"] == "/i/nordwind-cafe/"
    user, instance = User.objects.get(), Instance.objects.get()
    assert (user.email, user.name) == (EMAIL, "Anna")
    assert instance.tenant.name == "Nordwind Café"
    assert role_of(user, instance) == Role.OWNER
    actions = {"tenant.created", "instance.created", "sign_in.succeeded"}
    assert set(AuditLogEntry.objects.values_list("action", flat=True)) == actions
    assert client.get("/")["Location"] == "/i/nordwind-cafe/"


@pytest.mark.usefixtures("open_sign_up")
@pytest.mark.parametrize(("zone", "taken"), [("Asia/Tokyo", "Asia/Tokyo"), ("Mars/Olympus", "UTC"), ("", "UTC")])
def test_sign_up_takes_the_browsers_zone_if_it_is_known(client: Client, zone: str, taken: str) -> None:
    client.post(SIGN_UP, FORM | {"time_zone": zone})

    assert Instance.objects.get().time_zone == taken


@pytest.mark.usefixtures("open_sign_up")
def test_taken_name_gets_another_address(client: Client) -> None:
    InstanceFactory.create(slug="nordwind-cafe")

    assert client.post(SIGN_UP, FORM)["Location"] == "/i/nordwind-cafe-2/"


@pytest.mark.usefixtures("open_sign_up")
def test_open_sign_up_asks_for_the_team(client: Client) -> None:
    page = client.post(SIGN_UP, FORM | {"team": ""})

    assert list(page.context["form"].errors) == ["team"]
    assert not User.objects.exists()


@pytest.mark.usefixtures("open_sign_up", "with_mail")
def test_with_mail_the_address_is_verified_first(client: Client) -> None:
    client.post(SIGN_UP, FORM)
    assert client.get("/instances/")["Location"].startswith("/auth/login/")

    mail = OutgoingMail.objects.get()
    link = re.search(r"https?://[^/]+(/auth/confirm-email/\S+)", mail.text)
    assert link
    answer = client.post(link[1], follow=True)

    assert answer.redirect_chain[-1][0] == "/i/nordwind-cafe/"
    assert EmailAddress.objects.get().verified


@pytest.mark.usefixtures("open_sign_up", "with_mail")
def test_address_with_an_account_is_notified_only_by_email(client: Client, owner: User) -> None:
    answer = client.post(SIGN_UP, FORM | {"email": owner.email})

    assert answer["Location"] == "/auth/confirm-email/"
    assert OutgoingMail.objects.get().to == owner.email
    assert Tenant.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("mode", ["invite", "closed"])
def test_without_an_invitation_sign_up_is_refused(client: Client, settings: LazySettings, mode: str) -> None:
    settings.SIGNUP = mode

    page = client.post(SIGN_UP, FORM)

    assert page.status_code == 200
    assert "form" not in page.context
    assert not User.objects.exists()


def test_invited_person_signs_up_into_the_instance(client: Client, instance: Instance, owner: User) -> None:
    client.get(path_of(invite_member(instance, actor=owner, email=EMAIL, role=Role.EDITOR).link))
    page = client.get(SIGN_UP)
    assert page.context["form"].initial["email"] == EMAIL
    assert "team" not in page.context["form"].fields

    answer = client.post(SIGN_UP, {"name": "Anna", "email": EMAIL, "password1": PASSWORD})

    assert answer["Location"] == "/i/aurora/"
    anna = User.objects.get(email=EMAIL)
    assert role_of(anna, instance) == Role.EDITOR
    assert Tenant.objects.count() == 1
    assert Invitation.objects.get().accepted_by == anna


def test_invited_address_is_bound(client: Client, instance: Instance, owner: User) -> None:
    client.get(path_of(invite_member(instance, actor=owner, email=EMAIL, role=Role.EDITOR).link))

    page = client.post(SIGN_UP, {"email": "eve@example.com", "password1": PASSWORD})

    assert list(page.context["form"].errors) == ["email"]
    assert not User.objects.filter(email="eve@example.com").exists()


@pytest.mark.usefixtures("with_mail")
def test_invitation_that_came_by_mail_proves_the_address(client: Client, instance: Instance, owner: User) -> None:
    client.get(path_of(invite_member(instance, actor=owner, email=EMAIL, role=Role.EDITOR).link))

    answer = client.post(SIGN_UP, {"email": EMAIL, "password1": PASSWORD})

    assert answer["Location"] == "/i/aurora/"
    assert EmailAddress.objects.get(email=EMAIL).verified


def test_revoked_invitation_opens_nothing(client: Client, instance: Instance, owner: User) -> None:
    client.get(path_of(invite_member(instance, actor=owner, email=EMAIL, role=Role.EDITOR).link))
    Invitation.objects.all().delete()

    client.post(SIGN_UP, {"email": EMAIL, "password1": PASSWORD})

    assert not User.objects.filter(email=EMAIL).exists()


def test_closed_refuses_everyone_even_by_invitation(
    client: Client, instance: Instance, owner: User, settings: LazySettings
) -> None:
    settings.SIGNUP = "closed"
    page = client.get(path_of(invite_member(instance, actor=owner, email=EMAIL, role=Role.EDITOR).link))
    assert "New accounts are created by your administrator." in page.content.decode()

    client.post(SIGN_UP, {"email": EMAIL, "password1": PASSWORD})

    assert not User.objects.filter(email=EMAIL).exists()


@pytest.mark.parametrize("mode", ["invite", "open", "closed"])
@pytest.mark.parametrize("gives_staff", [True, False])
def test_first_owner_comes_by_the_operators_link(
    client: Client, instance: Instance, settings: LazySettings, mode: str, gives_staff: bool
) -> None:
    settings.SIGNUP = mode
    client.get(path_of(invite_first_owner(instance, email=EMAIL, gives_staff=gives_staff).link))

    answer = client.post(SIGN_UP, {"email": EMAIL, "password1": PASSWORD})

    assert answer["Location"] == "/i/aurora/"
    anna = User.objects.get(email=EMAIL)
    assert (anna.is_staff, anna.is_superuser) == (gives_staff, gives_staff)
    assert AuditLogEntry.objects.filter(action="person.staff_granted", target_id=str(anna.pk)).exists() == gives_staff
    assert TenantMembership.objects.get(user=anna).role == TenantRole.OWNER


@pytest.mark.usefixtures("open_sign_up")
@pytest.mark.parametrize("field", ["name", "team"])
@pytest.mark.parametrize("typed", ["See https://evil.example/login", "Two\nlines", "ask help@evil.example"])
def test_sign_up_refuses_names_with_addresses_or_breaks(client: Client, field: str, typed: str) -> None:
    page = client.post(SIGN_UP, FORM | {field: typed})

    assert list(page.context["form"].errors) == [field]
    assert not User.objects.exists()


@pytest.mark.usefixtures("open_sign_up", "with_mail")
def test_confirmation_mail_does_not_carry_the_typed_name(client: Client) -> None:
    client.post(SIGN_UP, FORM | {"name": "Prize office"})

    mail = OutgoingMail.objects.get()
    assert "Prize office" not in mail.subject + mail.text
    assert EMAIL in mail.text
