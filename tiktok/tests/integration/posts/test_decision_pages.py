"""The post's page for what may be out: what it offers, what it says, and that the buttons do it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import AttentionReason, Media, Post, PostState, Quarantine, Submission, TikTokAccount, WorkItem
from tiktok.posts import consent as consents
from tiktok.posts.consent import Consent
from tiktok.tests.factories import make_account, make_media, make_post, make_submission
from tiktok.tests.unit.posts.conftest import creator

S, A = PostState, AttentionReason
MINUTE = timedelta(minutes=1)


@pytest.fixture
def account(scoped: Instance) -> TikTokAccount:
    return make_account(scoped)


@pytest.fixture
def media(scoped: Instance) -> Media:
    return make_media(scoped)


@pytest.fixture
def doubtful(account: TikTokAccount, media: Media, editor: User) -> Post:
    """Sent completely, two hours ago."""
    post = make_post(
        account, media, state=S.NEEDS_ATTENTION, attention_reason=A.OUTCOME_UNKNOWN, privacy_level="SELF_ONLY"
    )
    at = timezone.now() - timedelta(hours=2)
    make_submission(post, init_sent_at=at, commit_point_at=at)
    consents.keep(post, Consent(editor, creator(), "web", agreed=True))
    return post


@pytest.fixture
def page(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


def url(name: str, post: Post | None = None) -> str:
    return reverse(f"tiktok:post-{name}", args=["aurora", *([post.pk] if post else [])])


def shown(page: Client, address: str) -> str:
    return page.get(address).content.decode()


def test_what_may_be_out_offers_the_three_ways(page: Client, doubtful: Post) -> None:
    html = shown(page, url("detail", doubtful))
    assert all(url(name, doubtful) in html for name in ("recheck", "send-again", "set-aside"))
    for words in ("The whole video was sent to TikTok", "appears twice", "the profile of @noravale"):
        assert words in html
    assert url("cancel", doubtful) not in html


def test_too_early_shows_the_time_instead_of_a_button(page: Client, doubtful: Post) -> None:
    Submission.objects.update(init_sent_at=timezone.now(), commit_point_at=timezone.now())
    html = shown(page, url("detail", doubtful))
    assert "You can resend it after" in html
    assert url("send-again", doubtful) not in html
    answer = page.post(url("send-again", doubtful), {"confirm": "yes"}, follow=True)
    assert "It is too early to resend this post." in answer.content.decode()
    assert Post.objects.get().state == S.NEEDS_ATTENTION


def test_without_the_persons_word_the_server_asks(page: Client, doubtful: Post) -> None:
    answer = page.post(url("send-again", doubtful), {"confirm": ""})
    assert answer.status_code == 200
    assert "Resend this post?" in answer.content.decode()
    assert Post.objects.get().state == S.NEEDS_ATTENTION
    page.post(url("send-again", doubtful), {"confirm": "yes"})
    assert Post.objects.get().state == S.DUE
    again = page.post(url("send-again", doubtful), {"confirm": "yes"}, follow=True)
    assert "can’t be done while the post is in the state" in again.content.decode()


def test_checking_again_is_written_down_and_the_page_waits_for_the_answer(page: Client, doubtful: Post) -> None:
    assert 'hx-trigger="every 2s"' not in shown(page, url("detail", doubtful))
    assert "Status check started." in page.post(url("recheck", doubtful), follow=True).content.decode()
    html = shown(page, url("detail", doubtful))
    assert "asked for a status check" in html
    assert 'hx-trigger="every 2s"' in html
    assert WorkItem.objects.get().next_action_at is not None


def test_what_was_never_answered_says_that_there_is_nothing_to_ask(page: Client, doubtful: Post) -> None:
    Submission.objects.update(publish_id="")
    html = shown(page, url("detail", doubtful))
    assert "TikTok did not return an upload ID" in html
    assert url("recheck", doubtful) not in html


def test_dismissed_post_leaves_the_lists_and_is_in_the_dismissed_list(page: Client, doubtful: Post) -> None:
    listed = url("detail", doubtful)
    page.post(url("set-aside", doubtful))
    assert listed not in shown(page, url("list"))
    assert listed not in shown(page, reverse("tiktok:dashboard", args=["aurora"]))
    assert listed in shown(page, url("list") + "?state=dismissed")
    assert url("take-up", doubtful) in shown(page, url("detail", doubtful))
    page.post(url("take-up", doubtful))
    assert listed in shown(page, url("list"))


@pytest.mark.parametrize(
    ("state", "is_past_commit_point", "says", "can_cancel"),
    [
        (S.UPLOADING, False, "", True),
        (S.UPLOADING, True, "Too late to cancel", False),
        (S.PROCESSING, True, "Too late to cancel", False),
        (S.INITING, False, "handing this post to TikTok", False),
    ],
)
def test_post_that_can_no_longer_be_cancelled_shows_the_reason_instead(
    page: Client, account: TikTokAccount, state: str, is_past_commit_point: bool, says: str, can_cancel: bool
) -> None:
    post = make_post(account, state=state)
    make_submission(post, commit_point_at=timezone.now() if is_past_commit_point else None)
    html = shown(page, url("live", post))
    assert says in html
    assert (url("cancel", post) in html) is can_cancel


def test_a_viewer_is_offered_nothing(client: Client, viewer: User, doubtful: Post) -> None:
    client.force_login(viewer)
    html = shown(client, url("detail", doubtful))
    assert not any(url(name, doubtful) in html for name in ("recheck", "send-again", "set-aside"))


def test_in_quarantine_every_page_says_so_and_sending_again_is_not_offered(page: Client, doubtful: Post) -> None:
    Quarantine.objects.create(since=timezone.now())
    html = shown(page, url("detail", doubtful))
    assert "Publishing paused after a restore" in html
    assert url("send-again", doubtful) not in html
    assert "Publishing paused after a restore" in shown(page, reverse("tiktok:media-list", args=["aurora"]))
    answer = page.post(url("send-again", doubtful), {"confirm": "yes"}, follow=True)
    assert "Publishing is paused after a restore." in answer.content.decode()


def test_another_instances_post_is_not_there(page: Client, other_instance: Instance) -> None:
    with instance_scope(other_instance):
        theirs = make_post(make_account(other_instance))
    for name in ("recheck", "send-again", "set-aside", "take-up"):
        assert page.post(url(name, theirs), {"confirm": "yes"}).status_code == 404
