"""Home: today, what needs attention with its buttons, what comes next, and what went out."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from instances.models import Instance
from tiktok.models import AccountStatus, Post, PostState, TikTokAccount
from tiktok.posts.home import read_home
from tiktok.tests.crowd import make_crowd
from tiktok.tests.factories import make_account, make_media, make_post

pytestmark = pytest.mark.django_db
Queries = Callable[..., Any]
S = PostState
HOME, PART, LIST = (reverse(f"tiktok:{name}", args=["aurora"]) for name in ("dashboard", "dashboard-part", "post-list"))


@pytest.fixture
def account(scoped: Instance) -> TikTokAccount:
    return make_account(scoped, name="Harbour Yoga")


@pytest.fixture
def page(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


def titles(page: Client, section: str) -> list[str]:
    """Return the titles of a section, in order."""
    return [row.title for row in page.get(HOME).context[section]["rows"]]


@pytest.mark.parametrize("posts", [1, 3])
def test_home_takes_the_same_queries_for_one_post_and_three(
    page: Client, account: TikTokAccount, django_assert_num_queries: Queries, posts: int
) -> None:
    for number in range(posts):
        make_post(account, make_media(account.instance, thumbnail_path="t.webp"), state=S.FAILED)
        make_post(account, state=S.PUBLISHED, published_at=timezone.now(), caption=f"Clip {number}")
    with django_assert_num_queries(21):
        page.get(HOME)
    assert len(titles(page, "published")) == posts


def test_without_accounts_home_offers_to_connect_one(page: Client, scoped: Instance) -> None:
    html = page.get(HOME).content.decode()
    assert "Connect your first TikTok account" in html
    assert "Connect account" in html
    assert "Nothing is planned for today." not in html


def test_today_is_the_calendar_day_of_the_instances_zone(
    account: TikTokAccount, scoped: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2027, 3, 1, 20, 30, tzinfo=UTC)  # 02:15 on 2 March in Kathmandu
    monkeypatch.setattr(timezone, "now", lambda: now)
    Instance.objects.update(time_zone="Asia/Kathmandu")
    scoped.refresh_from_db()
    for caption, hours in (("yesterday", -3), ("now", 0), ("tonight", 21), ("tomorrow", 22)):
        make_post(account, state=S.SCHEDULED, publish_at=now + timedelta(hours=hours), caption=caption)
    make_post(account, state=S.PUBLISHED, published_at=now - timedelta(hours=1), caption="out")

    home = read_home(scoped.zone)

    assert [post.caption for post in home.today.posts] == ["out", "now", "tonight"]
    assert [post.caption for post in home.upcoming.posts] == ["tomorrow"]


def test_today_leaves_out_drafts_and_cancelled_or_reposted_posts(page: Client, account: TikTokAccount) -> None:
    now = timezone.now()
    reposted = make_post(account, state=S.FAILED, publish_at=now, caption="reposted")
    make_post(account, state=S.UPLOADING, publish_at=now - timedelta(days=2), corrects=reposted, caption="uploading")
    make_post(account, state=S.FAILED, publish_at=now, caption="failed")
    make_post(account, state=S.CANCELLED, publish_at=now, caption="cancelled")
    make_post(account, caption="draft")
    assert set(titles(page, "today")) == {"uploading", "failed"}
    assert "Nothing is planned for today." not in page.get(HOME).content.decode()


def test_a_full_day_shows_the_posts_around_this_moment(
    account: TikTokAccount, scoped: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = datetime(2027, 3, 1, 12, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: noon)
    for hour in range(24):
        at = noon.replace(hour=hour, minute=30)
        if hour < 12:
            make_post(account, state=S.PUBLISHED, published_at=at, caption=f"{hour}")
        else:
            make_post(account, state=S.SCHEDULED, publish_at=at, caption=f"{hour}")
    make_post(account, state=S.UPLOADING, publish_at=noon - timedelta(days=2), caption="uploading")

    today = read_home(scoped.zone).today

    assert [post.caption for post in today.posts] == ["9", "10", "11", "uploading", *map(str, range(12, 20))]
    assert (today.count, today.more) == (25, 13)


def test_failed_posts_and_broken_accounts_count_as_needing_attention(
    page: Client, account: TikTokAccount, scoped: Instance
) -> None:
    broken = make_account(scoped, name="Broken", status=AccountStatus.RECONNECT_NEEDED)
    make_post(account, state=S.FAILED, caption="failed", fail_reason="frame_rate_check_failed")
    make_post(broken, state=S.WAITING_ACCOUNT, caption="waiting", error_code="reconnect_needed")
    make_post(account, state=S.NEEDS_ATTENTION, attention_reason="outcome_unknown", caption="unclear")

    answer = page.get(HOME)

    assert answer.context["home"].attention_count == 4
    assert set(titles(page, "attention")) == {"unclear", "waiting", "failed"}
    section = answer.content.decode().partition('id="attention-title"')[2].partition("</section>")[0]
    assert section.count("Edit and repost") == 1
    assert section.count("Open post") == 1
    assert section.count(f'name="account" value="{broken.pk}"') == 2  # the account's, and that of its waiting post
    assert "frame rate" in section


def test_several_broken_accounts_are_one_box(page: Client, scoped: Instance) -> None:
    make_crowd(scoped, 24 * 23)
    html = page.get(HOME).content.decode()
    assert html.count("accounts need to be reconnected") == 1
    assert "24 accounts need to be reconnected" in html
    assert "18 more accounts" in html


def test_nothing_that_needs_attention_shows_no_section(page: Client, account: TikTokAccount) -> None:
    make_post(account, state=S.PUBLISHED, published_at=timezone.now())
    assert "Needs attention" not in page.get(HOME).content.decode()


def test_viewer_reads_whom_to_ask(client: Client, viewer: User, account: TikTokAccount, scoped: Instance) -> None:
    TikTokAccount.objects.update(status=AccountStatus.RECONNECT_NEEDED)
    make_post(account, state=S.FAILED)
    client.force_login(viewer)
    html = client.get(HOME).content.decode()
    assert "Ask an editor or admin to reconnect the account." in html
    assert "Reconnect account" not in html
    assert "Edit and repost" not in html


def test_the_remembered_account_does_not_filter_home(page: Client, account: TikTokAccount, scoped: Instance) -> None:
    other = make_account(scoped, name="Bakery")
    make_post(other, state=S.SCHEDULED, publish_at=timezone.now() + timedelta(days=3), caption="Bread")
    page.get(LIST, {"account": str(account.pk)})
    assert titles(page, "upcoming") == ["Bread"]
    assert page.get(HOME).context["upcoming"]["count"] == 1


def test_published_posts_are_counted_over_thirty_days(page: Client, account: TikTokAccount) -> None:
    for days in (1, 29, 31):
        make_post(account, state=S.PUBLISHED, published_at=timezone.now() - timedelta(days=days), caption=f"{days}")
    assert titles(page, "published") == ["1", "29"]
    assert "2 published in the last 30 days" in page.get(HOME).content.decode()


def test_home_polls_during_a_publish_and_returns_only_changes(page: Client, account: TikTokAccount) -> None:
    post = make_post(account, state=S.PROCESSING)
    answer = page.get(HOME)
    assert 'hx-trigger="every 2s, accounts-changed from:body"' in answer.content.decode()
    seen = {"seen": answer.context["version"]}
    assert page.get(PART, seen).status_code == 204

    TikTokAccount.objects.update(status=AccountStatus.RECONNECT_NEEDED)
    assert "1 account needs to be reconnected" in page.get(PART, seen).content.decode()
    Post.objects.filter(pk=post.pk).update(state=S.PUBLISHED, published_at=timezone.now(), updated_at=timezone.now())
    html = page.get(PART, seen).content.decode()
    assert "<html" not in html
    assert "every 2s" not in html
