"""An instance holds as much media as its quotas allow, however many ask at once."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.media import services, storage
from tiktok.media.errors import MediaQuotaReached
from tiktok.models import Media, MediaUpload
from tiktok.tests.factories import make_media
from tiktok.tests.fixtures_rest import Api
from tiktok.tests.races import at_once


def announce(instance: Instance, actor: User, size_bytes: int = 60) -> MediaUpload:
    with instance_scope(instance):
        return services.create_upload(instance=instance, actor=actor, size_bytes=size_bytes, name="clip.mp4")


@pytest.mark.parametrize(("quota", "most"), [("QUOTA_MEDIA_BYTES", 100), ("QUOTA_MEDIA", 1)])
def test_announced_uploads_count(scoped: Instance, editor: User, settings: Settings, quota: str, most: int) -> None:
    setattr(settings, quota, most)
    announce(scoped, editor)

    with pytest.raises(MediaQuotaReached, match=r"Delete media, or ask your administrator for more\."):
        announce(scoped, editor)

    assert MediaUpload.objects.count() == 1


@pytest.mark.parametrize("quota", ["QUOTA_MEDIA_BYTES", "QUOTA_MEDIA"])
def test_api_answers_409_and_keeps_nothing(
    api: Api, scoped: Instance, settings: Settings, clip: Path, quota: str
) -> None:
    make_media(scoped)
    setattr(settings, quota, 1)

    answer = api.client.post("/api/v1/media", {"file": SimpleUploadedFile("clip.mp4", clip.read_bytes())})

    assert (answer.status_code, answer.json()["code"]) == (409, quota.lower())
    assert Media.objects.count() == 1
    assert list(storage.incoming_dir().iterdir()) == []


def test_page_says_the_limit(scoped: Instance, editor: User, client: Client, settings: Settings, clip: Path) -> None:
    settings.QUOTA_MEDIA = 1
    make_media(scoped)
    client.force_login(editor)

    form = {"file": SimpleUploadedFile("clip.mp4", clip.read_bytes())}
    page = client.post(f"/i/{scoped.slug}/media/uploads/", form, follow=True)

    assert "This instance can hold 1 file. Delete media" in page.content.decode()
    assert Media.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_not_pass_the_quota(instance: Instance, editor: User, settings: Settings) -> None:
    settings.QUOTA_MEDIA_BYTES = 100
    connection.close()

    results = at_once(
        lambda: announce(instance, editor), lambda: announce(instance, editor), expect=(MediaQuotaReached,)
    )

    assert sorted(type(result).__name__ for result in results) == ["MediaQuotaReached", "MediaUpload"]
