"""The composer for photos: a strip that works by its buttons alone, and a post in the order that was chosen."""

import re
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.api.limits import PHOTOS_MAX
from tiktok.models import Media, MediaState, Post, PostState, TikTokAccount
from tiktok.posts.queries import files_of, recent_media
from tiktok.tests.factories import make_media, make_photo

pytestmark = pytest.mark.django_db
STRIP = reverse("tiktok:post-photos", args=["aurora"])
NEED = "has no verified URL prefix"


@pytest.fixture
def account(scoped: Instance, linked: TikTokAccount) -> TikTokAccount:
    """An account whose TikTok app may pull from this server."""
    app = linked.credential.app
    app.url_prefix, app.prefix_checked_at = "https://media.example.com/m/", timezone.now()
    app.save()
    return linked


@pytest.fixture
def page(client: Client, editor: User) -> Client:
    client.force_login(editor)
    return client


@pytest.fixture
def photos(scoped: Instance) -> list[Media]:
    made = [make_photo(scoped) for _number in range(3)]
    for number, photo in enumerate(made, start=1):
        photo.original_name = f"photo-{number}.jpg"
        photo.save()
    return made


def ids(photos: list[Media]) -> list[str]:
    return [str(photo.pk) for photo in photos]


def strip_in(html: str) -> list[str]:
    return re.findall(r'<input type="hidden" name="photos" form="composer" value="([^"]+)"', html)


def cover_in(html: str) -> str:
    [cover] = re.findall(r'<input type="radio" name="cover"[^>]*value="([^"]+)" checked', html)
    return str(cover)


def address(account: TikTokAccount, **query: Any) -> str:
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return reverse("tiktok:post-new", args=["aurora"]) + f"?to={account.pk}{more}"


def filled(photos: list[Media], **changes: Any) -> dict[str, Any]:
    """Return the fields that a browser sends for a complete post of photos."""
    values = {
        "submit_key": str(uuid4()), "media_type": "PHOTO", "mode": "DIRECT_POST", "photos": ids(photos),
        "title": "Market day", "caption": "All of it, in order", "privacy_level": "PUBLIC_TO_EVERYONE",
        "allow_comment": "on", "when": "now", "action": "publish",
    }  # fmt: skip
    return {name: value for name, value in (values | changes).items() if value is not None}


@pytest.mark.parametrize(
    ("button", "pressed", "order"),
    [
        ("earlier", 2, [0, 2, 1]),
        ("earlier", 0, [0, 1, 2]),
        ("later", 0, [1, 0, 2]),
        ("later", 2, [0, 1, 2]),
        ("remove", 1, [0, 2]),
        ("add", 1, [0, 1, 2]),
    ],
)
def test_button_of_the_strip_changes_the_order(
    page: Client, photos: list[Media], button: str, pressed: int, order: list[int]
) -> None:
    html = page.post(STRIP, {"photos": ids(photos), button: str(photos[pressed].pk)}).content.decode()

    assert strip_in(html) == [str(photos[index].pk) for index in order]


def test_added_photo_is_the_last_one_and_leaves_the_library(page: Client, photos: list[Media]) -> None:
    html = page.post(STRIP, {"photos": ids(photos[1:]), "add": str(photos[0].pk)}).content.decode()

    assert strip_in(html) == ids([*photos[1:], photos[0]])
    assert 'name="add"' not in html
    assert "photo-1.jpg is photo 3 of 3." in html


def test_full_strip_takes_no_further_photo(page: Client, scoped: Instance) -> None:
    *chosen, one_more = [make_photo(scoped) for _number in range(PHOTOS_MAX + 1)]

    html = page.post(STRIP, {"photos": ids(chosen), "add": str(one_more.pk)}).content.decode()

    assert strip_in(html) == ids(chosen)
    assert "the most that TikTok takes" in html


def test_cover_follows_its_photo_and_falls_to_the_first(page: Client, photos: list[Media]) -> None:
    first, second, _third = ids(photos)

    moved = page.post(STRIP, {"photos": ids(photos), "cover": second, "later": second}).content.decode()
    removed = page.post(STRIP, {"photos": ids(photos), "cover": second, "remove": second}).content.decode()

    assert (cover_in(moved), cover_in(removed)) == (second, first)


