"""Photos in the library: uploaded like videos, shown as photos, deleted with their TikTok copy."""

import hashlib
import time
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image
from pytest_django import Settings

from accounts.models import User
from instances.models import Instance, Notice, NoticeKind
from instances.notices.words import words_of
from tiktok.media import checks, services, storage, verdict
from tiktok.media.errors import MediaQuotaReached
from tiktok.media.strays import LEFT_AFTER_S, remove_stray_files
from tiktok.models import Media, MediaCheck, MediaKind, MediaState, PostState
from tiktok.tests.factories import make_account, make_media, make_photo, make_post
from tiktok.tests.fixtures_rest import Api
from tiktok.tests.photos import FULL_RANGE_601, Heic, exif, four_colours, heic, png, rotated, saved

pytestmark = pytest.mark.django_db
Take = Callable[[bytes, str], Media]


@pytest.fixture
def take(tmp_path: Path, scoped: Instance, editor: User) -> Take:
    """Uploads a file under a name."""

    def upload(content: bytes, name: str) -> Media:
        received = tmp_path / "received"
        received.write_bytes(content)
        media = services.take_file(str(received), instance=scoped, actor=editor, name=name)
        received.unlink()
        return media

    return upload


def carousel() -> Iterator[tuple[str, bytes]]:
    """Thirty-five photos: one is broken, three are HEIC, one has alpha, one is very large."""
    grid = Heic()
    grid.add_grid(four_colours(1300, 1100), 512, FULL_RANGE_601, rotated(3))
    yield "grid.heic", grid.content()
    yield "single.heic", heic(four_colours())
    yield "burst.HEIF", heic(four_colours(), FULL_RANGE_601, rotated(1))
    yield "sticker.png", saved(Image.new("RGBA", (300, 300), (200, 30, 30, 90)), "PNG")
    yield "large.png", png((12_000, 9_000), depth=8, colour=2, rows=repeat(bytes((200, 30, 30)) * 12_000, 9_000))
    yield "broken.jpg", saved(four_colours())[:-900]
    for number in range(29):
        yield f"{number}.jpg", saved(four_colours(90, 160), exif=exif(number % 8 + 1))


@pytest.mark.timeout(600)
def test_carousel_of_35_photos_is_made_to_fit_and_the_broken_one_named(
    take: Take, run_due_checks: Callable[[], int], scoped: Instance
) -> None:
    for name, content in carousel():
        assert take(content, name).kind == MediaKind.PHOTO
    assert run_due_checks() == 35

    refused = [(media.original_name, media.refusal_code) for media in Media.objects.filter(state=MediaState.REFUSED)]
    ready = Media.objects.filter(state=MediaState.READY)
    assert refused == [("broken.jpg", "incomplete")]
    assert {(media.kind, media.can_be_published) for media in ready} == {(MediaKind.PHOTO, True)}
    sizes = {media.original_name: (media.copy_width, media.copy_height) for media in ready}
    assert len(sizes) == 34
    assert {name: sizes[name] for name in ("grid.heic", "burst.HEIF", "sticker.png", "large.png", "5.jpg")} == {
        "grid.heic": (1080, 1276), "burst.HEIF": (640, 360), "sticker.png": (300, 300), "large.png": (1440, 1080),
        "5.jpg": (160, 90),
    }  # fmt: skip
    for media in ready:
        content = media.copy_file.read_bytes()
        assert b"Exif" not in content
        assert (media.copy_size_bytes, media.copy_sha256) == (len(content), hashlib.sha256(content).hexdigest())
    notice = Notice.objects.get()
    assert (notice.kind, words_of(notice).does) == (
        NoticeKind.UNUSABLE, "This file is damaged or incomplete. Export or copy it again, then upload the new file.",
    )  # fmt: skip


