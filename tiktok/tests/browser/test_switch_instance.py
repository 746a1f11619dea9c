"""The instance switcher by keyboard: search, arrow keys, Enter, and what needs attention."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from accounts.models import TenantMembership, TenantRole, User
from instances.models import Instance
from instances.tests.factories import InstanceFactory
from tiktok.tests.browser.axe import findings
from tiktok.tests.browser.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = ("Birch", "Coast", "Dune", "Elm", "Fjord", "Grove", "Harbour", "Isle", "Juniper", "Kelp")


@pytest.fixture
def page(editor_at: Visitor, editor: User, instance: Instance) -> Page:
    """The page of an owner of eleven instances."""
    TenantMembership.objects.filter(user=editor).update(role=TenantRole.OWNER)
    for name in NAMES:
        InstanceFactory.create(tenant=instance.tenant, name=name, slug=name.lower())
    editor_at.page.goto("/i/aurora/settings/general/")
    return editor_at.page


def open_switcher(page: Page) -> None:
    """Open it and wait until its fresh list has taken the place of the one that came with the page."""
    with page.expect_response("**/i/aurora/switch/"):
        page.locator("details.switcher > summary").press("Enter")
    expect(page.locator("#instances-switch")).not_to_have_class(re.compile("htmx-"))


def test_typing_finds_an_instance_and_enter_opens_it(page: Page) -> None:
    open_switcher(page)
    expect(page.get_by_role("searchbox", name="Find an instance")).to_be_focused()
    page.keyboard.type("juni")
    found = page.locator("#instances-switch").get_by_role("link")
    expect(found).to_have_count(1)
    expect(found).to_have_accessible_name("Juniper")
    expect(page.get_by_role("link", name="All instances")).to_be_in_viewport()

    page.keyboard.press("Enter")

    expect(page).to_have_url("/i/juniper/")


def test_arrow_keys_walk_through_the_list_to_all_instances(page: Page) -> None:
    open_switcher(page)
    page.keyboard.type("co")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Coast")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="All instances")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("link", name="Coast")).to_be_focused()

    page.keyboard.press("Escape")

    expect(page.get_by_role("link", name="Coast")).to_be_hidden()
    expect(page.locator("details.switcher > summary")).to_be_focused()


def test_fresh_list_leaves_the_focus_on_the_chosen_instance(page: Page) -> None:
    held: list[Route] = []
    page.route("**/i/aurora/switch/", lambda route: held.append(route))
    with page.expect_request("**/i/aurora/switch/"):
        page.locator("details.switcher > summary").press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Birch")).to_be_focused()
    page.locator("#instances-switch").evaluate("list => list.firstElementChild.dataset.old = ''")

    held[0].continue_()

    expect(page.locator("#instances-switch [data-old]")).to_have_count(0)
    expect(page.get_by_role("link", name="Birch")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Coast")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url("/i/coast/")


def test_search_without_a_match_says_so_and_is_accessible(page: Page) -> None:
    open_switcher(page)
    page.keyboard.type("xyz")

    expect(page.get_by_text("No instance matches.")).to_be_visible()
    assert findings(page) == []
