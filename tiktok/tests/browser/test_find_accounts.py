"""Find accounts and instances among hundreds by keyboard; edit in place; axe finds nothing in any look."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from instances.tests.factories import InstanceFactory
from tiktok.access.status import need_reconnect
from tiktok.models import TikTokApp
from tiktok.tests.browser.axe import findings
from tiktok.tests.browser.gallery import looks, pictured
from tiktok.tests.browser.visitor import Visitor, visit
from tiktok.tests.crowd import make_crowd, make_posts
from tiktok.tests.factories import CredentialFactory, TikTokAppFactory, make_account
from tiktok.tests.integration.posts.test_overview import STATES

ACCOUNTS = "/i/aurora/accounts/"


@pytest.fixture
def app(db: None) -> TikTokApp:
    return TikTokAppFactory.create(is_audited=True)


@pytest.fixture
def owner_at(browser: Browser, live_server: LiveServer, owner: User, settings: Settings) -> Iterator[Visitor]:
    """The owner, signed in."""
    settings.BASE_URL = live_server.url
    visitor = signed_in(browser, live_server.url, owner)
    yield visitor
    assert visitor.close() == []


def signed_in(browser: Browser, url: str, person: User, *, scripts: bool = True) -> Visitor:
    client = Client()
    client.force_login(person)
    visitor = visit(browser, url, java_script_enabled=scripts)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    visitor.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": url}])
    return visitor


def problems_of(page: Page, name: str) -> dict[str, list[str]]:
    """Return the page's problems by look: each width and theme only once, because axe takes seconds for each."""
    found = {
        look: [*findings(page), *pictured(page, f"{name}-{look}")]
        for look in looks(page)
        if look in {"1440-dark", "390-light"}
    }
    return {look: problems for look, problems in found.items() if problems}


def test_accounts_are_found_and_chosen_by_keyboard(owner_at: Visitor, instance: Instance, app: TikTokApp) -> None:
    make_crowd(instance, 300, app)
    page = owner_at.page
    page.goto(f"{ACCOUNTS}?view=cards")

    page.get_by_label("Search", exact=True).focus()
    page.keyboard.type("bakery")
    expect(page.get_by_role("heading", name="43 of 300 accounts")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?q=bakery&view=cards$"))
    expect(page.get_by_label("Search", exact=True)).to_be_focused()

    page.get_by_role("radio", name="All 43").focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"\?q=bakery&status=reconnect_needed&view=cards$"))
    expect(page.get_by_role("radio", name="2 to reconnect")).to_be_focused()
    expect(page.get_by_role("article")).to_have_count(2)
    page.go_back()
    expect(page.get_by_role("heading", name="43 of 300 accounts")).to_be_visible()
    expect(page.get_by_label("Search", exact=True)).to_have_value("bakery")
    page.get_by_role("link", name="Next").press("Enter")
    expect(page).to_have_url(re.compile(r"\?q=bakery&view=cards&page=2$"))
    expect(page.get_by_role("link", name="Previous")).to_be_visible()

    page.get_by_role("link", name="Find an account").press("Enter")
    dialog = page.get_by_role("dialog", name="Choose an account")
    expect(dialog.get_by_role("link", name="Aarhus Bakery 0")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Find an account")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("bakery jena")
    expect(dialog.locator("[data-switcher-list] a")).to_have_count(4)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    chosen = page.get_by_role("navigation", name="Filter by account").locator("[aria-current]")
    expect(chosen).to_contain_text("Jena")
    expect(page).to_have_url(re.compile(r"\?account="))


def test_labels_and_names_change_in_place_and_a_lost_line_is_said(
    owner_at: Visitor, instance: Instance, app: TikTokApp
) -> None:
    make_crowd(instance, 12, app)
    page = owner_at.page
    page.goto(ACCOUNTS)
    menu = page.get_by_label("More actions for Dublin Optics 3")

    menu.press("Enter")
    page.get_by_role("link", name="Edit labels").press("Enter")
    page.get_by_label("Food").check()
    page.get_by_label("New labels").fill("Autumn, Autumn")
    page.keyboard.press("Enter")
    card = page.get_by_role("article", name="Dublin Optics 3")
    expect(card.get_by_role("link", name="Autumn")).to_be_visible()
    expect(menu).to_be_focused()
    menu.press("Enter")
    card.get_by_role("button", name="Disconnect account").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Disconnect account").press("Enter")
    expect(page.get_by_role("radio", name="1 being disconnected")).to_be_attached()

    page.context.route("**/accounts/list/**", lost)
    page.get_by_label("Search", exact=True).fill("Autumn")
    expect(page.get_by_role("alert")).to_contain_text("This part of the page could not be loaded")
    page.context.unroute("**/accounts/list/**")
    page.get_by_role("button", name="Retry").press("Enter")
    expect(page.get_by_role("heading", name="1 of 12 accounts")).to_be_visible()
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"\?q=Autumn$"))

    page.context.route("**/sync/", lost)
    page.goto(ACCOUNTS)
    page.get_by_label("More actions for Aarhus Bakery 0").press("Enter")
    page.get_by_role("button", name="Sync now").press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Clipdesk didn’t answer.")
    forgive_lost_lines(owner_at)


