"""Changing the email address, typed by hand: both addresses confirm. With PICTURES=folder it is also photographed."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from core.models import OutgoingMail
from tiktok.tests.browser.acts import press
from tiktok.tests.browser.axe import findings
from tiktok.tests.browser.gallery import looks, pictured
from tiktok.tests.browser.test_reauthentication import confirm, sign_in
from tiktok.tests.browser.visitor import Visitor, visit

NEW = "new@example.com"


@pytest.fixture
def visitor(browser: Browser, live_server: LiveServer) -> Iterator[Visitor]:
    visitor = visit(browser, live_server.url)
    yield visitor
    assert visitor.close() == []


def latest_link(address: str) -> str:
    """Return the path of the link in the latest email to the address."""
    text = OutgoingMail.objects.filter(to=address).latest("created_at").text
    (path,) = re.findall(r"/auth/email/change/[\w-]+/", text)
    return str(path)


def look_at(page: Page, name: str) -> None:
    seen = {look: [*findings(page), *pictured(page, f"{name}-{look}")] for look in looks(page)}
    assert [problem for problems in seen.values() for problem in problems] == []


def test_email_address_changes_after_both_links(visitor: Visitor, owner: User, settings: Settings) -> None:
    settings.EMAIL_URL = "smtp://localhost"
    page = visitor.page
    sign_in(page, owner)
    page.goto("/auth/email/")
    page.get_by_label("New email address").fill(NEW)
    press(page, "Change email address")
    confirm(page)

    expect(page.get_by_role("heading", name="Change in progress")).to_be_visible()
    look_at(page, "email-pending")
    page.goto(latest_link(owner.email))
    look_at(page, "email-confirm")
    press(page, "Confirm change")
    expect(page.get_by_role("heading", name="Check your new address")).to_be_visible()
    page.goto(latest_link(NEW))
    press(page, "Complete change")

    expect(page.get_by_role("heading", name="Email address changed")).to_be_visible()
    page.goto("/auth/email/")
    expect(page.get_by_text(f"You sign in with {NEW}.")).to_be_visible()
    look_at(page, "email-done")


def test_email_change_is_canceled(visitor: Visitor, owner: User, settings: Settings) -> None:
    settings.EMAIL_URL = "smtp://localhost"
    page = visitor.page
    sign_in(page, owner)
    page.goto("/auth/email/")
    page.get_by_label("New email address").fill(NEW)
    press(page, "Change email address")
    confirm(page)

    press(page, "Cancel change")

    expect(page.get_by_text("Email change cancelled.")).to_be_visible()
    expect(page.get_by_role("heading", name="Change in progress")).to_be_hidden()
