"""Photo posts and drafts on their page, in the lists and in Media."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from instances.models import Instance
from tiktok.models import Media, Post, PostMedia, PostState, TikTokAccount
from tiktok.tests.factories import make_account, make_media, make_photo, make_post

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(scoped: Instance) -> TikTokAccount:
    return make_account(scoped)


@pytest.fixture
def page(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


@pytest.fixture
def photos(scoped: Instance) -> list[Media]:
    return [make_photo(scoped, thumbnail_path=f"thumbnail-{number}.jpg") for number in range(3)]


@pytest.fixture
def carousel(account: TikTokAccount, photos: list[Media]) -> Post:
    """Three photos of which the second is the cover."""
    post = make_post(account, media_type="PHOTO", title="Market day", photo_cover_index=1, state=PostState.DUE)
    for position, photo in enumerate(photos):
        PostMedia.objects.create(instance_id=post.instance_id, post=post, media=photo, position=position)
    return post


def detail(page: Client, post: Post) -> str:
    return page.get(reverse("tiktok:post-detail", args=["aurora", post.pk])).content.decode()


def test_page_shows_the_photos_in_order_with_the_cover(page: Client, carousel: Post, photos: list[Media]) -> None:
    html = detail(page, carousel)

    shown = [html.index(str(photo.pk)) for photo in photos]
    cover = html.partition('class="is-cover"')[2].partition("</li>")[0]
    assert shown == sorted(shown)
    assert str(photos[1].pk) in cover
    assert "Cover" in cover
    assert "<video" not in html


@pytest.mark.parametrize("name", ["post-list", "dashboard"])
def test_lists_show_the_cover_and_the_number_of_photos(
    page: Client, carousel: Post, photos: list[Media], name: str
) -> None:
    Post.objects.update(publish_at=timezone.now(), state=PostState.PUBLISHED, published_at=timezone.now())

    html = page.get(reverse(f"tiktok:{name}", args=["aurora"])).content.decode()

    assert "3 photos" in html
    assert "Market day" in html
    assert reverse("tiktok:media-thumbnail", args=["aurora", photos[1].pk]) in html
    assert reverse("tiktok:media-thumbnail", args=["aurora", photos[0].pk]) not in html


def test_lists_count_no_photos_of_a_video(page: Client, account: TikTokAccount, scoped: Instance) -> None:
    make_post(account, make_media(scoped), state=PostState.DUE)

    assert "photo" not in page.get(reverse("tiktok:post-list-part", args=["aurora"])).content.decode()


def test_posts_are_found_by_their_title(page: Client, carousel: Post, account: TikTokAccount) -> None:
    make_post(account, caption="Something else")

    rows = page.get(reverse("tiktok:post-list", args=["aurora"]), {"q": "market"}).context["rows"]

    assert [row.title for row in rows] == ["Market day"]


def test_hidden_post_says_since_when(page: Client, carousel: Post) -> None:
    Post.objects.update(state=PostState.PUBLISHED, hidden_at=timezone.now(), published_at=timezone.now())

    assert "Not public since" in detail(page, carousel)
    Post.objects.update(hidden_at=None)
    assert "Not public since" not in detail(page, carousel)


def test_draft_posted_twice_shows_both_links(page: Client, account: TikTokAccount) -> None:
    post = make_post(
        account, state=PostState.PUBLISHED, mode="MEDIA_UPLOAD", post_ids=["71", "72"], published_at=timezone.now()
    )

    html = detail(page, post)

    assert "published 2 times" in html
    assert [number for number in (1, 2) if f"Open post {number} on TikTok" in html] == [1, 2]
    assert [post_id for post_id in ("71", "72") if f"/video/{post_id}" in html] == ["71", "72"]


def test_draft_shows_no_audience_that_was_never_chosen(page: Client, account: TikTokAccount) -> None:
    html = detail(page, make_post(account, mode="MEDIA_UPLOAD", caption=""))

    assert "Send to TikTok inbox" in html
    assert "Chosen in the TikTok app" in html
    assert "Not chosen yet" not in html


def test_media_shows_the_size_of_what_tiktok_gets(page: Client, photos: list[Media]) -> None:
    html = page.get(reverse("tiktok:media-card", args=["aurora", photos[0].pk])).content.decode()

    assert "1080 × 1440 px, 500 bytes" in html.replace("\xa0", " ")