def test_error_of_the_server_is_not_called_no_answer(owner_at: Visitor, instance: Instance, app: TikTokApp) -> None:
    make_crowd(instance, 1, app)
    page = owner_at.page
    page.goto(ACCOUNTS)
    page.context.route(
        "**/sync/", lambda route: route.fulfill(status=502, content_type="text/html", body="<h1>502</h1>")
    )

    page.get_by_label("More actions for").press("Enter")
    page.get_by_role("button", name="Sync now").press("Enter")

    expect(page.locator("#toasts")).to_contain_text("The server reported an error.")
    expect(page.locator("#toasts")).not_to_contain_text("Clipdesk didn’t answer")
    owner_at.problems[:] = [problem for problem in owner_at.problems if "502" not in problem]


def test_rename_by_keyboard_selects_the_name_and_returns_the_focus(
    owner_at: Visitor, instance: Instance, app: TikTokApp
) -> None:
    make_crowd(instance, 2, app)
    page = owner_at.page
    page.goto(ACCOUNTS)
    menu = page.get_by_label("More actions for Aarhus Bakery 0")

    menu.press("Enter")
    page.get_by_role("link", name="Rename").press("Enter")
    field = page.get_by_role("article", name="Aarhus Bakery 0").get_by_label("Name in Clipdesk")
    expect(field).to_be_focused()
    assert page.evaluate("document.getSelection().toString()") == "Aarhus Bakery 0"
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    expect(menu).to_be_focused()
    menu.press("Enter")
    page.get_by_role("link", name="Rename").press("Enter")
    expect(field).to_be_focused()
    page.keyboard.type("Harbour Yoga")
    page.keyboard.press("Enter")
    expect(page.get_by_label("More actions for Harbour Yoga")).to_be_focused()
    expect(page.get_by_role("navigation", name="Filter by account")).to_contain_text("Harbour Yoga")


def test_label_is_a_filter_as_soon_as_it_is_saved(owner_at: Visitor, instance: Instance, app: TikTokApp) -> None:
    with instance_scope(instance):
        for number in range(5):
            make_account(instance, name=f"Shop {number}", credential=CredentialFactory.create(app=app))
    page = owner_at.page
    page.goto(ACCOUNTS)

    page.get_by_label("More actions for Shop 3").press("Enter")
    page.get_by_role("link", name="Edit labels").press("Enter")
    expect(page.get_by_label("New labels")).to_be_focused()
    page.keyboard.type("Spring")
    page.keyboard.press("Enter")

    page.get_by_label("Label", exact=True).select_option(label="Spring (1)")
    expect(page.get_by_role("heading", name="1 of 5 accounts")).to_be_visible()