def test_library_shows_more_photos_when_asked(page: Client, scoped: Instance) -> None:
    for _number in range(14):
        make_photo(scoped)

    first = page.post(STRIP, {}).content.decode()
    more = page.post(STRIP, {"show": ["12", "24"]}).content.decode()

    assert (first.count('name="add"'), more.count('name="add"')) == (12, 14)
    assert ("Show more photos" in first, "Show more photos" in more) == (True, False)


def test_photos_of_another_tenant_are_neither_shown_nor_posted(
    page: Client, account: TikTokAccount, photos: list[Media], other_instance: Instance
) -> None:
    with instance_scope(other_instance):
        foreign = make_photo(other_instance)

    strip = page.post(STRIP, {"photos": ids([*photos, foreign])}).content.decode()
    answer = page.post(address(account), filled([*photos, foreign]))

    assert str(foreign.pk) not in strip
    assert "no longer available" in str(answer.context["form"].errors["photos"])
    assert not Post.objects.exists()


def test_buttons_work_without_javascript_and_keep_what_was_typed(
    page: Client, account: TikTokAccount, photos: list[Media]
) -> None:
    form = filled(photos, action=None, later=str(photos[0].pk))

    html = page.post(address(account), form).content.decode()

    assert strip_in(html) == ids([photos[1], photos[0], photos[2]])
    assert "All of it, in order" in html
    assert 'value="Market day"' in html
    assert "data-error-summary" not in html
    assert not Post.objects.exists()


def test_photos_are_posted_in_their_order_with_the_cover(
    page: Client, account: TikTokAccount, photos: list[Media]
) -> None:
    turned = photos[::-1]

    page.post(address(account), filled(turned, cover=str(photos[1].pk), auto_add_music="on", allow_duet="on"))

    post = Post.objects.get()
    assert (post.state, post.media_type, post.mode) == (PostState.DUE, "PHOTO", "DIRECT_POST")
    assert files_of(post) == tuple(turned)
    assert (post.photo_cover_index, post.title, post.auto_add_music) == (1, "Market day", True)
    assert post.allow_duet is False


def test_draft_is_opened_again_with_its_photos_and_cover(
    page: Client, account: TikTokAccount, photos: list[Media]
) -> None:
    page.post(address(account), filled(photos, cover=str(photos[2].pk), action="draft"))

    html = page.get(reverse("tiktok:post-edit", args=["aurora", Post.objects.get().pk])).content.decode()

    assert (strip_in(html), cover_in(html)) == (ids(photos), str(photos[2].pk))


def test_text_for_photos_without_a_photo_yet_stays_one_for_photos(page: Client, account: TikTokAccount) -> None:
    page.post(address(account), filled([], action="draft"))

    answer = page.get(reverse("tiktok:post-edit", args=["aurora", Post.objects.get().pk]))

    assert answer.context["form"].is_photo_post
    assert 'value="Market day"' in answer.content.decode()


def test_copy_of_a_photo_post_begins_with_its_photos(page: Client, account: TikTokAccount, photos: list[Media]) -> None:
    page.post(address(account), filled(photos))

    html = page.get(address(account, **{"from": Post.objects.get().pk})).content.decode()

    assert strip_in(html) == ids(photos)


def test_photo_in_the_address_is_chosen(page: Client, account: TikTokAccount, photos: list[Media]) -> None:
    html = page.get(address(account, media=photos[1].pk)).content.decode()

    assert strip_in(html) == [str(photos[1].pk)]


def test_each_photo_that_cannot_be_used_is_named_there_and_above(
    page: Client, account: TikTokAccount, photos: list[Media]
) -> None:
    broken, gone, _good = photos
    Media.objects.filter(pk=broken.pk).update(state=MediaState.REFUSED, refusal_code="unreadable")
    Media.objects.filter(pk=gone.pk).update(deleted_at=timezone.now())

    answer = page.post(address(account), filled(photos))

    errors = answer.context["form"].errors["photos"]
    html = unescape(answer.content.decode())
    assert [error.partition(":")[0] for error in errors] == ["photo-1.jpg", "photo-2.jpg"]
    assert "This photo has been deleted. Remove it." in html
    assert 'href="#id_photos"' in html
    assert not Post.objects.exists()


