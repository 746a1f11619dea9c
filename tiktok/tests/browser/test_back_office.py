"""The health page and the set-up guide, as staff see them: in both themes and widths, by keyboard, nothing outside."""

from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from instances.tests.factories import UserFactory
from instances.tests.sign_in import sign_in_as_staff
from tiktok.models import TikTokApp
from tiktok.tests.browser.axe import findings
from tiktok.tests.browser.gallery import looks, pictured
from tiktok.tests.browser.visitor import Visitor, visit
from tiktok.tests.factories import TikTokAppFactory
from tiktok.tests.simulator_process import CLIENT_KEY, Simulator


@pytest.fixture
def staff_at(browser: Browser, live_server: LiveServer) -> Iterator[Visitor]:
    """Open a window in which the operator is signed in."""
    client = Client()
    sign_in_as_staff(client, UserFactory.create(email="ops@example.com"))
    visitor = visit(browser, live_server.url)
    cookie = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    visitor.context.add_cookies(
        [{"name": django_settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
    )
    yield visitor
    assert visitor.close() == []


@pytest.fixture
def app(tiktok: Simulator, live_server: LiveServer, settings: Settings) -> TikTokApp:
    """Its secret is not the one that the simulated TikTok knows."""
    settings.TIKTOK_API_BASE_URL, settings.TIKTOK_AUTHORIZE_URL = tiktok.base_url, tiktok.authorize_url
    settings.BASE_URL = live_server.url
    redirect_uri = f"{live_server.url}/auth/tiktok/login/callback/"
    return TikTokAppFactory.create(name="Aurora", client_key=CLIENT_KEY, secret="not-it", redirect_uri=redirect_uri)


def seen(visitor: Visitor, name: str) -> dict[str, list[str]]:
    """Return the problems of the open page, by look."""
    page = visitor.page
    found = {look: [*findings(page), *pictured(page, f"{name}-{look}")] for look in looks(page)}
    return {look: problems for look, problems in found.items() if problems}


def test_staff_are_led_from_the_guide_to_a_right_secret(staff_at: Visitor, app: TikTokApp) -> None:
    page = staff_at.page
    page.goto("/admin/")
    page.get_by_role("link", name="Health Problems with").click()
    page.get_by_role("button", name="Check TikTok, the email server and this address too").press("Enter")
    expect(page.get_by_text("TikTok rejects this client key and secret")).to_be_visible()
    expect(page.get_by_text(f"{app.redirect_uri.partition('/auth')[0]} leads to this installation.")).to_be_visible()
    assert seen(staff_at, "health") == {}

    page.goto(f"/admin/tiktok/tiktokapp/{app.pk}/setup/")
    page.get_by_role("button", name="Check now").press("Enter")
    expect(page.get_by_role("status").get_by_text("3 of the 7 steps that Clipdesk can check are done.")).to_be_visible()
    page.get_by_role("link", name="Edit app").press("Enter")
    page.get_by_role("textbox", name="Client secret:").fill("sim-client-secret")
    page.get_by_role("button", name="Save", exact=True).press("Enter")
    page.goto(f"/admin/tiktok/tiktokapp/{app.pk}/setup/")
    page.get_by_role("button", name="Check now").press("Enter")
    expect(page.get_by_text("TikTok accepts this client key and secret.")).to_be_visible()
    assert seen(staff_at, "setup") == {}

    page.goto("/admin/tiktok/tiktokapp/setup/")
    expect(page.get_by_role("textbox", name="Redirect URI")).to_have_value(app.redirect_uri)
