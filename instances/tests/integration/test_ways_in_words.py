"""Texts about getting an account, in each mode of sign-up and on an empty product."""

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from core.models import OutgoingMail
from instances.access import role_of
from instances.models import Instance
from instances.roles import Role
from instances.services import invite_member
from instances.tests.factories import UserFactory
from instances.tests.integration.test_invitations import path_of

EMAIL = "anna@example.com"
PAGES = ["/", "/auth/login/", "/auth/signup/"]
BY_ADMINISTRATOR = "New accounts are created by your administrator."
NEEDS_ACCOUNT = "An invitation works only for people who already have a Clipdesk account"


@pytest.mark.parametrize("path", PAGES)
def test_closed_product_names_the_administrator_and_no_invitation(
    client: Client, owner: User, settings: Settings, path: str
) -> None:
    settings.SIGNUP = "closed"
    page = client.get(path).content.decode()

    assert BY_ADMINISTRATOR in page
    assert "nvitation" not in page


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("mode", ["invite", "closed"])
def test_empty_product_says_how_the_first_account_is_made(
    client: Client, settings: Settings, path: str, mode: str
) -> None:
    settings.SIGNUP = mode
    page = client.get(path).content.decode()

    assert "<code>make up</code>" in page
    assert "<code>manage.py create_owner</code>" in page
    assert "nvitation" not in page


@pytest.mark.parametrize("mode", ["invite", "closed"])
def test_members_page_says_beforehand_whom_an_invitation_helps(
    client: Client, owner: User, settings: Settings, mode: str
) -> None:
    settings.SIGNUP = mode
    client.force_login(owner)

    page = client.get("/i/aurora/settings/members/").content.decode()

    assert (NEEDS_ACCOUNT in page) == (mode == "closed")


def test_closed_product_lets_people_with_an_account_accept(
    client: Client, instance: Instance, owner: User, settings: Settings
) -> None:
    settings.SIGNUP, settings.EMAIL_URL = "closed", "smtp://localhost"
    anna = UserFactory.create(email=EMAIL)
    path = path_of(invite_member(instance, actor=owner, email=EMAIL, role=Role.EDITOR).link)

    assert "It needs a Clipdesk account with this address." in OutgoingMail.objects.get().text
    assert BY_ADMINISTRATOR in client.get(path).content.decode()
    client.force_login(anna)
    assert client.post(path)["Location"] == "/i/aurora/"
    assert role_of(anna, instance) == Role.EDITOR


@pytest.mark.parametrize("has_mail", [True, False])
def test_pages_promise_emails_only_where_they_are_sent(
    client: Client, owner: User, settings: Settings, has_mail: bool
) -> None:
    settings.EMAIL_URL = "smtp://localhost" if has_mail else ""
    client.force_login(owner)

    members = client.get("/i/aurora/settings/members/").content.decode()
    address = client.get("/auth/email/").content.decode()

    assert ("Send invitation" in members, "Create invitation link" in members) == (has_mail, not has_mail)
    assert ("Clipdesk sends its emails there" in address) == has_mail


def test_used_invitation_says_what_to_do(client: Client, instance: Instance, owner: User) -> None:
    anna = UserFactory.create(email=EMAIL)
    path = path_of(invite_member(instance, actor=owner, email=EMAIL, role=Role.EDITOR).link)
    client.force_login(anna)
    client.post(path)

    assert "Go to my instances" in client.get(path).content.decode()
    page = Client().get(path).content.decode()
    assert "ask the person who invited you for a new link" in page
    assert 'href="/auth/login/"' in page


def test_administration_names_staff_and_no_admin_of_the_instance(client: Client, owner: User) -> None:
    client.force_login(owner)

    page = client.get("/admin/", follow=True)

    assert page.status_code == 403
    assert "Administration is for staff, who run this installation." in page.content.decode()
    assert "Ask an admin of the instance" not in page.content.decode()


def test_sessions_are_named_in_words(client: Client, owner: User) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    client.force_login(owner)
    client.get("/instances/", headers={"user-agent": agent})

    page = client.get("/auth/sessions/", headers={"user-agent": agent}).content.decode()

    assert "Firefox on Linux" in page
    assert "This device" in page
    assert "Mozilla" not in page