@pytest.mark.parametrize(("count", "text"), [(0, "Choose at least one photo."), (PHOTOS_MAX + 1, "at most 35 photos")])
def test_wrong_number_of_photos_is_refused(
    page: Client, account: TikTokAccount, scoped: Instance, count: int, text: str
) -> None:
    answer = page.post(address(account), filled([make_photo(scoped) for _number in range(count)]))

    assert text in str(answer.context["form"].errors["photos"])


@pytest.mark.parametrize(("field", "most"), [("title", 90), ("caption", 4000)])
def test_texts_are_counted_in_utf16_units(
    page: Client, account: TikTokAccount, photos: list[Media], field: str, most: int
) -> None:
    fits, too_long = "🍞" * (most // 2), "🍞" * (most // 2) + "x"

    refused = page.post(address(account), filled(photos, **{field: too_long}))
    page.post(address(account), filled(photos, **{field: fits}))

    assert "1 character too long" in str(refused.context["form"].errors[field])
    assert f'data-counter-for="{field}" data-limit="{most}"' in refused.content.decode()
    assert getattr(Post.objects.get(), field) == fits


def test_without_a_url_prefix_photos_are_not_offered(page: Client, linked: TikTokAccount, photos: list[Media]) -> None:
    plain = page.get(address(linked)).content.decode()
    sent = page.post(address(linked), filled(photos))

    assert NEED in plain
    assert "Your administrator can set it up." in plain
    assert re.search(r'value="PHOTO"\s+disabled', plain)
    assert 'value="publish"' not in sent.content.decode()
    assert not Post.objects.exists()


def test_staff_get_the_way_to_the_url_prefix(page: Client, editor: User, linked: TikTokAccount) -> None:
    editor.is_staff = True
    editor.save()

    html = page.get(address(linked)).content.decode()

    assert f"/tiktok/tiktokapp/{linked.credential.app_id}/" in html


def test_draft_of_photos_can_be_saved_without_a_url_prefix(
    page: Client, linked: TikTokAccount, photos: list[Media]
) -> None:
    page.post(address(linked), filled(photos, action="draft"))

    assert files_of(Post.objects.get()) == tuple(photos)


def test_video_is_chosen_among_videos_alone(scoped: Instance, photos: list[Media]) -> None:
    video = make_media(scoped)

    assert recent_media(None) == [video]
    assert recent_media(photos[0].pk) == [video]


def test_photo_sent_as_the_video_is_refused(page: Client, account: TikTokAccount, photos: list[Media]) -> None:
    answer = page.post(address(account), filled([], media_type="VIDEO", title=None, media=str(photos[0].pk)))

    assert list(answer.context["form"].errors) == ["media"]
    assert not Post.objects.exists()


@pytest.mark.parametrize(("state", "asks_again"), [(MediaState.CHECKING, True), (MediaState.READY, False)])
def test_photo_view_asks_until_the_photo_is_checked(
    page: Client, photos: list[Media], state: MediaState, asks_again: bool
) -> None:
    Media.objects.filter(pk=photos[0].pk).update(state=state)
    view = reverse("tiktok:post-photo-view", args=["aurora", photos[0].pk])

    html = page.get(view, {"strip": "1"}).content.decode()

    assert ("hx-get" in html, 'hx-swap-oob="true"' in html) == (asks_again, not asks_again)


@pytest.mark.parametrize("name", ["post-photos", "post-photo-view"])
def test_viewer_cannot_ask_for_the_strip(client: Client, viewer: User, photos: list[Media], name: str) -> None:
    client.force_login(viewer)
    args: list[str | UUID] = ["aurora", photos[0].pk] if name == "post-photo-view" else ["aurora"]
    ask = client.get if name == "post-photo-view" else client.post

    assert ask(reverse(f"tiktok:{name}", args=args)).status_code == 403
