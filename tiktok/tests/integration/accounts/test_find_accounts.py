"""Find accounts among hundreds by name, status and label, in few statements and bytes; choose one in the rail."""

import gzip
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.accounts.selection import SESSION_KEY
from tiktok.models import TikTokAccount, TikTokApp
from tiktok.tests.crowd import SANDBOX, make_crowd
from tiktok.tests.factories import CredentialFactory, TikTokAppFactory, make_account, make_post

pytestmark = pytest.mark.django_db
PAGE = "/i/aurora/accounts/"
LIST, FILTERS, CHOOSE, RAIL = (f"{PAGE}{part}/" for part in ("list", "filters", "choose", "rail"))
MOST_BYTES = 60_000
HTMX = {"hx-request": "true"}


@pytest.fixture
def page(client: Client, admin: User) -> Client:
    client.force_login(admin)
    client.get(FILTERS)  # the first request of a session notes it
    return client


@pytest.fixture
def app(instance: Instance) -> TikTokApp:
    return TikTokAppFactory.create(is_audited=True)


def shown(client: Client, /, **query: str) -> list[str]:
    """The names on the cards, in order."""
    return cards_of(client.get(PAGE, query | {"view": "cards"}).content.decode())


def cards_of(text: str) -> list[str]:
    return re.findall(r"<bdi>([^<]+)</bdi></a></h3>", text)


def add(instance: Instance, app: TikTokApp, name: str, **fields: Any) -> TikTokAccount:
    with instance_scope(instance):
        return make_account(instance, name=name, credential=CredentialFactory.create(app=app), **fields)


