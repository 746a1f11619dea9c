"""Every refusal, silence and wrong way back as a person sees it: one window, one page after the other."""

from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Browser, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tiktok.connect.fault_words import WORDS
from tiktok.models import TikTokApp
from tiktok.tests.browser.axe import findings
from tiktok.tests.browser.gallery import looks, pictured
from tiktok.tests.browser.visitor import Visitor, visit
from tiktok.tests.connect_faults import ALL, CALLBACK, Fault, Scene, scenes, stored
from tiktok.tests.factories import TikTokAppFactory
from tiktok.tests.simulator_process import CLIENT_KEY, CLIENT_SECRET, Simulator

pytestmark = pytest.mark.django_db(transaction=True)
#: Looked at closely: the page with everything on it (a time, Details, another try), and the one with least.
CLOSELY = {"rate_limit {} at the exchange", "a made-up state"}


@pytest.fixture
def stage(live_server: LiveServer, tiktok: Simulator, settings: Settings) -> Iterator[Scene]:
    """A fresh scene each time, at the address of the server under test."""
    settings.BASE_URL = live_server.url
    settings.TIKTOK_API_BASE_URL, settings.TIKTOK_AUTHORIZE_URL = tiktok.base_url, tiktok.authorize_url
    callback = live_server.url + CALLBACK
    tiktok.create_app(redirect_uris=[callback])
    app: TikTokApp = TikTokAppFactory.create(client_key=CLIENT_KEY, secret=CLIENT_SECRET, redirect_uri=callback)
    return scenes(tiktok, app, settings)


@pytest.fixture
def visitor(browser: Browser, live_server: LiveServer) -> Iterator[Visitor]:
    visitor = visit(browser, live_server.url)
    yield visitor
    assert visitor.close() == []


def sit_down(visitor: Visitor, scene: Scene, url: str) -> None:
    """Have the session that the scene's person has now."""
    visitor.context.clear_cookies()
    if cookie := scene.browser.cookies.get(django_settings.SESSION_COOKIE_NAME):
        visitor.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])


def lacks(page: Page, fault: Fault) -> list[str]:
    """Return the parts of the fault's explanation that the page lacks."""
    words = WORDS[fault.code]
    text = page.locator("#content").inner_text()
    steps = [] if fault.code == "rate_limit_exceeded" else [words.step]
    return [str(part) for part in [words.title, words.text, "Who can fix this", *steps] if str(part) not in text]


def flaws(page: Page, fault: Fault) -> list[str]:
    if str(fault) not in CLOSELY:
        return []
    page.locator("summary").filter(has_text="Details").first.click() if fault.details else None
    return [line for look in looks(page) for line in [*findings(page), *pictured(page, f"{fault.code}-{look}")]]


def test_every_fault_has_its_own_page_and_leaves_nothing(
    visitor: Visitor, live_server: LiveServer, stage: Iterator[Scene]
) -> None:
    page, alarms = visitor.page, []
    page.on("dialog", lambda dialog: alarms.append(dialog.message))
    for fault, scene in zip(ALL, stage, strict=False):
        callback = fault.arrange(scene)
        sit_down(visitor, scene, live_server.url)
        before = stored()
        page.goto(live_server.url + callback)

        assert lacks(page, fault) == [], fault
        assert flaws(page, fault) == [], fault
        assert stored() == before, fault
        assert page.url.startswith(f"{live_server.url}/tiktok/result/"), fault
        assert "code=" not in page.url, fault
    assert alarms == []