def test_checked_photo_keeps_its_original_and_has_a_copy(take: Take, run_due_checks: Callable[[], int]) -> None:
    content = saved(four_colours(1200, 1600), exif=exif(6))
    media = take(content, "film.mp4")
    run_due_checks()
    media.refresh_from_db()

    assert (media.kind, media.state, media.codec, media.content_type) == ("photo", "ready", "jpeg", "image/jpeg")
    assert (media.width, media.height, media.duration_ms, media.fps, media.problems) == (1600, 1200, None, None, [])
    assert media.file.read_bytes() == content
    assert media.sha256 == hashlib.sha256(content).hexdigest()
    stat = media.copy_file.stat()
    assert (media.copy_width, media.copy_height, media.copy_size_bytes) == (1440, 1080, stat.st_size)
    assert (media.copy_mtime_ns, media.copy_inode) == (stat.st_mtime_ns, storage.inode_of(stat))
    assert storage.absolute(media.thumbnail_path).is_file()


def test_video_has_no_tiktok_copy(take: Take, clip: Path, run_due_checks: Callable[[], int]) -> None:
    media = take(clip.read_bytes(), "photo.jpg")
    run_due_checks()
    media.refresh_from_db()

    assert (media.kind, media.state, media.copy_path, media.copy_size_bytes) == ("video", "ready", "", 0)
    assert not storage.absolute(f"{media.path}-tiktok").exists()