@pytest.mark.parametrize(
    ("address", "one_app", "two_apps"), [(PAGE, 11, 12), (LIST, 7, 8), (FILTERS, 4, 4), (CHOOSE, 9, 9), (RAIL, 5, 5)]
)
@pytest.mark.parametrize("number", [10, 300])
def test_three_hundred_accounts_take_few_statements_and_few_bytes(
    page: Client, instance: Instance, app: TikTokApp, address: str, one_app: int, two_apps: int, number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    make_crowd(instance, number, app)

    with django_assert_num_queries(one_app if number < SANDBOX else two_apps):
        answer = page.get(address)

    assert answer.status_code == 200
    assert len(gzip.compress(answer.content)) < MOST_BYTES
    assert answer.content.decode().count(" data-account ") <= 24


def test_more_than_two_dozen_accounts_are_a_table(page: Client, instance: Instance, app: TikTokApp) -> None:
    make_crowd(instance, 24, app)
    assert "<table" not in page.get(PAGE).content.decode()

    make_crowd(instance, 1, TikTokAppFactory.create())
    text = page.get(PAGE).content.decode()
    assert text.count(" data-account ") == 24
    assert "<table" in text
    assert page.get(PAGE, {"view": "cards"}).content.decode().count("<article") == 24


def test_accounts_are_found_by_all_their_names_and_labels(page: Client, instance: Instance, app: TikTokApp) -> None:
    add(instance, app, "Bäckerei", username="rolls", display_name="Rolls & Co", labels=["Food"])
    add(instance, app, "Shop", username="shop", display_name="Shop of BÄCK", labels=["VIP", "food"])

    assert shown(page, q="BÄCK") == ["Bäckerei", "Shop"]
    assert shown(page, q="@rolls") == ["Bäckerei"]
    assert shown(page, q="shop vip") == ["Shop"]
    assert shown(page, label="FOOD") == ["Bäckerei", "Shop"]
    assert shown(page, label="vip", q="bäck") == ["Shop"]
    assert shown(page, q="100%_'\0") == []


def test_accounts_that_cannot_publish_are_found_by_status(page: Client, instance: Instance, app: TikTokApp) -> None:
    add(instance, app, "Whole")
    with instance_scope(instance):
        make_account(instance, name="Half", credential=CredentialFactory.create(app=app, scopes=["user.info.basic"]))

    assert "1 can’t publish" in page.get(PAGE).content.decode()
    assert shown(page, status="limited") == ["Half"]
    assert shown(page, sort="status") == ["Half", "Whole"]


def test_status_counts_respect_search_and_label(page: Client, instance: Instance, app: TikTokApp) -> None:
    make_crowd(instance, 60, app)

    every, vips = page.get(PAGE).content.decode(), page.get(PAGE, {"label": "VIP"}).content.decode()

    for text in ("All 60", "2 to reconnect", "2 expire soon", "55 active", "1 disconnected"):
        assert text in every
    for text in ("All 24", "21 active"):
        assert text in vips
    assert "being disconnected" not in every
    assert len(shown(page, status="reconnect_needed")) == 2


@pytest.mark.parametrize(
    ("sort", "names"),
    [("name", ["ant", "Bee", "Cat"]), ("status", ["Cat", "ant", "Bee"]), ("recent", ["Cat", "Bee", "ant"]),
     ("nonsense", ["ant", "Bee", "Cat"])],
)  # fmt: skip
def test_accounts_are_put_in_order(
    page: Client, instance: Instance, app: TikTokApp, sort: str, names: list[str]
) -> None:
    for name, status in (("ant", "active"), ("Bee", "active"), ("Cat", "reconnect_needed")):
        add(instance, app, name, status=status)

    assert shown(page, sort=sort) == names


def test_a_search_without_result_offers_all_again(page: Client, instance: Instance, app: TikTokApp) -> None:
    add(instance, app, "Bakery")

    text = page.get(PAGE, {"q": "nobody"}).content.decode()

    assert "No account matches" in text
    assert "Show all accounts" in text
    assert "No TikTok accounts yet" not in text


def test_search_and_filters_are_kept_in_the_address(page: Client, instance: Instance, app: TikTokApp) -> None:
    make_crowd(instance, 60, app)
    query = {"q": "b", "status": "active", "sort": "recent", "page": "2", "label": "", "view": "cards"}

    chosen = page.get(LIST, query, headers=HTMX | {"hx-trigger": "accounts-filter"})
    refreshed = page.get(LIST, query, headers=HTMX | {"hx-trigger": "accounts"})

    assert chosen["HX-Push-Url"] == f"{PAGE}?q=b&status=active&sort=recent&view=cards&page=2"
    assert "HX-Push-Url" not in refreshed
    text = page.get(chosen["HX-Push-Url"]).content.decode()
    assert 'name="q" value="b"' in text
    assert re.search(r'value="active" id="status-active"[^>]*checked', text)
    assert '<option value="recent" selected>' in text
    assert cards_of(chosen.content.decode()) == cards_of(text)
    assert page.get(LIST, {"view": "cards"}, headers=HTMX | {"hx-trigger": "x"})["HX-Push-Url"] == f"{PAGE}?view=cards"


def test_pages_hold_every_account_once(page: Client, instance: Instance, app: TikTokApp) -> None:
    make_crowd(instance, 60, app)

    names = [name for number in ("1", "2", "3") for name in shown(page, page=number)]

    assert len(names) == len(set(names)) == 60
    assert shown(page, page="99") == shown(page, page="3")
    assert shown(page, page="x") == shown(page)


def test_the_rail_carries_eight_accounts_and_of_more_the_chosen_one(
    page: Client, instance: Instance, app: TikTokApp
) -> None:
    crowd = make_crowd(instance, 8, app)
    text = page.get(RAIL).content.decode()
    assert text.count("?account=") == 1 + 8
    assert "data-switcher-open" not in text

    make_crowd(instance, 1, TikTokAppFactory.create())
    text = page.get(RAIL).content.decode()
    assert text.count("?account=") == 1 + 8
    assert f'href="{CHOOSE}"' in text
    page.get(PAGE, {"account": str(crowd[3].pk)})
    assert f'?account={crowd[3].pk}" aria-current="true"' in page.get(RAIL).content.decode()


def test_rail_shows_of_many_those_in_trouble_and_the_last_used(
    page: Client, instance: Instance, app: TikTokApp
) -> None:
    names = [f"Account {letter}" for letter in "ABCDEFGHIJKLMNOP"]
    made = {name: add(instance, app, name) for name in names}
    weeks = timezone.now() + timedelta(days=9)
    with instance_scope(instance):
        TikTokAccount.objects.filter(name="Account P").update(status="reconnect_needed")
        make_account(instance, name="Limited", credential=CredentialFactory.create(app=app, scopes=["user.info.basic"]))
        make_account(instance, name="Expiring",
                     credential=CredentialFactory.create(app=app, refresh_expires_at=weeks))  # fmt: skip
        for name in ("Account M", "Account O", "Account N"):
            make_post(made[name])
    page.get(PAGE, {"account": str(made["Account K"].pk)})

    shown = re.findall(r"<bdi>([^<]+)</bdi><small>", page.get(RAIL).content.decode())

    assert shown == [*(f"Account {letter}" for letter in "AKMNOP"), "Expiring", "Limited"]


def test_label_filters_the_switcher(page: Client, instance: Instance, app: TikTokApp) -> None:
    for name, labels in (("Bakery", ["Food"]), ("Cycles", ["VIP"]), ("Deli", ["food"])):
        add(instance, app, name, labels=labels)

    part = page.get(CHOOSE, {"label": "food"}, headers=HTMX).content.decode()

    assert re.findall(r"<bdi>([^<]+)</bdi><small>", part) == ["Bakery", "Deli"]
    assert re.search(r'href="[^"]*\?q=" data-switcher-label="" aria-current="true">.*?Food</bdi> \(2\)', part)
    assert re.search(r'href="[^"]*\?q=&amp;label=VIP" data-switcher-label="VIP">', part)
    part = page.get(CHOOSE, {"q": "deli", "label": "food"}, headers=HTMX).content.decode()
    assert re.findall(r"<bdi>([^<]+)</bdi><small>", part) == ["Deli"]


def test_new_label_is_in_the_filters_that_reload_after_a_change(
    page: Client, instance: Instance, app: TikTokApp
) -> None:
    account = add(instance, app, "Bakery")
    assert "accounts-label" not in page.get(FILTERS).content.decode()

    answer = page.post(f"{PAGE}{account.pk}/labels/", {"new": "Spring"}, headers=HTMX)

    assert "accounts-changed" in answer["HX-Trigger"]
    filters = page.get(FILTERS).content.decode()
    assert 'hx-trigger="accounts-changed from:body"' in filters
    assert '<option value="Spring" >Spring (1)</option>' in filters


def test_an_account_is_chosen_among_hundreds(page: Client, instance: Instance, app: TikTokApp) -> None:
    crowd = make_crowd(instance, 300, app)

    part = page.get(CHOOSE, {"q": "@user.157"}, headers=HTMX)
    whole = page.get(CHOOSE, {"q": "@user.157"})

    assert f'href="?account={crowd[157].pk}"' in part.content.decode()
    assert "<html" not in part.content.decode()
    assert "HX-Request" in part["Vary"]
    assert f'href="/i/aurora/?account={crowd[157].pk}"' in whole.content.decode()
    page.get(f"/i/aurora/?account={crowd[157].pk}")
    assert list(page.session[SESSION_KEY].values()) == [str(crowd[157].pk)]
    assert "No account matches" in page.get(CHOOSE, {"q": "nobody"}).content.decode()
    assert crowd[40].status == "disconnected"
    assert str(crowd[40].pk) not in page.get(CHOOSE, {"q": "@user.40"}).content.decode()
    assert "Type to narrow the list" in page.get(CHOOSE, headers=HTMX).content.decode()


def test_nothing_of_another_instance_is_found_or_counted(
    page: Client, instance: Instance, other_instance: Instance, app: TikTokApp
) -> None:
    theirs = make_crowd(other_instance, 30, app)

    for address in (PAGE, LIST, FILTERS, CHOOSE, RAIL):
        text = page.get(address, {"q": "user", "label": "VIP"}).content.decode()
        assert "Aarhus" not in text
        assert "All 30" not in text
        assert str(theirs[0].pk) not in text


def test_a_card_that_changed_says_so_to_the_rail(page: Client, instance: Instance, app: TikTokApp) -> None:
    account = add(instance, app, "Old name")

    answer = page.post(f"/i/aurora/accounts/{account.pk}/name/", {"name": "New name"}, headers=HTMX)

    assert "accounts-changed" in answer["HX-Trigger"]
    assert "New name" in page.get(RAIL).content.decode()
