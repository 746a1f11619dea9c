"""Each page in both themes, wide and narrow: nothing that axe finds, nothing that scrolls sideways, no complaint."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tiktok.tests.browser.axe import findings
from tiktok.tests.browser.conftest import Arrive
from tiktok.tests.browser.gallery import PUBLIC, Gallery, clips, furnish, looks, pictured
from tiktok.tests.browser.stack import Stack
from tiktok.tests.browser.visitor import DESKTOP, PHONE

PAGES = (
    "landing",
    "login",
    "sign-up",
    "privacy",
    "invitation",
    "connect-link",
    "two-factor",
    "sessions",
    "profile",
    "instances",
    "dashboard",
    "posts",
    "composer",
    "post-uploading",
    "post-published",
    "post-scheduled",
    "post-failed",
    "media",
    "accounts",
    "account",
    "connect-links",
    "popup-result",
    "members",
    "general",
    "notifications",
    "bell",
    "advanced",
    "audit",
    "404",
)
# Pages that are the answer to a form, which a reload would send again.
POSTED = {"popup-result"}
LANGUAGES = {"de": "ltr", "es": "ltr", "en-xa": "ltr", "ar-xb": "rtl"}
SIDEWAYS = "() => [document.scrollingElement.scrollWidth, window.innerWidth]"


@pytest.fixture(scope="session")
def gallery(stack: Stack, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    return furnish(stack, browser, clips(tmp_path_factory.mktemp("clips")))


@pytest.mark.timeout(300)  # the first one furnishes the product
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_fits(arrive: Arrive, gallery: Gallery, name: str) -> None:
    visitor = arrive() if name in PUBLIC else arrive(storage_state=gallery.storage_state)
    gallery.ways()[name](visitor.page)
    if name not in PUBLIC:
        assert "/auth/login/" not in visitor.page.url
        # Asking for the password again has given the session a new id.
        gallery.storage_state = visitor.context.storage_state()

    found = {look: [*findings(visitor.page), *overflow(visitor.page)] for look in looks(visitor.page)}

    assert {look: problems for look, problems in found.items() if problems} == {}
    if name == "404":
        visitor.forgive(404)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", [name for name in PAGES if name not in POSTED])
def test_page_fits_in_every_language(arrive: Arrive, gallery: Gallery, name: str) -> None:
    visitor = arrive() if name in PUBLIC else arrive(storage_state=gallery.storage_state)
    gallery.ways()[name](visitor.page)
    if name not in PUBLIC:
        gallery.storage_state = visitor.context.storage_state()

    found = {}
    for language, direction in LANGUAGES.items():
        visitor.context.add_cookies([{"name": "language", "value": language, "url": gallery.stack.url}])
        visitor.page.reload()
        expect(visitor.page.locator("html")).to_have_attribute("dir", direction)
        expect(visitor.page.locator("html")).to_have_attribute("lang", language)
        for width, height in (DESKTOP, PHONE):
            visitor.page.set_viewport_size({"width": width, "height": height})
            found[language, width] = pictured(visitor.page, f"{name}-{language}-{width}")

    assert {where: problems for where, problems in found.items() if problems} == {}
    visitor.context.clear_cookies(name="language")
    if name == "404":
        visitor.forgive(404)


def test_no_page_is_left_out(gallery: Gallery) -> None:
    assert set(PAGES) == set(gallery.ways())


def overflow(page: Page) -> list[str]:
    """How far the page is wider than its window."""
    wide, window = page.evaluate(SIDEWAYS)
    return [f"{wide} px wide in a window of {window} px"] if wide > window else []
