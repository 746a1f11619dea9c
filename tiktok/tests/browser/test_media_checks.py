"""An uploaded video is checked in the background: the media page and the composer say so, and then what came of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from instances.models import Instance
from tiktok.models import TikTokAccount
from tiktok.tests.browser import acts
from tiktok.tests.browser.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)
RunChecks = Callable[[], int]


def test_a_video_on_the_media_page_is_checked_then_ready(
    editor_at: Visitor, instance: Instance, clip: Path, run_due_checks: RunChecks
) -> None:
    page = editor_at.page
    page.goto(f"/i/{instance.slug}/media/")
    acts.upload(page, clip)
    card = page.get_by_role("article").filter(has_text=clip.name)

    expect(card.get_by_text("Checking…")).to_be_visible()
    run_due_checks()

    expect(card.get_by_text("Ready for TikTok")).to_be_visible(timeout=acts.CHECK_MS)
    expect(card.get_by_text("360 × 640 px")).to_be_visible()


def test_a_refused_video_is_named_with_the_reason(
    editor_at: Visitor, instance: Instance, tmp_path: Path, run_due_checks: RunChecks
) -> None:
    letter = tmp_path / "letter.mp4"
    letter.write_bytes(b"just text")
    page = editor_at.page
    page.goto(f"/i/{instance.slug}/media/")
    acts.upload(page, letter)
    card = page.get_by_role("article").filter(has_text="letter.mp4")
    expect(card.get_by_text("Checking…")).to_be_visible()

    run_due_checks()

    expect(card.get_by_text("Can’t be used")).to_be_visible()
    expect(card.get_by_text("letter.mp4 is neither a video nor a photo that Clipdesk can read.")).to_be_visible()


def test_the_composer_waits_for_the_check(
    editor_at: Visitor,
    instance: Instance,
    linked: TikTokAccount,
    clip: Path,
    run_due_checks: RunChecks,
) -> None:
    page = editor_at.page
    page.goto(f"/i/{instance.slug}/posts/new/?to={linked.pk}")
    publish = page.get_by_role("button", name="Publish", exact=True)
    acts.upload(page, clip)
    choice = acts.choose_video(page, clip)

    expect(choice).to_be_checked()
    expect(publish).to_be_disabled()
    expect(page.get_by_text("Clipdesk is still checking a file.")).to_be_visible()
    page.get_by_label("Caption").fill("Typed meanwhile")
    run_due_checks()

    expect(publish).to_be_enabled()
    expect(choice).to_be_checked()
    expect(page.locator("[data-preview-video]")).to_be_visible()
    expect(page.get_by_label("Caption")).to_have_value("Typed meanwhile")
