"""Confirming one's identity, typed by hand: before an API key, and on the way into Django admin."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from instances.tests.factories import PASSWORD
from tiktok.tests.browser.acts import press
from tiktok.tests.browser.axe import findings
from tiktok.tests.browser.gallery import looks, pictured
from tiktok.tests.browser.totp import totp
from tiktok.tests.browser.visitor import Visitor, visit


@pytest.fixture
def visitor(browser: Browser, live_server: LiveServer) -> Iterator[Visitor]:
    visitor = visit(browser, live_server.url)
    yield visitor
    assert visitor.close() == []


def sign_in(page: Page, person: User) -> None:
    page.goto("/auth/login/")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")
    expect(page).to_have_url(re.compile(r"/i/aurora/$"))


def confirm(page: Page) -> None:
    expect(page.get_by_role("heading", name="Confirm that it’s you")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Confirm")


def test_api_key_is_created_after_the_password_without_retyping_the_form(visitor: Visitor, owner: User) -> None:
    page = visitor.page
    sign_in(page, owner)
    page.goto("/i/aurora/settings/advanced/")
    page.get_by_label("Name", exact=True).fill("Nightly upload")
    page.get_by_label("Upload media").check()
    press(page, "Create API key")

    expect(page.get_by_role("heading", name="Confirm that it’s you")).to_be_visible()
    seen = {look: [*findings(page), *pictured(page, f"confirm-{look}")] for look in looks(page)}
    assert [problem for problems in seen.values() for problem in problems] == []
    confirm(page)

    expect(page.get_by_role("heading", name="Your new API key")).to_be_visible()
    expect(page.get_by_label("API key", exact=True)).to_have_value(re.compile(r"^cd_\w{6}_"))
    expect(page.get_by_role("row").filter(has_text="Nightly upload").first).to_contain_text("media:write")


def test_staff_set_up_two_factor_before_they_enter_admin(visitor: Visitor, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(is_staff=True, is_superuser=True)
    page = visitor.page
    sign_in(page, owner)
    page.goto("/admin/")
    expect(page.get_by_text("Administration requires two-factor sign-in")).to_be_visible()
    page.get_by_role("link", name="Set up authenticator app").click()
    confirm(page)
    page.get_by_label("Authenticator code").fill(totp(page.get_by_label("Authenticator key").input_value()))
    press(page, "Turn on")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()

    page.goto("/admin/")

    expect(page.get_by_role("heading", name="Administration", exact=True)).to_be_visible()