def test_arrow_keys_in_a_select_change_nothing_until_enter(
    owner_at: Visitor, instance: Instance, app: TikTokApp
) -> None:
    make_crowd(instance, 6, app)
    page = owner_at.page
    page.goto(ACCOUNTS)
    order = page.get_by_label("Sort by")

    order.press("ArrowDown")
    order.press("ArrowDown")
    expect(order).to_have_value("recent")
    expect(page).to_have_url(re.compile(r"/accounts/$"))
    order.press("Enter")
    expect(page).to_have_url(re.compile(r"\?sort=recent$"))
    expect(order).to_be_focused()


def test_card_and_rail_follow_the_toast(owner_at: Visitor, instance: Instance, app: TikTokApp) -> None:
    account = make_crowd(instance, 3, app)[0]
    page = owner_at.page
    page.goto(ACCOUNTS)
    card = page.get_by_role("article", name=account.name)
    expect(card.get_by_text("Active", exact=True)).to_be_visible()

    assert need_reconnect(account.credential_id, seen_version=0, reason="withdrawn")

    expect(page.locator("#toasts")).to_contain_text(account.name, timeout=20_000)
    expect(card.get_by_text("Reconnect", exact=True)).to_be_visible(timeout=2000)
    rail = page.get_by_role("navigation", name="Filter by account")
    expect(rail.get_by_role("link", name=account.name).locator(".tone-bad")).to_be_attached(timeout=2000)


def lost(route: Route) -> None:
    route.abort("connectionfailed")


def forgive_lost_lines(visitor: Visitor) -> None:
    """A browser and htmx say each of them."""
    said = re.compile(r"net::ERR_CONNECTION_FAILED|htmx:(afterRequest|sendError)")
    visitor.problems[:] = [problem for problem in visitor.problems if not said.search(problem)]


def test_the_overview_is_looked_through_by_keyboard(
    owner_at: Visitor, instance: Instance, other_instance: Instance, app: TikTokApp
) -> None:
    for number in range(49):
        client = InstanceFactory.create(tenant=instance.tenant, name=f"Client {number}", slug=f"client-{number}")
        make_posts(make_crowd(client, 1 + number % 30, app)[0], STATES[: number % 5])
    make_crowd(other_instance, 30, app)
    page = owner_at.page
    page.goto("/instances/")
    expect(page.get_by_role("heading", name="50 instances")).to_be_visible()

    assert problems_of(page, "instances-50") == {}
    page.get_by_label("Search", exact=True).focus()
    page.keyboard.type("client 27")
    expect(page.get_by_role("heading", name="1 instance", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/instances/\?q=client\+27$"))
    page.get_by_role("link", name="1 account needs to be reconnected").press("Enter")
    expect(page).to_have_url(re.compile(r"/accounts/\?status=reconnect_needed$"))
    expect(page.locator("[data-account]")).to_have_count(1)
    page.go_back()
    expect(page.get_by_label("Search", exact=True)).to_have_value("client 27")
    page.get_by_label("Sort by").select_option(label="Name")
    expect(page).to_have_url(re.compile(r"\?q=client\+27&sort=name$"))


def test_hundreds_of_accounts_look_right_and_are_found_without_scripts(
    owner_at: Visitor, browser: Browser, live_server: LiveServer, owner: User, instance: Instance, app: TikTokApp
) -> None:
    make_crowd(instance, 300, app)
    page = owner_at.page
    page.goto(f"{ACCOUNTS}?q=30")

    assert problems_of(page, "accounts-300") == {}
    page.goto(f"{ACCOUNTS}?view=cards")
    assert problems_of(page, "accounts-300-cards") == {}
    page.goto("/i/aurora/accounts/choose/")
    assert findings(page) == []

    plain = signed_in(browser, live_server.url, owner, scripts=False)
    page = plain.page
    page.goto(ACCOUNTS)
    page.get_by_label("Search", exact=True).fill("@user.157")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="1 of 300 accounts")).to_be_visible()
    page.get_by_role("link", name="Find an account").click()
    page.get_by_role("searchbox", name="Find an account").fill("@user.157")
    page.get_by_role("button", name="Search").click()
    page.locator("main").get_by_role("link", name="@user.157").click()
    expect(page.get_by_role("navigation", name="Filter by account").locator("[aria-current]")).to_contain_text(
        "@user.157"
    )
    assert plain.close() == []