def test_deleted_photo_leaves_no_file(
    take: Take, editor: User, scoped: Instance, run_due_checks: Callable[[], int],
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:  # fmt: skip
    media = take(saved(four_colours()), "photo.jpg")
    run_due_checks()
    assert len(list(storage.instance_dir(scoped.pk).iterdir())) == 3

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        services.delete_media(Media.objects.get(pk=media.pk), actor=editor)

    assert list(storage.instance_dir(scoped.pk).iterdir()) == []


def test_row_of_a_deleted_photo_names_no_copy(scoped: Instance, editor: User) -> None:
    photo = make_photo(scoped)
    make_post(make_account(scoped), photo, state=PostState.PUBLISHED)

    services.delete_media(photo, actor=editor)

    photo.refresh_from_db()
    assert (photo.copy_path, photo.deleted_at is None) == ("", False)


def test_photo_deleted_during_its_check_leaves_no_file(
    take: Take, editor: User, scoped: Instance, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    media = take(saved(four_colours()), "photo.jpg")
    claim = checks.claim_next()
    assert claim is not None
    stale = Media.objects.get(pk=media.pk)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        services.delete_media(media, actor=editor)
    for ending in ("-thumbnail", "-tiktok"):  # as a child wrote them that was not ended in time
        storage.absolute(f"{stale.path}{ending}").write_bytes(b"late")

    verdict.clean_up(stale.pk, stale)

    assert list(storage.instance_dir(scoped.pk).iterdir()) == []


def test_refused_photo_leaves_no_copy(take: Take, scoped: Instance, run_due_checks: Callable[[], int]) -> None:
    media = take(saved(four_colours())[:-900], "photo.jpg")
    storage.absolute(f"{media.path}-tiktok").write_bytes(b"of an earlier attempt")
    run_due_checks()

    media.refresh_from_db()
    assert (media.state, media.copy_path) == (MediaState.REFUSED, "")
    assert list(storage.instance_dir(scoped.pk).iterdir()) == []


def test_photo_of_a_child_that_was_taken_over_is_refused(
    take: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_due_checks: Callable[[], int]
) -> None:
    child = tmp_path / "child"
    child.write_text('#!/bin/sh\necho "<html>" > "$5"\necho \'{"family": "jpeg", "width": 9, "height": 9}\'\n')
    child.chmod(0o700)
    media = take(saved(four_colours()), "photo.jpg")
    monkeypatch.setattr("sys.executable", str(child))
    run_due_checks()

    media.refresh_from_db()
    assert (media.state, media.refusal_code) == (MediaState.REFUSED, "unreadable")


def test_full_disk_under_the_copy_is_no_verdict(
    take: Take, monkeypatch: pytest.MonkeyPatch, run_due_checks: Callable[[], int]
) -> None:
    media = take(saved(four_colours()), "photo.jpg")
    monkeypatch.setattr("tiktok.media.verdict.copy_of", lambda _path: "/dev/full")
    run_due_checks()

    media.refresh_from_db()
    assert media.state == MediaState.CHECKING
    assert MediaCheck.objects.exists()


def test_copy_is_no_stray_while_its_photo_has_a_row(scoped: Instance) -> None:
    directory = storage.instance_dir(scoped.pk)
    directory.mkdir(parents=True)
    path = storage.new_path(scoped.pk)
    make_media(scoped, path=path)
    kept, stray = storage.absolute(f"{path}-tiktok"), directory / "gone-tiktok"
    for file in (kept, stray):
        file.write_bytes(b"picture")
    later = time.time() + LEFT_AFTER_S + 60
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr(time, "time", lambda: later)
        assert remove_stray_files() == 1

    assert (kept.exists(), stray.exists()) == (True, False)
    assert list(directory.iterdir()) == [kept]


def test_copies_count_against_the_quota(scoped: Instance, editor: User, settings: Settings) -> None:
    make_photo(scoped)
    settings.QUOTA_MEDIA_BYTES = 1_000 + 500 + 99

    with pytest.raises(MediaQuotaReached):
        services.create_upload(instance=scoped, actor=editor, size_bytes=100, name="a.jpg")
    services.create_upload(instance=scoped, actor=editor, size_bytes=99, name="a.jpg")


@pytest.fixture
def page(client: Client, instance: Instance, editor: User) -> Client:
    client.force_login(editor)
    return client


def test_page_shows_a_photo_and_what_tiktok_gets(page: Client, scoped: Instance) -> None:
    photo = make_photo(scoped)
    Media.objects.update(thumbnail_path=photo.path)

    text = page.get(reverse("tiktok:media-list", args=["aurora"])).content.decode()

    card = text[text.index(f'id="media-{photo.pk}"') :]
    assert "3024 × 4032 px" in card
    assert "1080 × 1440 px" in card
    assert "<dd>JPEG</dd>" in card
    assert reverse("tiktok:media-thumbnail", args=["aurora", photo.pk]) in card
    assert "<video" not in card
    assert "Length" not in card


def test_page_says_that_photos_are_accepted(page: Client) -> None:
    text = page.get(reverse("tiktok:media-list", args=["aurora"])).content.decode()

    assert "Drop videos and photos here or browse" in text
    assert "Photos: JPEG, PNG, WebP or HEIC" in text
    assert "image/heic" in text


def test_card_of_a_photo_that_is_checked_promises_no_length(page: Client, scoped: Instance) -> None:
    photo = make_photo(scoped, state=MediaState.CHECKING)
    Media.objects.update(copy_path="", codec="", width=None)

    text = page.get(reverse("tiktok:media-card", args=["aurora", photo.pk])).content.decode()

    assert "Clipdesk is checking its size and format." in text


@pytest.mark.parametrize(
    ("content_type", "sent"), [("image/jpeg", "image/jpeg"), ("image/heic", "application/octet-stream")]
)
def test_original_is_sent_as_what_it_is(page: Client, scoped: Instance, content_type: str, sent: str) -> None:
    photo = make_photo(scoped)
    Media.objects.update(content_type=content_type)

    answer = page.get(reverse("tiktok:media-file", args=["aurora", photo.pk]))

    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == (sent, "nosniff")


def test_api_describes_a_photo(api: Api, scoped: Instance, run_due_checks: Callable[[], int]) -> None:
    file = SimpleUploadedFile("clip.mp4", saved(four_colours(1200, 1600)), "video/mp4")
    made = api.client.post("/api/v1/media", {"file": file}).json()
    assert (made["kind"], made["state"], made["tiktok_copy"]) == ("photo", "checking", None)
    run_due_checks()

    photo = api.send("GET", f"/media/{made['id']}").json()

    media = Media.objects.get()
    names = ("kind", "state", "content_type", "width", "height", "duration_ms", "fps", "codec", "problems")
    assert [photo[name] for name in names] == ["photo", "ready", "image/jpeg", 1200, 1600, None, None, "jpeg", []]
    assert photo["tiktok_copy"] == {
        "size_bytes": media.copy_size_bytes, "sha256": media.copy_sha256, "width": 1080, "height": 1440,
    }  # fmt: skip
