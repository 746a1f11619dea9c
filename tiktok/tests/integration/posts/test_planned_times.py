"""A planned time on the pages: its own zone, the offer in a gap, what a draft remembers, and a last-minute edit."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from instances.models import Instance
from tiktok.models import Media, Post, PostState, TikTokAccount
from tiktok.tests.factories import make_media
from tiktok.tests.fixtures_posts import Worker
from tiktok.tests.fixtures_rest import Api, body_of
from tiktok.tests.integration.posts.test_composer import address, filled
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def clip(scoped: Instance) -> Media:
    return make_media(scoped)


@pytest.fixture
def page(client: Client, editor: User) -> Client:
    client.force_login(editor)
    Instance.objects.update(time_zone="Europe/Vienna")
    return client


def later(clip: Media, publish_at: str, **changes: Any) -> dict[str, Any]:
    return filled(clip, when="later", publish_at=publish_at, privacy_level="SELF_ONLY", **changes)


def edit(page: Client, post: Post) -> str:
    return reverse("tiktok:post-edit", args=["aurora", post.pk])


def test_a_time_in_a_gap_offers_the_next_one_by_one_click(page: Client, linked: TikTokAccount, clip: Media) -> None:
    asked = later(clip, "2027-03-28T02:30", caption="Kept")
    answer = page.post(address(linked), asked)
    assert list(answer.context["form"].errors) == ["publish_at"]
    assert b'name="use_time" value="2027-03-28T03:00"' in answer.content
    answer = page.post(address(linked), asked | {"use_time": "2027-03-28T03:00"})
    assert not Post.objects.exists()
    assert (answer.context["form"].errors, answer.context["form"]["caption"].value()) == ({}, "Kept")
    assert answer.context["form"]["publish_at"].value() == "2027-03-28T03:00"


def test_a_time_that_comes_twice_says_so_when_it_is_saved_and_on_the_page(
    page: Client, linked: TikTokAccount, clip: Media
) -> None:
    answer = page.post(address(linked), later(clip, "2027-10-31T02:30"), follow=True)
    assert answer.content.decode().count("occurs twice") == 2
    assert Post.objects.get().publish_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_a_post_keeps_its_zone_when_the_instance_gets_another(page: Client, linked: TikTokAccount, clip: Media) -> None:
    page.post(address(linked), later(clip, "2027-03-01T10:00"))
    Instance.objects.update(time_zone="Asia/Kathmandu")
    post = Post.objects.get()
    shown = page.get(reverse("tiktok:post-detail", args=["aurora", post.pk])).content.decode()
    assert ">Mon 1 Mar 2027, 10:00 (Vienna)</time>" in shown
    assert 'datetime="2027-03-01T14:45:00+05:45"' in shown
    assert 'datetime="2027-03-01T14:45:00+05:45"' in page.get("/i/aurora/posts/").content.decode()
    form = page.get(edit(page, post)).context["form"]
    assert (form["publish_at"].value(), form["timezone"].value()) == ("2027-03-01T10:00", "Europe/Vienna")
    Instance.objects.update(time_zone="Europe/Vienna")
    shown = page.get(reverse("tiktok:post-detail", args=["aurora", post.pk])).content.decode()
    assert ("2027-03-01 10:00" in shown, 'datetime="2027-03-01T10:00:00+01:00"' in shown) == (False, True)
    page.post(edit(page, post), later(clip, "2027-03-01T10:00", caption="New words"))
    post.refresh_from_db()
    assert (post.publish_at, post.publish_zone) == (datetime(2027, 3, 1, 9, tzinfo=UTC), "Europe/Vienna")


def test_the_composer_counts_the_posts_of_a_day(page: Client, linked: TikTokAccount) -> None:
    shown = page.get(address(linked))
    assert shown.context["usage"].posts == 0
    assert "0 posts in the last 24 hours" in shown.content.decode()


def test_a_person_changes_the_zone_of_a_post(page: Client, linked: TikTokAccount, clip: Media) -> None:
    page.post(address(linked), later(clip, "2027-03-01T10:00"))
    post = Post.objects.get()
    page.post(edit(page, post), later(clip, "2027-03-01T10:00", timezone="America/New_York"))
    post.refresh_from_db()
    assert post.state == PostState.SCHEDULED
    assert (post.publish_at, post.publish_zone) == (datetime(2027, 3, 1, 15, tzinfo=UTC), "America/New_York")


def test_a_draft_remembers_its_time_without_being_scheduled(page: Client, linked: TikTokAccount, clip: Media) -> None:
    page.post(address(linked), later(clip, "2027-03-01T10:00", timezone="Asia/Kolkata", action="draft"))
    post = Post.objects.get()
    assert (post.state, post.publish_at, post.deadline_at) == (PostState.DRAFT, None, None)
    form = page.get(edit(page, post)).context["form"]
    values = [form[name].value() for name in ("when", "publish_at", "timezone")]
    assert values == ["later", "2027-03-01T10:00", "Asia/Kolkata"]
    page.post(edit(page, post), filled(clip, action="draft"))
    post.refresh_from_db()
    assert (post.publish_local, post.publish_zone) == ("", "")


def test_a_scheduled_post_saved_as_draft_still_remembers_its_time(
    page: Client, linked: TikTokAccount, clip: Media
) -> None:
    page.post(address(linked), later(clip, "2027-03-01T10:00"))
    post = Post.objects.get()
    page.post(edit(page, post), later(clip, "2027-03-01T10:00", action="draft"))
    post.refresh_from_db()
    assert (post.state, post.publish_at, post.publish_local) == (PostState.DRAFT, None, "2027-03-01T10:00:00")


def unchanged(page: Client, post: Post, clip: Media, **changes: Any) -> dict[str, Any]:
    """Return the fields that a browser sends if only those in ``changes`` are touched."""
    form = page.get(edit(page, post)).context["form"]
    return later(clip, form["publish_at"].value(), timezone=form["timezone"].value(), **changes)


@pytest.mark.parametrize(
    "publish_at",
    [
        "2027-10-31T02:30:00+01:00",  # the second of two
        "2027-10-31T02:30:00+02:00",
        "2027-03-01T10:00:30+01:00",
        "2027-03-01T09:00:00.123Z",
        "2027-10-31T02:30:15.250+01:00",
    ],
)
def test_time_saved_unchanged_stays_the_same_instant(
    page: Client, api: Api, linked: TikTokAccount, clip: Media, publish_at: str
) -> None:
    api.create(body_of(linked, clip, publish_at=publish_at, timezone=None))
    post, at = Post.objects.get(), datetime.fromisoformat(publish_at)

    page.post(edit(page, post), unchanged(page, post, clip, caption="Better words"))
    post.refresh_from_db()
    assert (post.state, post.publish_at, post.caption) == (PostState.SCHEDULED, at, "Better words")

    page.post(edit(page, post), unchanged(page, post, clip, action="draft"))
    page.post(edit(page, post), unchanged(page, post, clip, action="draft"))
    page.post(edit(page, post), unchanged(page, post, clip))
    post.refresh_from_db()
    assert (post.state, post.publish_at, post.publish_zone) == (PostState.SCHEDULED, at, "Europe/Vienna")


def test_changed_minute_or_zone_is_read_again(page: Client, api: Api, linked: TikTokAccount, clip: Media) -> None:
    api.create(body_of(linked, clip, publish_at="2027-10-31T02:30:15+01:00"))
    post = Post.objects.get()

    page.post(edit(page, post), later(clip, "2027-10-31T02:31", timezone="Europe/Vienna"))
    post.refresh_from_db()
    assert post.publish_at == datetime(2027, 10, 31, 0, 31, tzinfo=UTC)

    page.post(edit(page, post), later(clip, "2027-10-31T02:31", timezone="UTC"))
    post.refresh_from_db()
    assert post.publish_at == datetime(2027, 10, 31, 2, 31, tzinfo=UTC)


def test_form_shows_when_a_post_goes_out_after_its_zone_changed(
    page: Client, linked: TikTokAccount, clip: Media
) -> None:
    page.post(address(linked), later(clip, "2027-03-01T10:00"))
    Post.objects.update(publish_local="2027-03-01T11:00:00")  # what Vienna's clocks would have shown by older rules
    post = Post.objects.get()
    assert (
        "of this time zone have changed"
        in page.get(reverse("tiktok:post-detail", args=["aurora", post.pk])).content.decode()
    )

    sent = unchanged(page, post, clip)
    page.post(edit(page, post), sent)

    post.refresh_from_db()
    assert (sent["publish_at"], post.publish_at) == ("2027-03-01T10:00", datetime(2027, 3, 1, 9, tzinfo=UTC))
    shown = page.get(reverse("tiktok:post-detail", args=["aurora", post.pk])).content.decode()
    assert "of this time zone have changed" not in shown


@pytest.mark.parametrize("zone", ["localtime", "Factory", "right/Europe/Vienna", "europe/vienna"])
def test_zone_that_does_not_exist_is_refused_on_the_page(
    page: Client, linked: TikTokAccount, clip: Media, zone: str
) -> None:
    answer = page.post(address(linked), later(clip, "2027-03-01T10:00", timezone=zone))

    assert list(answer.context["form"].errors) == ["timezone"]
    assert not Post.objects.exists()


def test_post_of_a_zone_that_is_gone_needs_another(page: Client, linked: TikTokAccount, clip: Media) -> None:
    page.post(address(linked), later(clip, "2027-03-01T10:00"))
    Post.objects.update(publish_zone="localtime")
    post = Post.objects.get()

    refused = page.post(edit(page, post), unchanged(page, post, clip))
    assert "“localtime” is not a time zone" in refused.content.decode()

    page.post(edit(page, post), unchanged(page, post, clip) | {"timezone": "Asia/Kolkata"})
    post.refresh_from_db()
    assert (post.state, post.publish_zone) == (PostState.SCHEDULED, "Asia/Kolkata")


def test_an_edit_at_the_last_second_is_what_gets_published(
    page: Client, linked: TikTokAccount, clip: Media, worker: Worker, tiktok: Simulator
) -> None:
    worker.clock.set(datetime.now(UTC).replace(microsecond=0))
    soon = datetime.now(UTC) + timedelta(hours=1)
    at = soon.replace(second=0, microsecond=0, tzinfo=None).isoformat(timespec="minutes")
    page.post(address(linked), later(clip, at, timezone="UTC", caption="Old"))
    post = Post.objects.get()
    assert post.publish_at is not None
    worker.clock.set(post.publish_at - timedelta(seconds=1))
    answer = page.post(edit(page, post), later(clip, at, timezone="UTC", caption="New"))
    assert answer.status_code == 302
    worker.run_for(60)
    assert [seen.post_info["title"] for seen in tiktok.posts()] == ["New"]
