"""Connecting accounts in a small window, and what is said when it does not work."""

from playwright.sync_api import expect

from tiktok.tests.browser import acts
from tiktok.tests.browser.acts import Desk
from tiktok.tests.browser.conftest import Arrive
from tiktok.tests.browser.stack import Stack


def test_a_refusal_at_tiktok_is_said_and_links_nothing(arrive: Arrive, stack: Stack, desk: Desk) -> None:
    stack.tiktok.create_user("says.no")
    visitor = arrive(storage_state=desk.storage_state)
    page = visitor.page

    popup = acts.begin_to_connect(page, desk.slug)
    acts.consent(popup, "says.no", "Cancel")

    expect(popup.get_by_role("alert")).to_contain_text("Access was denied")
    expect(page.locator("#toasts")).to_contain_text("Nothing was connected")
    expect(acts.card(page, "says.no")).to_have_count(0)


def test_a_small_window_closes_by_itself_when_the_account_is_linked(arrive: Arrive, stack: Stack, desk: Desk) -> None:
    stack.tiktok.create_user("closes.itself")
    page = arrive(storage_state=desk.storage_state).page

    popup = acts.begin_to_connect(page, desk.slug)
    with popup.expect_event("close"):
        acts.consent(popup, "closes.itself")

    expect(acts.card(page, "closes.itself")).to_be_visible()
    expect(page.locator("#toasts")).to_contain_text("Account connected")


def test_a_blocked_window_leads_through_the_same_page(arrive: Arrive, stack: Stack, desk: Desk) -> None:
    stack.tiktok.create_user("no.windows")
    visitor = arrive(storage_state=desk.storage_state)
    visitor.context.add_init_script("window.open = () => null")
    page = visitor.page

    page.goto(f"/i/{desk.slug}/accounts/")
    acts.press(page, "Connect TikTok")
    acts.consent(page, "no.windows")
    page.get_by_role("link", name="Back to Accounts").click()

    expect(acts.card(page, "no.windows")).to_be_visible()


def test_a_friendly_name_is_edited_in_place(arrive: Arrive, stack: Stack) -> None:
    stack.tiktok.create_user("old.name", display_name="Old name")
    page = arrive().page
    slug = acts.sign_up(page, acts.somebody())  # the rail lists accounts by name only while they are few
    acts.connect(page, slug, "old.name")

    page.get_by_label("More actions for Old name").click()
    page.get_by_role("link", name="Rename").click()
    page.get_by_role("article").get_by_role("textbox").fill("Shop window")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Shop window")).to_be_visible()
    expect(page.get_by_role("navigation", name="Filter by account")).to_contain_text("Shop window")
    expect(page.get_by_label("More actions for Shop window")).to_be_focused()
