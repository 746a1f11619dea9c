"""A failed post and its repost point at each other; another time and publishing now need no whole form."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from instances.models import Instance, Notice, NoticeKind
from instances.notices.reading import unread_by
from instances.notices.write import write_notice
from tiktok.models import Media, Post, PostState, TikTokAccount
from tiktok.posts import consent as consents
from tiktok.posts import services
from tiktok.posts.consent import Consent
from tiktok.posts.creator import fetch_creator_info
from tiktok.posts.rules import PostOptions
from tiktok.posts.schedule import from_local
from tiktok.tests.factories import make_media, make_post

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(scoped: Instance, linked: TikTokAccount) -> TikTokAccount:
    return linked


@pytest.fixture
def video(scoped: Instance) -> Media:
    return make_media(scoped)


@pytest.fixture
def page(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


@pytest.fixture
def failed(account: TikTokAccount, video: Media) -> Post:
    return make_post(
        account, video, state=PostState.FAILED, caption="Six in the morning at the bakery, and the ovens are on",
        privacy_level="SELF_ONLY", error_code="spam_risk_text",
    )  # fmt: skip


@pytest.fixture
def scheduled(account: TikTokAccount, video: Media, editor: User) -> Post:
    noon = (timezone.now() + timedelta(days=3)).replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=None)
    return services.submit_post(
        account=account,
        files=[video],
        options=PostOptions(caption="Hello", privacy_level="SELF_ONLY"),
        actor=editor,
        consent=Consent(editor, fetch_creator_info(account), "web", agreed=True),
        when=from_local(noon, "Europe/Berlin"),
    )[0]


def url(name: str, post: Post) -> str:
    return reverse(f"tiktok:post-{name}", args=["aurora", post.pk])


def shown(page: Client, name: str, post: Post) -> str:
    return page.get(url(name, post)).content.decode()


def test_title_names_the_post_on_the_page_and_in_the_tab(page: Client, failed: Post, instance: Instance) -> None:
    html = shown(page, "detail", failed)
    title = "Six in the morning at the bakery, and…"
    assert f"<title>{title} · {instance.name} · Clipdesk</title>" in html
    assert f"<h1><bdi>{title}</bdi></h1>" in html


def test_interactions_are_summarized_in_a_sentence(page: Client, failed: Post) -> None:
    assert "Comments, duets and stitches are off" in shown(page, "detail", failed)
    Post.objects.update(allow_comment=True)
    assert "Comments are on, duets and stitches are off" in shown(page, "detail", failed)


def test_details_offer_code_and_log_id_for_copying(page: Client, failed: Post) -> None:
    Post.objects.update(tiktok_code="spam_risk_text", log_id="20261129-LOG")
    html = shown(page, "live", failed)
    assert 'data-copy="spam_risk_text"' in html
    assert 'data-copy="20261129-LOG"' in html


def test_opening_a_failed_post_marks_its_notification_read(
    page: Client, client: Client, failed: Post, editor: User, admin: User
) -> None:
    write_notice(failed.instance_id, kind=NoticeKind.FAILED, subject_id=failed.pk, maker_id=None, parts={})
    page.get(url("detail", failed))
    assert not unread_by(editor).exists()
    assert unread_by(admin).count() == 1


def test_repost_shows_what_was_wrong_and_focuses_that_field(page: Client, failed: Post) -> None:
    html = page.post(url("correct", failed), follow=True).content.decode()
    assert "Problem with the original post" in html
    assert "TikTok considers the text risky or spam" in html
    textarea = html.partition('<textarea name="caption"')[2].partition(">")[0]
    assert "autofocus" in textarea


def test_failed_post_and_its_repost_point_at_each_other(page: Client, failed: Post, editor: User) -> None:
    write_notice(failed.instance_id, kind=NoticeKind.FAILED, subject_id=failed.pk, maker_id=None, parts={})
    new = services.correct_post(failed, actor=editor)
    html = shown(page, "detail", failed)
    assert "The repost is a draft" in html
    assert 'id="post-correct"' not in html
    assert Notice.objects.get().resolved_at is None

    consent = Consent(editor, fetch_creator_info(failed.account), "web", agreed=True)
    services.publish_post(new, when=None, consent=consent, actor=editor)

    html = shown(page, "detail", failed)
    assert "Reposted as" in html
    assert url("detail", new) in html
    assert "Use “Edit and repost”" not in html
    repost = shown(page, "detail", new)
    assert "Repost of" in repost
    assert url("detail", failed) in repost
    assert Notice.objects.get().resolved_at is not None


def test_scheduled_post_says_when_it_will_be_published(page: Client, scheduled: Post) -> None:
    local = datetime.fromisoformat(scheduled.publish_local)
    html = shown(page, "live", scheduled)
    assert f"Clipdesk will publish it on {local:%a} {local.day} {local:%b}" in html
    assert "at 12:00 (Berlin)." in html


def test_other_zones_of_a_planned_time_are_only_on_hover(page: Client, scheduled: Post) -> None:
    html = shown(page, "detail", scheduled)
    fact = html.partition("Planned for</dt>")[2].partition("</dd>")[0]
    assert fact.partition('">')[2].startswith(datetime.fromisoformat(scheduled.publish_local).strftime("%a"))
    assert "UTC" in fact.partition('title="')[2].partition('"')[0]
    assert "UTC" not in fact.partition('">')[2]


def test_rescheduling_moves_the_post_without_the_whole_form(page: Client, scheduled: Post) -> None:
    assert url("reschedule", scheduled) in shown(page, "detail", scheduled)
    form = shown(page, "reschedule", scheduled)
    assert re.search(r'value="[-\d]{10}T09:00" data-fill="id_publish_at">Tomorrow 09:00<', form)
    later = datetime.fromisoformat(scheduled.publish_local) + timedelta(days=1)
    before = consents.in_force(scheduled)
    page.post(url("reschedule", scheduled), {"publish_at": later.isoformat()[:16], "timezone": "Asia/Tokyo"})
    moved = Post.objects.get()
    assert (moved.state, moved.publish_zone) == (PostState.SCHEDULED, "Asia/Tokyo")
    assert moved.publish_at == later.replace(tzinfo=ZoneInfo("Asia/Tokyo"))
    assert consents.in_force(moved) != before


@pytest.mark.parametrize(
    ("sent", "words"),
    [({"publish_at": ""}, "Choose a date and time."), ({"publish_at": "2020-01-01T10:00"}, "This time has passed.")],
)
def test_refused_time_leaves_the_post_where_it_was(
    page: Client, scheduled: Post, sent: dict[str, str], words: str
) -> None:
    answer = page.post(url("reschedule", scheduled), sent)
    assert words in answer.content.decode()
    assert Post.objects.get().publish_at == scheduled.publish_at


def test_publishing_now_asks_first(page: Client, scheduled: Post) -> None:
    html = shown(page, "publish-now", scheduled)
    assert "Music Usage Confirmation" in html
    assert "within seconds instead of" in html
    assert Post.objects.get().state == PostState.SCHEDULED
    page.post(url("publish-now", scheduled), {"confirm": "yes"})
    assert Post.objects.get().state == PostState.DUE


@pytest.mark.parametrize("name", ["reschedule", "publish-now"])
def test_what_is_published_is_not_replanned(page: Client, account: TikTokAccount, name: str) -> None:
    post = make_post(account, state=PostState.PUBLISHED)
    answer = page.post(url(name, post), {"publish_at": "2027-03-01T10:00", "confirm": "yes"})
    assert answer.url == url("detail", post)  # type: ignore[attr-defined]
    post.refresh_from_db()
    assert post.state == PostState.PUBLISHED


def test_edit_page_has_a_way_back_without_scripts(page: Client, scheduled: Post) -> None:
    html = shown(page, "edit", scheduled)
    link = html.partition("data-discard")[0].rpartition("<a ")[2]
    assert url("detail", scheduled) in link
    assert "Save changes" in html
    assert "Move to drafts" in html
    assert "It is taken off the schedule and not published until you schedule it again." in html
    assert "The post stays scheduled while you edit it." in html
    assert "A post can’t be moved to another account." in html


def test_history_says_the_clock_time_of_each_event(page: Client, scheduled: Post) -> None:
    history = shown(page, "detail", scheduled).partition('id="history-heading"')[2]
    events = re.findall(r'<strong>[^<]*</strong><time datetime="[^"]+" title="[^"]+">([^<]+)</time>', history)
    assert len(events) == 2
    assert all(re.search(r", \d\d:\d\d$", said) for said in events)
