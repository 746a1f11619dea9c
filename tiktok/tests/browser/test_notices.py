"""A post fails while a page is open: the bell's count rises, a toast appears, and typed text stays."""

import re

from playwright.sync_api import expect

from tiktok.tests.browser import acts
from tiktok.tests.browser.acts import Desk
from tiktok.tests.browser.conftest import Arrive
from tiktok.tests.browser.stack import Stack


def test_a_failed_post_rings_the_bell_until_it_is_read(arrive: Arrive, stack: Stack, desk: Desk) -> None:
    page = arrive(storage_state=desk.storage_state).page
    page.goto(f"/i/{desk.slug}/notifications/")
    expect(page.get_by_role("heading", name="No notifications")).to_be_visible()
    bell = page.get_by_label("Main menu").get_by_role("link", name=re.compile("^Notifications"))
    expect(bell).to_have_accessible_name("Notifications")

    user = stack.tiktok.create_user(desk.username)
    stack.tiktok.fault("fail_reason", user=user, reason="frame_rate_check_failed")
    acts.compose(page, desk.slug, desk.video, caption="Tide table")
    composer = page.url
    acts.send(page)
    page.goto(composer)
    caption = page.get_by_label("Caption")
    caption.fill("Half a sentence")
    expect(bell).to_have_accessible_name("Notifications 1 unread", timeout=60_000)
    expect(page.get_by_text("A post failed (Tide table).")).to_be_visible()
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    expect(caption).to_be_focused()
    expect(caption).to_have_value("Half a sentence")

    bell.click()
    notice = page.get_by_role("listitem").filter(has_text="Tide table")
    expect(notice).to_contain_text("frame rate")
    notice.get_by_role("link", name="Tide table").click()
    expect(page).to_have_url(acts.POST_PAGE)
    expect(acts.state(page, "Failed")).to_be_visible()
    expect(bell).to_have_accessible_name("Notifications")
    page.get_by_label("Main menu").get_by_role("link", name="Notifications").click()
    expect(notice.get_by_role("button", name=re.compile("^Mark as read"))).to_have_count(0)


def test_mail_is_switched_off_without_javascript(arrive: Arrive, desk: Desk) -> None:
    page = arrive(storage_state=desk.storage_state, java_script_enabled=False).page
    page.goto(f"/i/{desk.slug}/settings/notifications/")
    expect(page.get_by_text("Email is not set up")).to_be_visible()
    failed = page.get_by_label("Posts that failed")
    expect(failed).to_be_checked()
    failed.uncheck()
    acts.press(page, "Save")

    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(failed).not_to_be_checked()
    expect(page.get_by_label("Posts that need attention")).to_be_checked()
