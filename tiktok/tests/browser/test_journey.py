"""The whole path: from an empty product to a published video, as two people walk it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tiktok.tests.browser import acts
from tiktok.tests.browser.conftest import Arrive
from tiktok.tests.browser.stack import Stack
from tiktok.tests.browser.totp import next_totp

ALWAYS = -1
pytestmark = pytest.mark.timeout(240)


def test_from_sign_up_to_a_published_video(arrive: Arrive, stack: Stack, large_video: Path) -> None:
    stack.tiktok.create_user("journey.baker", display_name="Journey Baker")
    maren = acts.somebody()
    visitor = arrive()
    page = visitor.page

    slug = acts.sign_up(page, maren)
    expect(page.get_by_role("heading", name=maren.team)).to_be_visible()
    secret, used = acts.enable_two_factor(page)
    _colleague_joins(arrive().page, acts.invite(page, slug, "colleague@example.com"), maren.team)
    stack.tiktok.fault("slow", "upload", times=ALWAYS, user="journey.baker", bytes_per_s=12_000_000)
    stack.tiktok.fault("hold", user="journey.baker")
    acts.connect(page, slug, "journey.baker")
    expect(page.get_by_role("status").get_by_text("Account connected")).to_be_visible()

    _upload_with_a_reload_in_between(page, slug, large_video)
    visitor.tolerate(423)  # the server may still be reading what the closed page had sent
    _write(page, slug, large_video)
    _follow(page, stack, "journey.baker")
    _is_listed(page, slug)

    acts.sign_out(page, maren)
    _sign_in_with_code(page, maren, secret, used)


def _colleague_joins(page: Page, link: str, team: str) -> None:
    """Join by the link alone: no email server is configured."""
    page.goto(link)
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Your name").fill("Tomas Vale")
    expect(page.get_by_label("Email")).to_have_value("colleague@example.com")
    page.get_by_label("Password").fill(acts.PASSWORD)
    acts.press(page, "Create account")
    expect(page.get_by_role("heading", name=team)).to_be_visible()


def _upload_with_a_reload_in_between(page: Page, slug: str, video: Path) -> None:
    """Upload the first piece, reload the page and resume the same file where it stopped."""
    page.goto(f"/i/{slug}/media/")
    acts.upload(page, video)
    item = page.get_by_role("list", name="Uploads").get_by_role("listitem")
    expect(item.locator("[data-percent]")).to_have_text(re.compile(r"[1-9]\d? %"))
    acts.press(page, f"Pause: {video.name}")
    expect(item.locator("[data-said]")).to_contain_text("Paused")

    page.reload()
    expect(page.get_by_role("list", name="Unfinished uploads")).to_contain_text(video.name)
    acts.upload(page, video)
    expect(page.get_by_role("heading", name=video.name)).to_be_visible(timeout=60_000)
    facts = page.get_by_role("article").filter(has_text=video.name)
    expect(facts).to_contain_text("1080 × 1920 px")
    expect(facts).to_contain_text("Ready for TikTok", timeout=acts.CHECK_MS)
    expect(page.get_by_role("list", name="Unfinished uploads")).to_have_count(0)


def _write(page: Page, slug: str, video: Path) -> None:
    page.get_by_role("link", name="New post").first.click()
    expect(page).to_have_url(re.compile(f"/i/{slug}/posts/new/"))
    expect(page.get_by_text("Posting as Journey Baker")).to_be_visible()
    acts.choose_video(page, video).check()
    page.get_by_label("Caption").fill("Sourdough at sunrise #bread")
    expect(acts.privacy(page)).to_have_value("")
    acts.privacy(page).select_option(label="Everyone")
    acts.press(page, "Publish")
    expect(page).to_have_url(acts.POST_PAGE)


def _follow(page: Page, stack: Stack, username: str) -> None:
    """Every stage is seen without a reload; the last one has TikTok's link."""
    expect(acts.state(page, "Uploading")).to_be_visible()
    expect(page.get_by_role("progressbar", name="Uploaded")).to_be_visible()
    expect(acts.state(page, "Processing at TikTok")).to_be_visible(timeout=60_000)
    (post,) = stack.tiktok.posts(user=username)
    assert (post.total_chunk_count > 1, post.uploaded_bytes) == (True, post.video_size)
    stack.tiktok.finish(post.publish_id)
    expect(acts.state(page, "Published")).to_be_visible(timeout=30_000)
    link = page.get_by_role("link", name="Open on TikTok")
    expect(link).to_have_attribute(
        "href", re.compile(rf"https://www\.tiktok\.com/@{username}/video/\d+"), timeout=30_000
    )


def _is_listed(page: Page, slug: str) -> None:
    for address in (f"/i/{slug}/posts/", f"/i/{slug}/"):
        page.goto(address)
        row = page.get_by_role("row").filter(has_text="Sourdough at sunrise")
        expect(row).to_contain_text("Published")


def _sign_in_with_code(page: Page, person: acts.Person, secret: str, used: str) -> None:
    acts.sign_in(page, person)
    page.get_by_label("Code").fill(next_totp(secret, used))
    acts.press(page, "Sign in")
    expect(page).to_have_url(re.compile(r"/(instances|i/[\w-]+)/$"))
