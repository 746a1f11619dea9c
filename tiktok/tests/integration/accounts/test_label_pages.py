"""Labels on the page: ticked, typed, taken off."""

import pytest
from django.test import Client

from accounts.models import AuditLogEntry, User
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import TikTokAccount
from tiktok.tests.factories import make_account

pytestmark = pytest.mark.django_db
HTMX = {"hx-request": "true"}


@pytest.fixture
def bakery(instance: Instance, other_instance: Instance) -> TikTokAccount:
    with instance_scope(other_instance):
        make_account(other_instance, labels=["Foreign"])
    with instance_scope(instance):
        make_account(instance, name="Cycles", labels=["DACH", "vip"])
        return make_account(instance, name="Bakery", labels=["VIP", "Food"])


def labels_of(account: TikTokAccount) -> list[str]:
    with instance_scope(account.instance):
        account.refresh_from_db()
    labels: list[str] = account.labels
    return labels


def test_labels_in_use_are_offered_and_own_ones_ticked(client: Client, admin: User, bakery: TikTokAccount) -> None:
    client.force_login(admin)

    part = client.get(f"/i/aurora/accounts/{bakery.pk}/labels/", headers=HTMX).content.decode()

    assert "<html" not in part
    assert [part.count(f'value="{label}"') for label in ("VIP", "Food", "DACH", "vip", "Foreign")] == [1, 1, 1, 0, 0]
    assert part.count("checked") == 2


def test_labels_are_ticked_typed_and_taken_off(client: Client, admin: User, bakery: TikTokAccount) -> None:
    client.force_login(admin)
    url = f"/i/aurora/accounts/{bakery.pk}/labels/"

    card = client.post(url, {"labels": ["VIP", "DACH"], "new": " Spring sale , vip,"}, headers=HTMX)

    assert labels_of(bakery) == ["VIP", "DACH", "Spring sale"]
    assert "?label=Spring%20sale" in card.content.decode()
    assert "accounts-changed" in card["HX-Trigger"]
    line = AuditLogEntry.objects.get(action="account.labelled")
    assert (line.actor, line.detail["before"]) == (admin, ["VIP", "Food"])
    assert client.post(url, {})["Location"] == "/i/aurora/accounts/"
    assert labels_of(bakery) == []


@pytest.mark.parametrize("typed", ["x" * 31, "a\0b", ",".join(f"label {n}" for n in range(11)), "x" * 401])
def test_what_does_not_fit_is_refused_where_it_was_typed(
    client: Client, admin: User, bakery: TikTokAccount, typed: str
) -> None:
    client.force_login(admin)
    url = f"/i/aurora/accounts/{bakery.pk}/labels/"

    assert list(client.post(url, {"new": typed}).context["form"].errors) == ["new"]
    answer = client.post(url, {"new": typed}, headers=HTMX)

    assert answer["HX-Retarget"] == f"#labels-{bakery.pk}"
    assert "errorlist" in answer.content.decode()
    assert labels_of(bakery) == ["VIP", "Food"]


def test_label_that_was_not_offered_is_refused(client: Client, admin: User, bakery: TikTokAccount) -> None:
    client.force_login(admin)

    answer = client.post(f"/i/aurora/accounts/{bakery.pk}/labels/", {"labels": ["Foreign"]})

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["labels"])
