"""The composer shows what TikTok takes for each kind of post, and says how an inbox draft is finished."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from instances.models import Instance
from tiktok.models import ConsentSnapshot, Media, Post, PostState, TikTokAccount
from tiktok.tests.factories import make_media, make_photo, make_post, make_submission
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db
ALWAYS = {"mode", "media_type", "when", "publish_at", "timezone"}
OF_BOTH = {"caption", "privacy_level", "allow_comment", "disclose", "brand_organic", "brand_content", "is_aigc"}
SHOWN = {
    ("VIDEO", "DIRECT_POST"): OF_BOTH | {"cover_s", "allow_duet", "allow_stitch"},
    ("VIDEO", "MEDIA_UPLOAD"): set(),
    ("PHOTO", "DIRECT_POST"): OF_BOTH | {"title", "auto_add_music"},
    ("PHOTO", "MEDIA_UPLOAD"): {"title", "caption"},
}
OPTIONS = set().union(*SHOWN.values())


@pytest.fixture
def account(scoped: Instance, linked: TikTokAccount) -> TikTokAccount:
    app = linked.credential.app
    app.url_prefix, app.prefix_checked_at = "https://media.example.com/m/", timezone.now()
    app.save()
    return linked


@pytest.fixture
def video(scoped: Instance) -> Media:
    return make_media(scoped)


@pytest.fixture
def page(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


def address(account: TikTokAccount) -> str:
    return reverse("tiktok:post-new", args=["aurora"]) + f"?to={account.pk}"


def draft_of(media: Media, **changes: Any) -> dict[str, Any]:
    """Return the fields that a browser sends for a video draft, with what it keeps from a direct post."""
    values = {
        "submit_key": str(uuid4()), "media_type": "VIDEO", "mode": "MEDIA_UPLOAD", "media": str(media.pk),
        "caption": "Kept for later", "privacy_level": "SELF_ONLY", "allow_comment": "True", "disclose": "True",
        "brand_organic": "True", "cover_s": "2", "when": "now", "action": "publish",
    }  # fmt: skip
    return values | changes


def shown_fields(html: str) -> set[str]:
    """Return the names of the options that a person sees."""
    found = set()
    for control in re.findall(r"<(?:input|select|textarea)\b[^>]*>", html):
        name = re.search(r'\bname="([^"]+)"', control)
        if name and 'type="hidden"' not in control:
            found.add(name[1])
    return found & OPTIONS


@pytest.mark.parametrize(("kind", "mode"), SHOWN)
def test_only_what_tiktok_takes_is_shown(page: Client, account: TikTokAccount, kind: str, mode: str) -> None:
    html = page.post(address(account), {"media_type": kind, "mode": mode, "arrange": "1"}).content.decode()

    assert shown_fields(html) == SHOWN[kind, mode]
    assert "data-error-summary" not in html


def test_choices_come_back_with_the_mode_that_takes_them(page: Client, account: TikTokAccount, video: Media) -> None:
    away = page.post(address(account), draft_of(video, action="", arrange="1")).content.decode()
    kept = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', away))

    back = page.post(address(account), kept | {"mode": "DIRECT_POST", "arrange": "1"}).content.decode()

    assert "Kept for later" in back
    assert '<option value="SELF_ONLY" selected>' in back
    assert re.search(r'name="allow_comment"[^>]*\bchecked', back)
    assert not re.search(r'name="allow_duet"[^>]*\bchecked', back)


def test_video_draft_is_sent_with_the_video_alone(
    page: Client, account: TikTokAccount, video: Media, editor: User
) -> None:
    answer = page.post(address(account), draft_of(video), follow=True)

    post = Post.objects.get()
    assert (post.state, post.mode, post.caption, post.privacy_level) == (PostState.DUE, "MEDIA_UPLOAD", "", "")
    assert (post.allow_comment, post.brand_organic, post.cover_timestamp_ms) == (False, False, None)
    assert ConsentSnapshot.objects.get().user == editor
    assert "The draft is being sent to TikTok." in answer.content.decode()


def test_inbox_draft_says_where_it_is_finished_and_what_is_not_sent(page: Client, account: TikTokAccount) -> None:
    html = page.post(address(account), {"mode": "MEDIA_UPLOAD", "arrange": "1"}).content.decode()

    assert "open that notification to edit and publish the post" in html
    assert "TikTok takes only the video with this kind of draft" in html
    assert "By sending, you agree" in html
    assert "Music Usage Confirmation" not in html


def test_pending_drafts_are_counted_over_a_day(page: Client, account: TikTokAccount) -> None:
    for number in range(5):
        post = make_post(account, state=PostState.IN_INBOX, mode="MEDIA_UPLOAD")
        closed = {"closed_at": timezone.now(), "closed_because": "published"} if number == 0 else {}
        make_submission(post, commit_point_at=timezone.now(), **closed)

    html = page.post(address(account), {"mode": "MEDIA_UPLOAD", "arrange": "1"}).content.decode()

    assert "4 of 5 pending drafts used" in html


def test_draft_needs_no_answer_about_the_creator(
    page: Client, account: TikTokAccount, video: Media, tiktok: Simulator
) -> None:
    tiktok.fault("server_error", "creator_info", times=-1)

    page.post(address(account), draft_of(video))

    assert Post.objects.get().state == PostState.DUE


def test_account_without_the_permission_cannot_choose_the_inbox(
    page: Client, account: TikTokAccount, video: Media
) -> None:
    account.credential.scopes = [scope for scope in account.credential.scopes if scope != "video.upload"]
    account.credential.save()

    plain = page.get(address(account)).content.decode()
    sent = page.post(address(account), draft_of(video)).content.decode()

    assert re.search(r'value="MEDIA_UPLOAD"\s+disabled', plain)
    assert "has not allowed Clipdesk to send drafts" in sent
    assert 'value="publish"' not in sent
    assert not Post.objects.exists()


def test_publishing_a_scheduled_draft_now_is_worded_for_drafts(
    page: Client, account: TikTokAccount, scoped: Instance
) -> None:
    post = make_post(
        account, make_photo(scoped), state=PostState.SCHEDULED, mode="MEDIA_UPLOAD", media_type="PHOTO",
        publish_at=timezone.now(), publish_local="2027-03-01T10:00:00", publish_zone="Europe/Berlin",
    )  # fmt: skip

    html = page.get(reverse("tiktok:post-publish-now", args=["aurora", post.pk])).content.decode()

    assert "It will be sent to the TikTok inbox" in html
    assert "By sending, you agree" in html
