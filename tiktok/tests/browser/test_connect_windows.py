"""TikTok's popup: several at once, closed, begun twice, offline, signed out; and the page that opened it."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tiktok.tests.browser import acts
from tiktok.tests.browser.acts import PASSWORD, Desk
from tiktok.tests.browser.axe import findings
from tiktok.tests.browser.conftest import Arrive
from tiktok.tests.browser.gallery import OVERFLOW, looks, pictured
from tiktok.tests.browser.stack import Stack
from tiktok.tests.browser.visitor import PHONE
from tiktok.tests.connect_faults import CALLBACK


@pytest.fixture
def page(arrive: Arrive, desk: Desk) -> Page:
    """Open the team's accounts page."""
    page = arrive(storage_state=desk.storage_state).page
    page.goto(f"/i/{desk.slug}/accounts/")
    return page


def begin(page: Page, name: str = "") -> Page:
    """Press Connect; TikTok's page in its window."""
    page.get_by_label("Name in Clipdesk").fill(name)
    with page.expect_popup() as opening:
        acts.press(page, "Connect TikTok")
    expect(opening.value.get_by_role("heading", name="asks for access")).to_be_visible()
    return opening.value


def waits(page: Page, text: str) -> Locator:
    """Return the callout about an attempt to connect."""
    return page.locator("[data-connect-waits] .callout").filter(has_text=text)


def toasts(page: Page) -> Locator:
    return page.locator("#toasts")


def test_two_windows_report_each_to_its_own_attempt_and_other_tabs_follow(page: Page, stack: Stack, desk: Desk) -> None:
    stack.tiktok.create_user("first.window")
    other = page.context.new_page()
    other.goto(page.url)
    one, two = begin(page, "One"), begin(page, "Two")
    expect(waits(page, "One: Waiting for TikTok. Continue in its window.")).to_be_visible()

    acts.consent(two, "first.window", "Cancel")
    expect(two.get_by_role("alert")).to_contain_text("Access was denied")
    expect(toasts(page)).to_contain_text("Access was denied at TikTok")
    expect(waits(page, "Two")).to_have_count(0)
    expect(waits(page, "One")).to_be_visible()
    with one.expect_event("close"):
        acts.consent(one, "first.window")

    expect(toasts(page)).to_contain_text("Account connected")
    expect(waits(page, "One")).to_have_count(0)
    for tab in (page, other):
        expect(acts.card(tab, "first.window")).to_contain_text("One")
    expect(toasts(other)).not_to_contain_text("connected")
    assert "code=" not in two.url
    assert two.evaluate("window.opener") is None


def test_a_window_closed_by_hand_is_noticed_and_the_asking_ends(page: Page) -> None:
    page.clock.install()
    asked: list[str] = []
    popup = begin(page)
    popup.close()
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(5000)

    expect(waits(page, "TikTok’s window was closed. Nothing has been connected.")).to_be_visible()
    asked.clear()
    page.clock.run_for(30_000)
    assert [url for url in asked if url.endswith("/list/")] == []
    with page.expect_popup() as opening:
        acts.press(page, "Try again")
    expect(opening.value.get_by_role("heading", name="asks for access")).to_be_visible()
    page.clock.run_for(601_000)
    expect(waits(page, "TikTok did not answer within ten minutes")).to_be_visible()
    acts.press(page, "Dismiss")
    expect(page.locator("[data-connect-waits] .callout")).to_have_count(0)


def test_a_double_click_opens_one_window_and_the_waiting_can_be_cancelled(page: Page) -> None:
    with page.expect_popup() as opening:
        page.get_by_role("button", name="Connect TikTok").dblclick()
    expect(opening.value.get_by_role("heading", name="asks for access")).to_be_visible()

    assert len(page.context.pages) == 2
    assert findings(page) == []
    acts.press(page, "Cancel")
    expect(waits(page, "Clipdesk stopped waiting.")).to_be_visible()
    assert [line for look in looks(page) for line in pictured(page, f"waiting-{look}")] == []
    acts.press(page, "Dismiss")
    expect(page.locator("[data-connect-waits] .callout")).to_have_count(0)
    expect(page.get_by_role("button", name="Connect TikTok")).to_be_focused()
    opening.value.close()


