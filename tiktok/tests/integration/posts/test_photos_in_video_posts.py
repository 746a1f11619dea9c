"""A photo cannot be chosen for a video post, on the page or by the API."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from instances.models import Instance
from tiktok.models import Media, MediaState, Post, TikTokAccount
from tiktok.posts.queries import recent_media
from tiktok.tests.factories import make_media, make_photo
from tiktok.tests.fixtures_rest import Api, body_of

pytestmark = pytest.mark.django_db
TEXT = "This is a photo. Choose a video for this post."


@pytest.fixture
def photo(scoped: Instance) -> Media:
    return make_photo(scoped)


@pytest.mark.parametrize("state", [MediaState.READY, MediaState.CHECKING])
def test_api_refuses_a_photo_and_names_the_field(
    api: Api, linked: TikTokAccount, photo: Media, state: MediaState
) -> None:
    Media.objects.update(state=state)

    answer = api.create(body_of(linked, photo))

    errors = [(error["field"], error["code"], error["message"]) for error in answer.json()["errors"]]
    assert answer.status_code == 422
    assert ("media_ids", "not_video", TEXT) in errors
    assert not Post.objects.exists()


def test_api_refuses_a_photo_for_a_draft(api: Api, linked: TikTokAccount, photo: Media) -> None:
    answer = api.create(body_of(linked, photo, draft=True))

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, ["media_ids"])


def test_composer_offers_videos_alone(scoped: Instance, photo: Media) -> None:
    video = make_media(scoped)

    assert recent_media(None) == [video]
    assert recent_media(photo.pk) == [video]


def test_composer_refuses_a_photo_that_was_sent_anyway(
    client: Client, editor: User, linked: TikTokAccount, photo: Media
) -> None:
    client.force_login(editor)
    form = {
        "submit_key": str(uuid4()), "media": str(photo.pk), "caption": "Hello", "privacy_level": "PUBLIC_TO_EVERYONE",
        "when": "now", "action": "publish", "to": str(linked.pk),
    }  # fmt: skip

    answer = client.post(reverse("tiktok:post-new", args=["aurora"]) + f"?to={linked.pk}", form)

    assert answer.context["form"].errors["media"] == [TEXT]
    assert not Post.objects.exists()


def test_photo_uploaded_in_the_composer_cannot_be_chosen(client: Client, editor: User, photo: Media) -> None:
    client.force_login(editor)

    card = client.get(reverse("tiktok:post-media-choice", args=["aurora", photo.pk])).content.decode()

    assert TEXT in card
    assert (" disabled" in card, " checked" in card) == (True, False)


def test_upload_area_of_the_composer_asks_for_videos(client: Client, editor: User, linked: TikTokAccount) -> None:
    client.force_login(editor)

    page = client.get(reverse("tiktok:post-new", args=["aurora"]) + f"?to={linked.pk}").content.decode()

    assert "Drop videos here, or choose them" in page
    assert "photo" not in page[page.index("upload-drop") : page.index("upload-queue")]
