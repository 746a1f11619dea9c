"""The health page and the set-up guide, as staff see them: in both themes and widths, by keyboard, nothing outside."""

from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, FilePayload, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from instances.tests.factories import UserFactory
from instances.tests.sign_in import sign_in_as_staff
from tiktok.developer_apps.prefix.problems import PrefixProblem
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


def test_staff_are_led_to_a_prefix_that_tiktok_verifies(
    staff_at: Visitor, app: TikTokApp, tiktok: Simulator, settings: Settings
) -> None:
    page, prefix = staff_at.page, f"{settings.BASE_URL}/m/"
    page.goto(f"/admin/tiktok/tiktokapp/{app.pk}/setup/")
    page.get_by_role("link", name="Set up URL prefix").press("Enter")
    expect(page.get_by_role("textbox", name="URL prefix", exact=True)).to_have_value(prefix)
    expect(page.get_by_role("radio", name="TikTok downloads videos")).to_be_disabled()
    assert seen(staff_at, "url-prefix-new") == {}

    staff_at.forgive(422)
    page.get_by_role("textbox", name="Or its content").fill("anything")
    page.get_by_role("button", name="Save and check file").press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    assert seen(staff_at, "url-prefix-refused") == {}

    offered = tiktok.add_prefix(prefix)
    page.get_by_role("textbox", name="Or its content").fill("")
    file = FilePayload(name=offered.file_name, mimeType="text/plain", buffer=offered.file_content.encode())
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Save and check file").press("Enter")
    expect(page.get_by_text("TikTok can download from here")).to_be_visible()
    assert tiktok.verify_prefix(prefix).is_verified
    page.get_by_role("radio", name="TikTok downloads videos").check()
    page.get_by_role("button", name="Save transfer").press("Enter")
    expect(page.get_by_text("Transfer of videos saved.")).to_be_visible()
    assert seen(staff_at, "url-prefix-works") == {}


@pytest.mark.parametrize(
    ("base_url", "problem", "name"),
    [
        ("https://clip.example.com", "", "url-prefix-moved"),
        ("https://media.northlight-studio.example.com", PrefixProblem.NO_CONNECTION, "url-prefix-problem"),
        ("http://127.0.0.1:8000", "", "url-prefix-laptop"),
    ],
)
def test_prefix_page_says_what_is_wrong(
    staff_at: Visitor, app: TikTokApp, settings: Settings, base_url: str, problem: str, name: str
) -> None:
    settings.BASE_URL, settings.TIKTOK_API_BASE_URL = base_url, "https://open.tiktokapis.com"
    token = "Vr8r1YMiO490psCs9PIqCeFssNIy7bN8"
    TikTokApp.objects.update(
        url_prefix="https://media.northlight-studio.example.com/m/", verification_file=f"tiktok{token}.txt",
        verification_content=f"tiktok-developers-site-verification={token}", prefix_problem=problem,
        prefix_checked_at=timezone.now(),
    )  # fmt: skip

    staff_at.page.goto(f"/admin/tiktok/tiktokapp/{app.pk}/prefix/")

    expect(staff_at.page.get_by_role("heading", name="URL prefix of Aurora")).to_be_visible()
    assert seen(staff_at, name) == {}
