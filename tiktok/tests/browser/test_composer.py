"""The composer applies TikTok's rules to each choice (docs/tiktok.md, section 11), with and without a mouse."""

import re

import pytest
from playwright.sync_api import Dialog, Page, expect

from tiktok.tests.browser import acts
from tiktok.tests.browser.acts import Desk
from tiktok.tests.browser.conftest import Arrive
from tiktok.tests.browser.stack import Stack

NEED = "You need to indicate if your content promotes yourself, a third party, or both."


def test_nothing_is_chosen_beforehand(arrive: Arrive, desk: Desk) -> None:
    page = _composer(arrive, desk)

    expect(acts.privacy(page)).to_have_value("")
    for name in ("Comment", "Duet", "Stitch", "Disclose promotional content"):
        expect(page.get_by_role("checkbox", name=name)).not_to_be_checked()
    acts.press(page, "Publish")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page).to_have_url(re.compile("/posts/new/"))


def test_a_disclosure_that_says_nothing_cannot_be_published(arrive: Arrive, desk: Desk) -> None:
    page = _composer(arrive, desk)
    publish = page.get_by_role("button", name="Publish", exact=True)

    page.get_by_label("Disclose promotional content").check()

    expect(publish).to_be_disabled()
    expect(page.get_by_role("status").filter(has_text=NEED)).to_be_visible()
    page.get_by_label("Your brand").check()
    expect(publish).to_be_enabled()
    expect(page.get_by_text("Your photo/video will be labeled as 'Promotional content'")).to_be_visible()
    page.get_by_label("Branded content", exact=True).check()
    expect(page.get_by_text("Your photo/video will be labeled as 'Paid partnership'")).to_be_visible()
    expect(page.get_by_role("link", name="Branded Content Policy")).to_be_visible()


def test_branded_content_and_a_private_audience_exclude_each_other(arrive: Arrive, desk: Desk) -> None:
    page = _composer(arrive, desk)
    page.get_by_label("Disclose promotional content").check()
    branded = page.get_by_label("Branded content", exact=True)
    only_me = acts.privacy(page).locator("option", has_text="Only me")

    acts.privacy(page).select_option(label="Only me")
    expect(branded).to_be_disabled()
    acts.privacy(page).select_option(label="Everyone")
    branded.check()

    expect(only_me).to_be_disabled()
    expect(page.get_by_text("Branded content visibility cannot be set to private.")).to_be_visible()


def test_what_the_creator_turned_off_cannot_be_turned_on(arrive: Arrive, stack: Stack, desk: Desk) -> None:
    stack.tiktok.create_user(desk.username, comment_disabled=True)
    page = _composer(arrive, desk)

    expect(page.get_by_label("Comment")).to_be_disabled()
    expect(page.get_by_label("Duet")).to_be_enabled()
    stack.tiktok.create_user(desk.username, comment_disabled=False)


def test_a_post_for_later_is_scheduled_and_cancelled(arrive: Arrive, desk: Desk) -> None:
    page = _composer(arrive, desk)
    _fill(page, desk, "For next year")

    page.get_by_label("Later").check()
    page.get_by_label("Date and time").fill("2027-03-04T09:30")
    acts.press(page, "Schedule")

    expect(acts.state(page, "Scheduled")).to_be_visible()
    page.goto(f"/i/{desk.slug}/")
    page.get_by_role("link", name="For next year").first.click()
    acts.press(page, "Cancel post")
    page.get_by_role("dialog").get_by_role("button", name="Cancel post").click()
    expect(acts.state(page, "Cancelled")).to_be_visible()


def test_a_post_is_written_and_sent_by_keyboard_alone(arrive: Arrive, desk: Desk) -> None:
    page = _composer(arrive, desk)
    acts.choose_video(page, desk.video)

    _tab_to(page, "media")
    page.keyboard.press("Space")
    _tab_to(page, "caption")
    page.keyboard.type("No mouse was used")
    _tab_to(page, "privacy_level")
    page.keyboard.type("Everyone")
    _tab_to(page, "allow_comment")
    page.keyboard.press("Space")
    _tab_to(page, "action")
    page.keyboard.press("Enter")

    expect(page).to_have_url(acts.POST_PAGE)
    expect(acts.state(page, "Published")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("No mouse was used").first).to_be_visible()


def test_going_back_and_sending_again_shows_the_post_that_was_made(arrive: Arrive, desk: Desk) -> None:
    page = _composer(arrive, desk)
    _fill(page, desk, "Once is enough")
    acts.press(page, "Publish")
    expect(page).to_have_url(acts.POST_PAGE)
    made = page.url

    page.go_back()
    expect(page.get_by_label("Caption")).to_have_value("Once is enough")
    acts.press(page, "Publish")

    expect(page).to_have_url(made)


