"""Keys that open pages, the page's search and the palette; none acts while a person types or a dialog is open."""

import re
from typing import Final

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.tests.browser.axe import findings
from tiktok.tests.browser.visitor import Visitor
from tiktok.tests.factories import make_account, make_post

HOME: Final = "/i/aurora/"
ADD_SEARCHES: Final = """() => document.querySelector("main").insertAdjacentHTML(
  "afterbegin", '<input type="search" hidden><input type="search" id="shown" aria-label="Find">')"""


@pytest.fixture
def page(editor_at: Visitor, live_server: LiveServer, settings: Settings) -> Page:
    """Home, with the focus nowhere."""
    settings.BASE_URL = live_server.url
    editor_at.page.goto(HOME)
    return editor_at.page


@pytest.mark.parametrize(
    ("keys", "address"),
    [
        (["n"], r"/posts/new/$"),
        (["g", "p"], r"/i/aurora/posts/$"),
        (["g", "m"], r"/i/aurora/media/$"),
        (["g", "a"], r"/i/aurora/accounts/$"),
        (["g", "s"], r"/i/aurora/settings/[\w-]+/$"),
        (["g", "n"], r"/i/aurora/notifications/$"),
    ],
)
def test_keys_open_a_page_and_g_h_goes_home(page: Page, keys: list[str], address: str) -> None:
    for key in keys:
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile(address))

    page.locator("body").press("g")
    page.keyboard.press("h")

    expect(page).to_have_url(re.compile(rf"{HOME}$"))


def test_keys_do_nothing_in_a_field_in_a_dialog_and_with_modifiers(page: Page) -> None:
    page.keyboard.press("Control+k")
    search = page.get_by_role("searchbox", name="Go to a page")
    expect(search).to_be_focused()
    page.keyboard.type("n?g p")
    expect(search).to_have_value("n?g p")
    search.press("Tab")
    page.keyboard.press("n")
    expect(page.get_by_role("dialog")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+n")
    page.keyboard.press("Control+Shift+k")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page).to_have_url(re.compile(rf"{HOME}$"))


def test_question_mark_lists_shortcuts_and_switches_single_keys_off(page: Page) -> None:
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog.get_by_role("link", name="Posts")).to_be_visible()
    assert findings(page) == []
    dialog.get_by_label("Use single-key shortcuts").uncheck()
    page.keyboard.press("Escape")

    page.reload()
    for key in ("?", "g", "p", "n"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Go to")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_label("Your menu").click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    dialog.get_by_label("Use single-key shortcuts").check()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("p")

    expect(page).to_have_url(re.compile(r"/posts/$"))


def test_palette_opens_what_is_found_and_returns_the_focus(page: Page, instance: Instance) -> None:
    with instance_scope(instance):
        account = make_account(instance, name="Dublin Optics", username="dublin.optics")
        make_post(account, caption="Frames that bend")
    opener = page.get_by_role("link", name="Posts", exact=True).first
    opener.focus()
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog", name="Go to")
    expect(dialog.get_by_role("link", name="Frames that bend")).to_be_visible()
    assert findings(page) == []
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()

    page.keyboard.press("Control+k")
    page.keyboard.type("dublin")
    expect(dialog.get_by_role("link", name="Media")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("link", name="Dublin Optics").first).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.type(" opt")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(rf"/accounts/{account.pk}/$"))


def test_slash_focuses_the_search_of_the_page_else_the_palette(page: Page) -> None:
    page.keyboard.press("/")
    expect(page.get_by_role("dialog", name="Go to")).to_be_visible()
    page.keyboard.press("Escape")
    page.evaluate(ADD_SEARCHES)

    page.keyboard.press("/")

    expect(page.locator("#shown")).to_be_focused()
    expect(page.get_by_role("dialog")).to_have_count(0)
