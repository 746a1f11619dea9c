"""A planned time and TikTok's caps, as people see them: gap, overlap, another zone, the same file, a hold, the counts.

With PICTURES=folder each page is also photographed, wide and narrow, light and dark.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import TenantMembership, User
from core.jobs.clock import read_db_now
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import Media, PostState, TikTokAccount, TikTokApp, TikTokCredential
from tiktok.tests.browser import acts
from tiktok.tests.browser.axe import findings
from tiktok.tests.browser.gallery import looks, pictured
from tiktok.tests.browser.visitor import Visitor
from tiktok.tests.factories import make_post, make_submission
from tiktok.tests.fixtures_posts import Submit, Worker
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
IN_GAP: Final = "2027-03-28T02:30"
TWICE: Final = "2027-10-31T02:30"
POST_PAGE: Final = re.compile(r"/posts/[0-9a-f-]{36}/$")


@pytest.fixture(autouse=True)
def vienna(instance: Instance) -> None:
    Instance.objects.update(time_zone="Europe/Vienna")


@pytest.fixture
def page(editor_at: Visitor, linked: TikTokAccount, video: Media) -> Page:
    """The composer, filled in."""
    page = editor_at.page
    page.goto(f"/i/aurora/posts/new/?to={linked.pk}")
    page.get_by_role("radio", name="clip.mp4").check()
    page.get_by_label("Caption").fill("Rye on Sunday #bread")
    acts.privacy(page).select_option(label="Everyone")
    return page


def at_a_time(page: Page, time: str, zone: str = "Europe/Vienna") -> None:
    page.get_by_label("Later").check()
    page.get_by_label("Date and time").fill(time)
    page.get_by_label("Time zone").select_option(zone)


def problems(page: Page, name: str) -> dict[str, list[str]]:
    """Return what axe finds and any sideways scrolling, by look."""
    found = {look: [*findings(page), *pictured(page, f"{name}-{look}")] for look in looks(page)}
    return {look: lines for look, lines in found.items() if lines}


def test_the_next_valid_time_is_one_click_away_by_keyboard_too(page: Page) -> None:
    at_a_time(page, IN_GAP)
    acts.press(page, "Schedule")
    offer = page.get_by_role("button", name="Use 2027-03-28 03:00")
    expect(offer).to_be_visible()
    assert problems(page, "gap") == {}

    offer.focus()
    page.keyboard.press("Enter")

    expect(page.get_by_label("Date and time")).to_have_value("2027-03-28T03:00")
    expect(offer).to_have_count(0)
    expect(page.get_by_label("Caption")).to_have_value("Rye on Sunday #bread")
    expect(page.get_by_role("radio", name="clip.mp4")).to_be_checked()
    acts.press(page, "Schedule")
    expect(acts.state(page, "Scheduled")).to_be_visible()


def test_suggested_time_fills_the_field_and_schedules(page: Page) -> None:
    tomorrow = page.get_by_role("group", name="Suggested times").get_by_role("button", name="Tomorrow 09:00")
    expect(tomorrow).to_be_hidden()
    page.get_by_label("Later").check()
    expect(page.locator("#time-missing")).to_be_visible()

    tomorrow.press("Enter")

    expect(page.get_by_label("Date and time")).to_have_value(re.compile("T09:00$"))
    expect(page.locator("#time-missing")).to_be_hidden()
    acts.press(page, "Schedule")
    expect(acts.state(page, "Scheduled")).to_be_visible()
    expect(page.locator("#live")).to_contain_text("at 09:00 (Vienna).")


def test_a_time_that_comes_twice_says_which_one_is_meant(page: Page) -> None:
    at_a_time(page, TWICE)
    acts.press(page, "Schedule")
    expect(page.locator("dl.facts").get_by_text("occurs twice that day")).to_be_visible()
    assert problems(page, "overlap") == {}


def test_a_post_of_another_zone_shows_both(page: Page) -> None:
    at_a_time(page, "2027-03-01T10:00", "Asia/Kolkata")
    acts.press(page, "Schedule")
    expect(page.locator("#live").get_by_text("publish it on Mon 1 Mar 2027 at 10:00 (Kolkata).")).to_be_visible()
    typed = page.locator("dl.facts").get_by_text("Mon 1 Mar 2027, 10:00 (Kolkata)")
    expect(typed).to_be_visible()
    expect(typed).to_have_attribute("title", re.compile("05:30:00 Europe/Vienna"))
    assert problems(page, "other-zone") == {}
    page.goto("/i/aurora/posts/")
    expect(page.get_by_role("row").filter(has_text="Scheduled")).to_contain_text("05:30")
    expect(page.get_by_role("row").filter(has_text="Kolkata")).to_have_count(0)
    assert problems(page, "other-zone-list") == {}


def test_the_same_file_again_asks_once(page: Page, submit: Submit) -> None:
    submit()
    acts.press(page, "Publish")
    expect(page.get_by_text("The same file again")).to_be_visible()
    assert problems(page, "same-file") == {}


def test_a_held_post_names_its_next_try(editor_at: Visitor, submit: Submit, worker: Worker, tiktok: Simulator) -> None:
    post = submit(privacy_level="SELF_ONLY")
    tiktok.create_app(post_cap=0)
    worker.run_for(60)
    editor_at.page.goto(reverse("tiktok:post-detail", args=["aurora", post.pk]))
    expect(editor_at.page.get_by_text("Clipdesk retries on")).to_be_visible()
    assert problems(editor_at.page, "held") == {}


def busy_day(account: TikTokAccount) -> None:
    """Fifteen posts went to the account."""
    now = read_db_now()
    times = {"init_answered_at": now, "commit_point_at": now, "closed_at": now, "closed_because": "published"}
    with instance_scope(account.instance):
        for _ in range(15):
            make_submission(make_post(account, state=PostState.PUBLISHED), **times)


def held_by_tiktok(account: TikTokAccount) -> None:
    account.credential.posts_held_until = read_db_now() + timedelta(hours=1)
    account.credential.posts_held_code = "spam_risk_too_many_posts"
    account.credential.save()


def calm_day(_account: TikTokAccount) -> None:
    """Nothing was sent."""


@pytest.mark.parametrize("day", [calm_day, busy_day, held_by_tiktok])
def test_the_account_and_the_app_count_a_day(
    editor_at: Visitor,
    live_server: LiveServer,
    settings: Settings,
    linked: TikTokAccount,
    editor: User,
    day: Callable[[TikTokAccount], None],
) -> None:
    settings.BASE_URL = live_server.url  # another host name would be sent there
    TenantMembership.objects.filter(user=editor).update(role="owner")
    TikTokApp.objects.update(is_audited=False)
    day(linked)
    page = editor_at.page
    page.goto("/i/aurora/accounts/")
    expect(page.get_by_text("of 5 accounts until TikTok audits the app")).to_be_visible()
    assert problems(page, f"apps-{day.__name__}") == {}
    page.goto(f"/i/aurora/accounts/{linked.pk}/")
    expect(page.get_by_text("TikTok allows about 15 across all apps.")).to_be_visible()
    assert problems(page, f"limits-{day.__name__}") == {}


def test_caption_at_the_browsers_limit_with_line_breaks_is_taken(page: Page) -> None:
    caption = "\n".join([*["x" * 199] * 10, "y" * 200])
    page.get_by_label("Caption").fill(caption)
    expect(page.locator("[data-counter-for=caption]")).to_have_text("0")

    acts.press(page, "Publish")

    expect(page).to_have_url(POST_PAGE)


def test_time_with_seconds_is_scheduled_again_unchanged(page: Page, instance: Instance, linked: TikTokAccount) -> None:
    second = datetime(2027, 10, 31, 1, 30, 30, tzinfo=UTC)  # 02:30:30, when Vienna's clocks show it again
    with instance_scope(instance):
        post = make_post(
            linked, state=PostState.SCHEDULED, publish_at=second, publish_local="2027-10-31T02:30:30",
            publish_zone="Europe/Vienna", media=Media.objects.get(), privacy_level="SELF_ONLY",
        )  # fmt: skip
    page.goto(f"/i/aurora/posts/{post.pk}/edit/")
    expect(page.get_by_label("Date and time")).to_have_value(TWICE)

    acts.press(page, "Save changes")

    expect(page).to_have_url(POST_PAGE)
    with instance_scope(instance):
        post.refresh_from_db()
    assert (post.state, post.publish_at) == (PostState.SCHEDULED, second)


def test_capped_account_takes_posts_for_later_days(
    editor_at: Visitor, linked: TikTokAccount, video: Media, tiktok: Simulator
) -> None:
    tiktok.fault("error", "creator_info", code="spam_risk_too_many_posts", times=-1)
    page = editor_at.page
    page.goto(f"/i/aurora/posts/new/?to={linked.pk}")
    expect(page.get_by_text("Choose a time more than 24 hours from now")).to_be_visible()
    expect(page.get_by_label("Later")).to_be_checked()
    assert problems(page, "capped") == {}
    page.get_by_role("radio", name="clip.mp4").check()
    acts.privacy(page).select_option(label="Everyone")
    page.get_by_label("Now").check()

    acts.press(page, "Publish")

    expect(page.locator(".field").filter(has_text="Choose a time more than 24 hours from now")).to_be_visible()
    assert problems(page, "capped-refused") == {}
    at_a_time(page, "2027-10-30T10:00")
    acts.press(page, "Schedule")
    expect(acts.state(page, "Scheduled")).to_be_visible()


def test_account_without_permission_to_publish_shows_why_and_reconnect(
    editor_at: Visitor, linked: TikTokAccount, instance: Instance
) -> None:
    with instance_scope(instance):
        TikTokCredential.objects.update(scopes=["user.info.basic"])
    page = editor_at.page

    page.goto(f"/i/aurora/posts/new/?to={linked.pk}")

    expect(page.get_by_text("The account has not allowed Clipdesk to publish.")).to_be_visible()
    expect(page.get_by_role("link", name="Reconnect")).to_be_visible()
    assert problems(page, "not-allowed") == {}
