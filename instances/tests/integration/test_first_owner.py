"""The first account of a deployment, from the printed link to the first page."""

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import Tenant, TenantMembership, TenantRole, User
from instances.services import invite_first_owner
from instances.services.first_owner import first_owner_link
from instances.tests.factories import InstanceFactory

pytestmark = pytest.mark.django_db


def opened(client: Client) -> str:
    link = first_owner_link()
    assert link is not None
    return link.removeprefix(settings.BASE_URL)


def test_person_who_opens_the_link_chooses_an_address_and_owns_everything(client: Client) -> None:
    page = client.get(opened(client))
    response = client.post(
        "/auth/signup/", {"email": "maren@example.com", "password1": "a-long-enough-phrase", "name": "Maren"}
    )

    user = User.objects.get()
    assert "Create the first account" in page.content.decode()
    assert (response.status_code, user.email, user.is_staff, user.is_superuser) == (
        302,
        "maren@example.com",
        True,
        True,
    )
    assert TenantMembership.objects.get(user=user).role == TenantRole.OWNER
    assert client.get("/i/my-team/settings/members/").status_code == 200


def test_later_start_replaces_the_link_until_there_is_an_account(client: Client) -> None:
    first, second = opened(client), opened(client)

    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200
    assert Tenant.objects.count() == 1


def test_with_an_account_there_is_no_link(owner: User) -> None:
    assert first_owner_link() is None


def test_operators_own_choice_stays_the_only_way_in() -> None:
    invite_first_owner(InstanceFactory.create(), email="owner@example.com")

    assert first_owner_link() is None
