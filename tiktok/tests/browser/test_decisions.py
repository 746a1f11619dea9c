"""A post that may be published: check its status, dismiss and resend it; and the banner of a publishing pause.

With PICTURES=folder each page is also photographed, wide and narrow, light and dark.
"""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import Media, Post, PostState, Submission
from tiktok.posts import quarantine
from tiktok.tests.browser.acts import press, state
from tiktok.tests.browser.axe import findings
from tiktok.tests.browser.gallery import looks, pictured
from tiktok.tests.browser.visitor import Visitor
from tiktok.tests.factories import make_media
from tiktok.tests.fixtures_posts import MB, Submit, Worker, reread
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 24 * 3600


@pytest.fixture
def video(instance: Instance) -> Media:
    with instance_scope(instance):
        return make_media(instance, content=bytes(MB), original_name="morning-loaf.mp4")


@pytest.fixture
def doubtful(submit: Submit, worker: Worker, tiktok: Simulator) -> Post:
    """TikTok has had all of it for a day and said nothing."""
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault("hold")
    worker.be_off_for(DAY)
    worker.run_for(1000)
    return post


def opened(page: Page, post: Post) -> None:
    page.goto(reverse("tiktok:post-detail", args=["aurora", post.pk]))


def troubles(page: Page, name: str) -> dict[str, list[str]]:
    """Return what axe finds and what is too wide, by look."""
    found = {look: [*findings(page), *pictured(page, f"{name}-{look}")] for look in looks(page)}
    return {look: problems for look, problems in found.items() if problems}


def test_doubtful_post_is_checked_dismissed_restored_and_resent(
    doubtful: Post, worker: Worker, instance: Instance, editor_at: Visitor
) -> None:
    page = editor_at.page
    opened(page, doubtful)
    assert troubles(page, "doubtful") == {}
    press(page, "Check status")
    expect(page.get_by_text("asked for a status check")).to_be_visible()
    worker.run_due()
    expect(page.get_by_text("TikTok has no final status yet")).to_be_visible()

    press(page, "Dismiss")
    expect(page.get_by_text("The post returns to the lists if TikTok gives a final status.")).to_be_visible()
    page.goto(reverse("tiktok:post-list", args=["aurora"]))
    expect(page.get_by_text("No posts yet")).to_be_visible()
    page.get_by_role("link", name="Dismissed 1").click()
    page.get_by_role("link", name="Hello").click()
    assert troubles(page, "set-aside") == {}
    press(page, "Restore to lists")

    press(page, "Resend")
    dialog = page.get_by_role("dialog")
    for words in ("The whole video was sent to TikTok", "the post appears twice", "private videos and its inbox"):
        expect(dialog).to_contain_text(words)
    assert troubles(page, "send-again-dialog") == {}
    dialog.get_by_role("button", name="Go back").click()
    assert reread(doubtful, instance).state == PostState.NEEDS_ATTENTION
    press(page, "Resend")
    dialog.get_by_role("button", name="I have checked. Resend post").click()
    expect(state(page, "Waiting to start")).to_be_visible()
    worker.run_for(600)
    expect(state(page, "Published")).to_be_visible()


def test_too_early_and_in_quarantine_the_page_says_why(doubtful: Post, instance: Instance, editor_at: Visitor) -> None:
    with instance_scope(instance):
        Submission.objects.update(init_sent_at=timezone.now() + timedelta(days=1))
    page = editor_at.page
    opened(page, doubtful)
    expect(page.get_by_text(re.compile("You can resend it after"))).to_be_visible()
    expect(page.get_by_role("button", name="Resend")).to_have_count(0)
    quarantine.switch_on()
    page.reload()
    expect(page.get_by_text("Publishing paused after a restore")).to_be_visible()
    assert troubles(page, "quarantine") == {}


def test_the_same_file_again_is_asked_about(
    submit: Submit, editor_at: Visitor, linked: object, video: Media, instance: Instance
) -> None:
    submit()
    page = editor_at.page
    page.goto(reverse("tiktok:post-new", args=["aurora"]))
    page.get_by_role("radio", name=re.compile("morning-loaf")).check()
    page.get_by_role("combobox", name=re.compile("^Audience")).select_option(label="Everyone")
    press(page, "Publish")
    again = page.get_by_label("Post this file to this account again")
    expect(page.get_by_text(re.compile("already being published to this account")).first).to_be_visible()
    assert troubles(page, "same-file") == {}
    again.check()
    press(page, "Publish")
    expect(page.locator("#state-heading")).to_be_visible()
    with instance_scope(instance):
        assert Post.objects.filter(state=PostState.DUE).count() == 2


def test_confirmation_dialog_survives_refreshes_and_cancels_the_post(
    submit: Submit, instance: Instance, editor_at: Visitor
) -> None:
    page = editor_at.page
    post = submit()
    opened(page, post)
    cancel = page.get_by_role("button", name="Cancel post")
    cancel.focus()
    _wait_for_refresh(page)
    expect(cancel.first).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    _wait_for_refresh(page)
    dialog.get_by_role("button", name="Go back").click()
    expect(cancel).to_be_focused()
    page.keyboard.press("Enter")
    _wait_for_refresh(page)
    dialog.get_by_role("button", name="Cancel post").click()
    expect(state(page, "Cancelled")).to_be_visible()
    assert reread(post, instance).state == PostState.CANCELLED


def _wait_for_refresh(page: Page) -> None:
    """The live part has been swapped: the old one is gone from the page."""
    old = page.locator("#live").element_handle()
    page.wait_for_function("old => !old.isConnected", arg=old)