def test_another_account_gets_what_was_written_and_leaving_asks_first(arrive: Arrive, stack: Stack, desk: Desk) -> None:
    stack.tiktok.create_user("second.bakery")
    page = arrive(storage_state=desk.storage_state).page
    acts.connect(page, desk.slug, "second.bakery")
    acts.compose(page, desk.slug, desk.video, caption="Half a thought", username=desk.username)
    questions: list[str] = []

    def stay(question: Dialog) -> None:
        questions.append(question.type)
        question.dismiss()

    page.on("dialog", stay)

    account = page.get_by_role("combobox", name="Account", exact=True)
    account.select_option(value=account.locator("option").filter(has_text="@second.bakery").get_attribute("value"))
    expect(page.get_by_text("(@second.bakery) on TikTok")).to_be_visible()
    expect(page.get_by_label("Caption")).to_have_value("Half a thought")
    expect(acts.choose_video(page, desk.video)).to_be_checked()
    expect(acts.privacy(page)).to_have_value("")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert questions == []

    page.get_by_label("Main menu").get_by_role("link", name="Media").click()
    assert questions == ["beforeunload"]
    expect(page.get_by_label("Caption")).to_have_value("Half a thought")
    acts.press(page, "Save draft")
    expect(page).to_have_url(acts.POST_PAGE)
    expect(page.get_by_text("@second.bakery").first).to_be_visible()
    assert questions == ["beforeunload"]


def test_account_select_waits_for_enter_and_keeps_the_focus(arrive: Arrive, stack: Stack, desk: Desk) -> None:
    stack.tiktok.create_user("third.bakery")
    page = arrive(storage_state=desk.storage_state).page
    acts.connect(page, desk.slug, "third.bakery")
    acts.compose(page, desk.slug, desk.video, caption="By arrow keys", username=desk.username)
    account = page.get_by_role("combobox", name="Account", exact=True)
    here = account.input_value()
    steps = account.locator("option").count()

    account.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    if account.input_value() == here:
        page.keyboard.press("ArrowDown")
    assert steps > 1
    expect(account).to_be_focused()
    expect(page.get_by_text(f"(@{desk.username}) on TikTok")).to_be_visible()

    page.keyboard.press("Enter")
    expect(page.get_by_text(f"(@{desk.username}) on TikTok")).to_have_count(0)
    expect(page.get_by_role("combobox", name="Account", exact=True)).to_be_focused()
    expect(page.get_by_label("Caption")).to_have_value("By arrow keys")


def test_errors_are_focused_and_go_when_their_field_is_right(arrive: Arrive, desk: Desk) -> None:
    page = _composer(arrive, desk)
    page.get_by_label("Later").check()
    expect(page.locator("#time-missing")).to_be_visible()
    acts.press(page, "Schedule")
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    for words in ("Choose a video.", "Choose an audience.", "Choose a date and time."):
        expect(summary).to_contain_text(words)

    acts.privacy(page).select_option(label="Everyone")
    expect(summary.get_by_text("Choose an audience.")).to_be_hidden()
    expect(acts.privacy(page)).not_to_have_attribute("aria-invalid", "true")
    acts.privacy(page).select_option(value="")
    expect(summary.get_by_text("Choose an audience.")).to_be_visible()

    acts.privacy(page).select_option(label="Everyone")
    page.get_by_label("Date and time").fill("2027-03-04T09:30")
    acts.choose_video(page, desk.video).check()
    expect(summary).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_publish_is_always_in_view(arrive: Arrive, desk: Desk, width: int, height: int) -> None:
    page = _composer(arrive, desk)
    page.set_viewport_size({"width": width, "height": height})
    acts.choose_video(page, desk.video).check()
    page.get_by_label("Caption").fill("A long caption\n" * 60)
    page.evaluate("scrollTo(0, 0)")
    expect(page.get_by_role("button", name="Publish", exact=True)).to_be_in_viewport(ratio=1)
    phone = page.locator("[data-preview]").bounding_box()
    assert phone
    assert phone["height"] <= 0.46 * height + 1


def test_discarding_asks_only_when_something_was_changed(arrive: Arrive, desk: Desk) -> None:
    page = _composer(arrive, desk)
    page.get_by_role("link", name="Discard").click()
    expect(page).to_have_url(re.compile("/posts/$"))

    page = _composer(arrive, desk)
    page.get_by_label("Caption").fill("Not this")
    page.get_by_role("link", name="Discard").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Go back").click()
    expect(page.get_by_label("Caption")).to_have_value("Not this")
    page.get_by_role("link", name="Discard").click()
    dialog.get_by_role("button", name="Discard changes").click()
    expect(page).to_have_url(re.compile("/posts/$"))


def _composer(arrive: Arrive, desk: Desk) -> Page:
    page = arrive(storage_state=desk.storage_state).page
    page.goto(f"/i/{desk.slug}/posts/new/")
    expect(page.get_by_text(f"(@{desk.username}) on TikTok")).to_be_visible()
    return page


def _fill(page: Page, desk: Desk, caption: str) -> None:
    acts.choose_video(page, desk.video).check()
    page.get_by_label("Caption").fill(caption)
    acts.privacy(page).select_option(label="Everyone")


def _tab_to(page: Page, name: str) -> None:
    """Press Tab until the control of this name has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == name:
            return
    raise AssertionError(f"no way to {name} by keyboard")