def test_without_a_connection_it_says_so_and_can_be_tried_again(arrive: Arrive, desk: Desk) -> None:
    visitor = arrive(storage_state=desk.storage_state)
    page = visitor.page
    page.goto(f"/i/{desk.slug}/accounts/")
    page.get_by_label("Name in Clipdesk").fill("Offline")
    visitor.context.set_offline(True)
    acts.press(page, "Connect TikTok")

    expect(waits(page, "Offline: Clipdesk could not be reached. Check your connection")).to_be_visible()
    assert len(visitor.context.pages) == 1
    visitor.context.set_offline(False)
    with page.expect_popup() as opening:
        acts.press(page, "Try again")
    expect(opening.value.get_by_role("heading", name="asks for access")).to_be_visible()
    visitor.problems[:] = [line for line in visitor.problems if "ERR_INTERNET_DISCONNECTED" not in line]


def test_signed_out_person_signs_in_through_the_popup_and_connects(page: Page, stack: Stack, desk: Desk) -> None:
    stack.tiktok.create_user("signs.in.again")
    page.context.clear_cookies(name="sessionid")
    page.get_by_label("Name in Clipdesk").fill("After the break")
    with page.expect_popup() as opening:
        acts.press(page, "Connect TikTok")
    popup = opening.value
    popup.get_by_label("Email").fill(desk.owner.email)
    popup.get_by_label("Password").fill(PASSWORD)
    acts.press(popup, "Sign in")
    expect(popup.get_by_label("Name in Clipdesk")).to_have_value("After the break")
    assert findings(popup) == []
    acts.press(popup, "Connect TikTok")
    with popup.expect_event("close"):
        acts.consent(popup, "signs.in.again")

    expect(acts.card(page, "signs.in.again")).to_contain_text("After the break")
    expect(toasts(page)).to_contain_text("Account connected")


def test_the_window_ends_well_when_its_page_has_gone_elsewhere(page: Page, stack: Stack, desk: Desk) -> None:
    stack.tiktok.create_user("opener.left")
    popup = begin(page)
    page.goto(f"/i/{desk.slug}/")
    with popup.expect_event("close"):
        acts.consent(popup, "opener.left")

    here, there = stack.url, stack.url.replace("127.0.0.1", "localhost")  # another name of the same host
    session = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": there}])
    page.goto(page.url.replace(here, there) + "accounts/")
    expect(page).to_have_url(f"{stack.url}/i/{desk.slug}/accounts/")
    expect(acts.card(page, "opener.left")).to_be_visible()


def test_an_answer_with_ten_kilobytes_of_state_gets_a_page_too(page: Page) -> None:
    page.goto(f"{CALLBACK}?code=x&state={'s' * 10_000}")

    expect(page.get_by_role("heading", name="Clipdesk does not recognize this attempt to connect")).to_be_visible()
    assert page.url.endswith("/tiktok/result/state_unknown/")


def test_other_tiktok_user_is_named_and_offered_as_a_new_account(page: Page, stack: Stack, desk: Desk) -> None:
    stack.tiktok.create_user("is.expected", display_name="Expected One")
    stack.tiktok.create_user("comes.instead", display_name="Somebody Else")
    acts.connect(page, desk.slug, "is.expected")
    page.evaluate("document.body.addEventListener('toast', ({ detail }) => (window.said ??= []).push(detail.text))")
    acts.card(page, "is.expected").get_by_label("More actions for Expected One").click()
    with page.expect_popup() as opening:
        acts.card(page, "is.expected").get_by_role("button", name="Reconnect").click()
    popup = opening.value
    acts.consent(popup, "comes.instead")

    expect(popup.get_by_role("heading", name="TikTok returned Somebody Else (@comes.instead)")).to_be_visible()
    expect(popup.get_by_text("log out, then try again and log in as Expected One (@is.expected)")).to_be_visible()
    assert findings(popup) == []
    popup.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert popup.evaluate(OVERFLOW) <= 0
    expect(toasts(page)).to_contain_text("TikTok returned a different account.")
    expect(acts.card(page, "comes.instead")).to_have_count(0)
    popup.reload()
    expect(popup.get_by_role("heading", name="TikTok returned")).to_be_visible()
    acts.press(popup, "Try again as Expected One (@is.expected)")
    acts.consent(popup, "comes.instead")
    acts.press(popup, "Connect Somebody Else (@comes.instead) as a new account")
    with popup.expect_event("close"):
        acts.consent(popup, "comes.instead")
    expect(acts.card(page, "comes.instead")).to_be_visible()
    expect(acts.card(page, "is.expected")).to_contain_text(re.compile("Active"))
    said = [text.partition(".")[0] for text in page.evaluate("window.said")]
    assert said.count("TikTok returned a different account") == 2  # not once more after the reload
