"""The command palette finds pages, accounts, posts and instances: those that the person may open."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from instances.tests.factories import InstanceFactory
from tiktok.models import AccountStatus
from tiktok.tests.factories import make_account, make_post

Search = Callable[..., str]


@pytest.fixture
def search(client: Client, owner: User, instance: Instance) -> Search:
    """Search the palette of the owner's instance."""

    def find(text: str = "", by: User = owner) -> str:
        client.force_login(by)
        answer = client.get(f"/i/{instance.slug}/find/", {"q": text})
        assert answer.status_code == 200
        return answer.content.decode()

    return find


def fill(instance: Instance, n: int) -> None:
    with instance_scope(instance):
        for number in range(n):
            account = make_account(instance, name=f"Bakery {number}", username=f"bakery.{number}")
            make_post(account, caption=f"Bakery opens at {number}")
    for number in range(n):
        InstanceFactory.create(tenant=instance.tenant, name=f"Bakery branch {number}")


def test_palette_finds_what_is_typed(search: Search, instance: Instance) -> None:
    fill(instance, 1)

    found = search("bakery")

    assert [name in found for name in ("Bakery 0", "Bakery opens at 0", "Bakery branch 0")] == [True] * 3
    assert "New post" not in found
    assert "Bakery" not in search("media")
    assert f'href="/i/{instance.slug}/media/"' in search("MED")
    assert f'href="/i/{instance.slug}/posts/new/"' in search("new post")
    assert f'href="/i/{instance.slug}/settings/members/"' in search("settings")
    assert "No page, account, post or instance matches." in search("xylophone")


def test_palette_shows_pages_and_newest_posts_before_anything_is_typed(search: Search, instance: Instance) -> None:
    fill(instance, 8)

    found = search()

    assert found.count("Bakery opens at") == 6
    assert "Bakery opens at 7" in found
    assert f'href="/i/{instance.slug}/notifications/"' in found


def test_palette_finds_nothing_of_other_tenants(search: Search, other_instance: Instance) -> None:
    fill(other_instance, 1)

    assert "Bakery" not in search("bakery")
    assert "Borealis" not in search("borealis")


def test_palette_offers_a_viewer_only_pages_that_open(search: Search, viewer: User) -> None:
    found = search(by=viewer)

    assert "New post" not in found
    assert "/settings/members/" not in found
    assert "/media/" in found


def test_palette_leaves_out_disconnected_accounts(search: Search, instance: Instance) -> None:
    with instance_scope(instance):
        make_account(instance, name="Bakery", status=AccountStatus.DISCONNECTED)

    assert "Bakery" not in search("bakery")


def test_palette_outside_an_instance_finds_instances(client: Client, owner: User, instance: Instance) -> None:
    client.force_login(owner)

    assert f'href="/i/{instance.slug}/"' in client.get("/instances/find/", {"q": "auro"}).content.decode()


def test_palette_takes_the_same_statements_for_one_and_many(search: Search, instance: Instance) -> None:
    counts = []
    for more in (1, 3):
        fill(instance, more)
        search()
        with CaptureQueriesContext(connection) as queries:
            search("bakery")
        counts.append(len(queries))

    assert counts[0] == counts[1]
