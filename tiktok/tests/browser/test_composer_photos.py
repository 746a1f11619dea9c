"""Photos in the composer: uploaded into the strip, ordered by drag and by keyboard, also without JavaScript."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tiktok.tests.browser import acts
from tiktok.tests.browser.acts import Desk
from tiktok.tests.browser.axe import findings
from tiktok.tests.browser.conftest import Arrive
from tiktok.tests.browser.stack import Stack
from tiktok.tests.photos import four_colours

NAMES = ("one.jpg", "two.jpg", "three.jpg")


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    files = [tmp_path / name for name in NAMES]
    for number, file in enumerate(files):
        four_colours(720 + number, 960).save(file)  # no two are the same file
    return files


def test_photos_are_uploaded_and_put_in_order_by_drag_and_keyboard(
    arrive: Arrive, stack: Stack, desk: Desk, photos: list[Path]
) -> None:
    trust(stack)
    page = arrive(storage_state=desk.storage_state).page
    page.goto(f"/i/{desk.slug}/posts/new/")
    page.get_by_label("Caption").fill("Kept")
    page.get_by_role("radio", name="Photos").check()
    expect(page.get_by_label("Description")).to_have_value("Kept")
    page.locator("input[type=file]").set_input_files(photos)
    expect(names(page)).to_have_text(list(NAMES))
    expect(page.get_by_text("Checking…")).to_have_count(0, timeout=acts.CHECK_MS)

    earlier = page.get_by_role("button", name="Move three.jpg earlier")
    earlier.focus()
    page.keyboard.press("Enter")
    expect(names(page)).to_have_text(["one.jpg", "three.jpg", "two.jpg"])
    expect(page.get_by_role("button", name="Move three.jpg earlier")).to_be_focused()

    drag(page, start=0, end=2)
    expect(names(page)).to_have_text(["three.jpg", "two.jpg", "one.jpg"])
    page.get_by_role("radio", name="Cover two.jpg").check()
    expect(page.locator(".slide-number").filter(has_text="Cover")).to_have_text("2 / 3 · Cover")
    assert findings(page) == []

    acts.press(page, "Save draft")
    expect(page).to_have_url(acts.POST_PAGE)
    expect(page.locator(".carousel img").first).to_have_attribute("alt", "three.jpg")
    expect(page.locator(".carousel .is-cover img")).to_have_attribute("alt", "two.jpg")


def test_video_draft_for_the_inbox_is_sent_without_javascript(arrive: Arrive, desk: Desk) -> None:
    page = arrive(storage_state=desk.storage_state, java_script_enabled=False).page
    page.goto(f"/i/{desk.slug}/posts/new/")
    page.get_by_role("radio", name="Send to TikTok inbox").check()
    acts.press(page, "Show options")
    expect(page.get_by_text("Finished in the TikTok app")).to_be_visible()
    expect(page.get_by_label("Caption")).to_have_count(0)
    acts.choose_video(page, desk.video).check()

    acts.press(page, "Send to TikTok inbox")

    expect(page).to_have_url(acts.POST_PAGE)


def trust(stack: Stack) -> None:
    """Set the TikTok app's URL prefix up, as after its check from outside."""
    prefix = f"{stack.url}/m/"
    stack.tiktok.trust_prefix(prefix)
    stack.manage(
        "shell",
        "-c",
        "from django.utils import timezone; from tiktok.models import TikTokApp; TikTokApp.objects.update("
        f"url_prefix={prefix!r}, prefix_checked_at=timezone.now(), prefix_problem='')",
    )


def names(page: Page) -> Locator:
    return page.locator(".strip-photo .pick-name")


def drag(page: Page, *, start: int, end: int) -> None:
    """Drag one photo of the strip to the place of another, with the mouse."""
    handles = page.locator("[data-drag]")
    handles.nth(start).hover()
    page.mouse.down()
    handles.nth(end).hover()
    page.mouse.up()
