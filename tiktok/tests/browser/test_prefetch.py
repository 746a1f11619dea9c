"""A link's page is fetched while the link is pressed, and again if that press was abandoned."""

from typing import Any, Final

import pytest
from playwright.sync_api import CDPSession, Page, expect

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.tests.browser.visitor import Visitor
from tiktok.tests.factories import make_media

NAVIGATION: Final = "() => performance.getEntriesByType('navigation')[0]"
READY: Final = "Ready"
# Playwright's clock would replace ``performance`` as well, which knows where a page came from.
THREE_SECONDS_LATER: Final = "(() => { const now = Date.now.bind(Date); Date.now = () => now() + 3000; })()"


class Prefetches:
    """Prefetches of the open page and their states, as the browser reports them."""

    def __init__(self, session: CDPSession) -> None:
        self.states: dict[str, str] = {}
        session.on("Preload.prefetchStatusUpdated", self._note)
        session.send("Preload.enable")

    def _note(self, event: dict[str, Any]) -> None:
        self.states[event["key"]["url"]] = event["status"]

    def wait_until_ready(self, page: Page, path: str) -> None:
        """Return when the page with this path has been fetched; pytest's timeout ends a wait in vain."""
        while READY not in [state for url, state in self.states.items() if url.endswith(path)]:
            page.evaluate("() => document.readyState")  # lets events of the browser arrive


@pytest.fixture
def page(editor_at: Visitor) -> Page:
    """Home."""
    editor_at.page.goto("/i/aurora/")
    return editor_at.page


@pytest.fixture
def prefetches(page: Page) -> Prefetches:
    return Prefetches(page.context.new_cdp_session(page))


def navigation(page: Page) -> tuple[str, str]:
    """How the open document was asked for, and where it came from."""
    entry = page.evaluate(f"() => {{ const e = ({NAVIGATION})(); return [e.type, e.deliveryType]; }}")
    return entry[0], entry[1]


def test_pressed_link_is_fetched_before_the_click(page: Page, prefetches: Prefetches) -> None:
    page.get_by_role("link", name="Media", exact=True).hover()
    page.mouse.down()
    prefetches.wait_until_ready(page, "/media/")
    page.mouse.up()

    expect(page).to_have_url("/i/aurora/media/")
    assert navigation(page) == ("navigate", "navigational-prefetch")


def test_page_of_an_abandoned_press_is_loaded_again(page: Page, prefetches: Prefetches, instance: Instance) -> None:
    link = page.get_by_role("link", name="Media", exact=True)
    link.hover()
    page.mouse.down()
    prefetches.wait_until_ready(page, "/media/")
    page.mouse.move(900, 600)
    page.mouse.up()
    expect(page).to_have_url("/i/aurora/")

    with instance_scope(instance):
        make_media(instance)
    page.add_init_script(THREE_SECONDS_LATER)
    link.click()

    expect(page).to_have_url("/i/aurora/media/")
    expect(page.get_by_role("heading", name="clip.mp4")).to_be_visible()
