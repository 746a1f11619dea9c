"""Toasts leave by themselves, wait while a person is on them, and cover no primary button."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from playwright.sync_api import Locator, Page, expect

from tiktok.tests.browser.visitor import Visitor

NOON: Final = datetime(2027, 3, 6, 12, tzinfo=UTC)
STAY_MS: Final = 6000
OVERLAP: Final = """() => {
  const toast = document.querySelector(".note").getBoundingClientRect();
  return [...document.querySelectorAll(".btn-primary")].map((button) => button.getBoundingClientRect()).some((button) =>
    toast.left < button.right && button.left < toast.right && toast.top < button.bottom && button.top < toast.bottom);
}"""
PLACE_BUTTON: Final = """([edge, value]) => {
  const button = document.querySelector("main .btn-primary");
  Object.assign(button.style, { position: "fixed", bottom: "24px", [edge]: value });
}"""


@pytest.fixture
def page(editor_at: Visitor) -> Page:
    """A page with a form, whose clock the test moves."""
    editor_at.page.clock.install(time=NOON)
    editor_at.page.goto("/auth/profile/")
    editor_at.page.clock.pause_at(NOON + timedelta(hours=1))
    return editor_at.page


def toast(page: Page, level: str, text: str) -> Locator:
    page.evaluate(
        "detail => document.body.dispatchEvent(new CustomEvent('toast', { detail }))", {"level": level, "text": text}
    )
    shown = page.locator(".note", has_text=text)
    expect(shown).to_be_visible()
    return shown


@pytest.mark.parametrize(("level", "role"), [("good", "status"), ("bad", "alert")])
def test_toast_is_announced_and_leaves_after_six_seconds(page: Page, level: str, role: str) -> None:
    shown = toast(page, level, "Account disconnected")
    expect(page.locator(f"[role={role}]").filter(has_text="Account disconnected")).to_be_visible()

    page.clock.run_for(STAY_MS - 100)
    expect(shown).to_be_visible()
    page.clock.run_for(200)

    expect(shown).to_have_count(0)


def test_toast_stays_while_the_pointer_or_the_focus_is_on_it(page: Page) -> None:
    shown = toast(page, "bad", "A post failed")

    shown.hover()
    page.clock.run_for(2 * STAY_MS)
    expect(shown).to_be_visible()
    shown.get_by_role("button", name="Close").focus()
    page.mouse.move(5, 5)
    page.clock.run_for(2 * STAY_MS)
    expect(shown).to_be_visible()
    page.locator("main input:visible").first.focus()
    page.clock.run_for(STAY_MS + 100)

    expect(shown).to_have_count(0)


def test_success_removes_an_older_error_and_no_success(page: Page) -> None:
    error, success = toast(page, "bad", "A post failed"), toast(page, "good", "Draft saved")
    expect(error).to_have_count(0)

    toast(page, "good", "Post scheduled")

    expect(success).to_be_visible()


@pytest.mark.parametrize(("edge", "value"), [("right", "24px"), ("left", "24px"), ("left", "40%")])
def test_toast_covers_no_primary_button(page: Page, edge: str, value: str) -> None:
    page.evaluate(PLACE_BUTTON, [edge, value])

    toast(page, "good", "Post scheduled")

    assert not page.evaluate(OVERLAP)
