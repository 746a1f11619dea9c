"""Everything that matters works in a browser that runs no scripts."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tiktok.tests.browser import acts
from tiktok.tests.browser.conftest import Arrive
from tiktok.tests.browser.stack import Stack
from tiktok.tests.jobs_process import wait_until


def test_a_video_is_published_without_scripts(arrive: Arrive, stack: Stack, short_video: Path) -> None:
    stack.tiktok.create_user("no.scripts", display_name="No Scripts")
    person = acts.somebody(team="Plain Pages")
    page = arrive(java_script_enabled=False).page
    slug = acts.sign_up(page, person)
    acts.sign_out(page, person)
    acts.sign_in(page, person)

    page.goto(f"/i/{slug}/accounts/")
    acts.press(page, "Connect TikTok")
    acts.consent(page, "no.scripts")
    page.reload()
    expect(page.get_by_role("heading", name="No Scripts (@no.scripts) is connected")).to_be_visible()
    assert "code=" not in page.url
    page.go_back()
    acts.consent(page, "no.scripts")  # TikTok's page is still there, but its answer counts once
    expect(page.get_by_role("heading", name="This attempt to connect is finished")).to_be_visible()
    page.get_by_role("link", name="Back to Accounts").click()
    expect(acts.card(page, "no.scripts")).to_be_visible()

    page.goto(f"/i/{slug}/media/")
    acts.upload(page, short_video)
    acts.press(page, "Upload")
    expect(page.get_by_role("heading", name=short_video.name)).to_be_visible()

    wait_until(lambda: _is_there_after_a_reload(page, page.get_by_text("Ready for TikTok")), what="checked")
    acts.compose(page, slug, short_video, caption="Plain HTML")
    acts.send(page)
    wait_until(lambda: _is_there_after_a_reload(page, acts.state(page, "Published")), what="published")


def _is_there_after_a_reload(page: Page, mark: Locator) -> bool:
    page.reload()
    return mark.is_visible()
