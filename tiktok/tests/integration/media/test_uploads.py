"""Receiving bytes: the lease, the offset on disk, dropped lines, and what becomes of a complete upload."""

import hashlib
import os
import shutil
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest
from django.db import connection
from django.http import UnreadablePostError
from django.utils import timezone

from accounts.models import AuditLogEntry, User
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.media import receive, services, storage, tasks
from tiktok.media.errors import MediaError, MediaInUse, MediaRefused
from tiktok.media.lease import UploadLocked, held_lease
from tiktok.media.receive import Checksum, OffsetMismatch, append
from tiktok.models import Media, MediaCheck, MediaState, MediaUpload, PostState
from tiktok.tests.factories import make_account, make_media, make_post


class Line:
    """A connection that gives ``content`` block by block and then ends, or drops."""

    def __init__(self, content: bytes, *, drops: bool = False, before: Callable[[int], None] | None = None) -> None:
        self.content, self.drops, self.before, self.at = content, drops, before, 0

    def read(self, size: int, /) -> bytes:
        if self.before:
            self.before(self.at)
        block = self.content[self.at : self.at + size]
        self.at += len(block)
        if not block and self.drops:
            raise UnreadablePostError("the line dropped")
        return block


@pytest.fixture
def upload(scoped: Instance, editor: User) -> Callable[[int], MediaUpload]:
    """Announces an upload of so many bytes."""

    def announce(size: int) -> MediaUpload:
        return services.create_upload(instance=scoped, actor=editor, size_bytes=size, name="clip.mp4")

    return announce


Announce = Callable[[int], MediaUpload]


def stored(upload: MediaUpload) -> bytes:
    return storage.absolute(upload.path).read_bytes()


def offset_of(upload: MediaUpload) -> int:
    return MediaUpload.objects.values_list("offset", flat=True).get(pk=upload.pk)


def complete(upload: MediaUpload, content: bytes) -> MediaUpload:
    append(upload, Line(content), offset=0, length=len(content))
    upload.refresh_from_db()
    return upload


def test_next_request_continues_after_received_bytes(upload: Announce) -> None:
    one = upload(200_000)

    assert append(one, Line(b"a" * 150_000), offset=0, length=150_000) == 150_000
    assert append(one, Line(b"b" * 50_000), offset=150_000, length=50_000) == 200_000
    assert stored(one) == b"a" * 150_000 + b"b" * 50_000
    assert offset_of(one) == 200_000


@pytest.mark.parametrize("drops", [True, False])
def test_what_came_before_the_line_dropped_is_kept(upload: Announce, drops: bool) -> None:
    one = upload(1_000_000)

    assert append(one, Line(b"x" * 300_000, drops=drops), offset=0, length=1_000_000) == 300_000
    assert offset_of(one) == 300_000
    assert len(stored(one)) == 300_000


def test_bytes_beyond_the_committed_offset_are_overwritten(upload: Announce) -> None:
    one = upload(10)
    append(one, Line(b"01234"), offset=0, length=5)
    with storage.absolute(one.path).open("ab") as file:
        file.write(b"left by a killed server")

    append(one, Line(b"56789"), offset=5, length=5)

    assert stored(one) == b"0123456789"


def test_another_offset_is_refused_and_the_right_one_named(upload: Announce) -> None:
    one = upload(10)
    append(one, Line(b"01234"), offset=0, length=5)

    with pytest.raises(OffsetMismatch, match="continues at byte 5"):
        append(one, Line(b"x"), offset=4, length=1)
    assert stored(one) == b"01234"


def test_more_bytes_than_announced_are_refused(upload: Announce) -> None:
    one = upload(10)

    with pytest.raises(MediaError) as refusal:
        append(one, Line(b"x" * 11), offset=0, length=11)
    assert refusal.value.status == 413
    assert not storage.absolute(one.path).exists()


def test_offset_is_committed_while_bytes_arrive(upload: Announce, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive, "COMMIT_BYTES", 128 * 1024)
    one, seen = upload(512 * 1024), []
    append(
        one, Line(b"x" * (512 * 1024), before=lambda at: seen.append((at, offset_of(one)))), offset=0, length=512 * 1024
    )

    assert (256 * 1024, 256 * 1024) in seen
    assert all(at - committed < 128 * 1024 for at, committed in seen)


def test_second_writer_is_locked_out(upload: Announce) -> None:
    one = upload(1000)
    refused: list[int] = []

    def meanwhile(_at: int) -> None:
        if not refused:
            with pytest.raises(UploadLocked) as locked:
                append(one, Line(b"second"), offset=0, length=6)
            refused.append(locked.value.status)

    append(one, Line(b"first", before=meanwhile), offset=0, length=5)

    assert refused == [423]
    assert stored(one) == b"first"


def test_lease_of_a_killed_server_runs_out(upload: Announce) -> None:
    one = upload(10)
    MediaUpload.objects.filter(pk=one.pk).update(lease_owner="dead", lease_until=timezone.now() - timedelta(seconds=1))

    assert append(one, Line(b"x"), offset=0, length=1) == 1


def test_writer_whose_lease_was_taken_writes_no_offset(upload: Announce) -> None:
    one = upload(1000)

    def take_over(_at: int) -> None:
        MediaUpload.objects.filter(pk=one.pk).update(lease_owner="somebody else")

    with pytest.raises(UploadLocked):
        append(one, Line(b"late", before=take_over), offset=0, length=4)
    assert offset_of(one) == 0
    assert MediaUpload.objects.get(pk=one.pk).lease_owner == "somebody else"


def test_lease_is_free_afterwards(upload: Announce) -> None:
    one = upload(10)
    append(one, Line(b"x"), offset=0, length=1)

    assert MediaUpload.objects.get(pk=one.pk).lease_until is None


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
def test_right_checksum_is_taken(upload: Announce, algorithm: str) -> None:
    one = upload(5)
    right = Checksum(algorithm, hashlib.new(algorithm, b"hello").digest())

    assert append(one, Line(b"hello"), offset=0, length=5, checksum=right) == 5


@pytest.mark.parametrize("drops", [True, False])
def test_under_a_wrong_checksum_nothing_counts(upload: Announce, drops: bool) -> None:
    one = upload(500_000)
    wrong = Checksum("sha256", hashlib.sha256(b"something else").digest())

    with pytest.raises(MediaError) as refusal:
        append(one, Line(b"x" * 300_000, drops=drops), offset=0, length=500_000, checksum=wrong)
    assert (refusal.value.status, offset_of(one)) == (460, 0)


def test_full_disk_keeps_what_was_written(upload: Announce, monkeypatch: pytest.MonkeyPatch) -> None:
    one = upload(200_000)

    def fill_up(at: int) -> None:
        if at >= 128 * 1024:
            monkeypatch.setattr(os, "write", Mock(side_effect=OSError(28, "No space left on device")))

    with pytest.raises(MediaError, match="The server’s disk is too full") as refusal:
        append(one, Line(b"x" * 200_000, before=fill_up), offset=0, length=200_000)
    assert (refusal.value.status, offset_of(one)) == (507, 128 * 1024)


def test_too_little_room_is_said_before_the_first_byte(upload: Announce, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Mock(free=storage.RESERVE_BYTES + 1_000_000))

    with pytest.raises(MediaError) as refusal:
        upload(3_000_000)
    assert refusal.value.status == 507
    assert refusal.value.user_message == (
        "The server’s disk is too full: this needs 3.0\xa0MB, 1.0\xa0MB is free. Delete media, then try again."
    )


def test_uploads_under_way_count_as_room_taken(upload: Announce, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Mock(free=storage.RESERVE_BYTES + 1_000_000))
    upload(600_000)

    with pytest.raises(MediaError, match="too full"):
        upload(600_000)


@pytest.mark.parametrize(("size", "code"), [(0, "empty_file"), (4 * 1024**3 + 1, "file_too_large")])
def test_size_that_cannot_be_is_refused(upload: Announce, size: int, code: str) -> None:
    with pytest.raises(MediaError) as refusal:
        upload(size)
    assert refusal.value.code == code


def test_four_gigabytes_are_named_exactly(upload: Announce) -> None:
    with pytest.raises(MediaError, match="TikTok accepts up to 4 GB \\(4,294,967,296 bytes\\)"):
        upload(5_000_000_000)


def test_complete_upload_becomes_media(
    upload: Announce, clip: Path, editor: User, run_due_checks: Callable[[], int]
) -> None:
    content = clip.read_bytes()
    one = complete(upload(len(content)), content)

    media = services.finish_upload(one)
    assert (media.state, media.sha256, media.width) == (MediaState.CHECKING, "", None)
    assert run_due_checks() == 1
    media.refresh_from_db()

    assert media.state == MediaState.READY
    assert media.sha256 == hashlib.sha256(content).hexdigest()
    assert (media.size_bytes, media.width, media.height, media.duration_ms) == (len(content), 360, 640, 2000)
    assert (media.fps, media.codec, media.content_type, media.problems) == (30.0, "h264", "video/mp4", [])
    assert (media.original_name, media.uploaded_by) == ("clip.mp4", editor)
    assert media.file.read_bytes() == content
    assert (media.mtime_ns, media.inode) == (media.file.stat().st_mtime_ns, media.file.stat().st_ino)
    assert storage.absolute(media.thumbnail_path).is_file()


def test_finishing_twice_gives_the_same_media(upload: Announce, clip: Path) -> None:
    content = clip.read_bytes()
    one = complete(upload(len(content)), content)

    assert services.finish_upload(one) == services.finish_upload(MediaUpload.objects.get(pk=one.pk))
    assert Media.objects.count() == 1


def test_file_that_is_no_video_is_refused_and_gone(upload: Announce, run_due_checks: Callable[[], int]) -> None:
    one = complete(upload(4), b"text")

    media = services.finish_upload(one)
    run_due_checks()
    media.refresh_from_db()

    assert (media.state, media.refusal_code) == (MediaState.REFUSED, "unknown_format")
    assert not storage.absolute(one.path).exists()
    assert not MediaCheck.objects.exists()


def test_upload_whose_bytes_are_gone_is_refused(upload: Announce) -> None:
    one = complete(upload(4), b"text")
    storage.absolute(one.path).unlink()

    with pytest.raises(MediaRefused) as refusal:
        services.finish_upload(one)
    assert refusal.value.code == "upload_lost"


def test_incomplete_upload_is_not_finished(upload: Announce) -> None:
    with pytest.raises(MediaError) as refusal:
        services.finish_upload(upload(4))
    assert (refusal.value.code, refusal.value.status) == ("incomplete_upload", 409)


def test_cancelled_upload_is_gone(upload: Announce) -> None:
    one = complete(upload(4), b"text")

    services.cancel_upload(one)

    assert not storage.absolute(one.path).exists()
    assert not MediaUpload.objects.exists()


def test_upload_is_not_cancelled_under_its_writer(upload: Announce) -> None:
    one = upload(4)

    with held_lease(one), pytest.raises(UploadLocked):
        services.cancel_upload(MediaUpload.objects.get(pk=one.pk))


def test_expired_upload_is_removed_and_its_media_stays(
    upload: Announce, clip: Path, scoped: Instance, other_instance: Instance
) -> None:
    content = clip.read_bytes()
    media = services.finish_upload(complete(upload(len(content)), content))
    old, fresh = complete(upload(4), b"text"), upload(4)
    MediaUpload.objects.exclude(pk=fresh.pk).update(expires_at=timezone.now() - timedelta(minutes=1))

    tasks.remove_expired_uploads()

    assert list(MediaUpload.objects.all()) == [fresh]
    assert not storage.absolute(old.path).exists()
    assert media.file.is_file()


@pytest.fixture
def media(scoped: Instance) -> Media:
    return make_media(scoped)


def test_deleted_media_is_gone_with_its_file(
    media: Media, editor: User, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        services.delete_media(media, actor=editor)

    assert not media.file.exists()
    assert not Media.objects.exists()
    line = AuditLogEntry.objects.get(action="media.deleted")
    assert (line.actor, line.target_id, line.instance_id) == (editor, str(media.pk), media.instance_id)


def test_media_of_an_open_post_is_not_deleted(media: Media, scoped: Instance, editor: User) -> None:
    make_post(make_account(scoped), media)

    with pytest.raises(MediaInUse, match="1 post still needs this file"):
        services.delete_media(media, actor=editor)
    assert media.file.exists()
    assert not AuditLogEntry.objects.exists()


def test_finished_post_keeps_the_row_of_its_deleted_media(media: Media, scoped: Instance, editor: User) -> None:
    make_post(make_account(scoped), media, state=PostState.PUBLISHED)

    services.delete_media(media, actor=editor)

    media.refresh_from_db()
    assert media.deleted_at is not None
    assert media.thumbnail_path == ""


def test_two_finishers_make_one_media(transactional_db: None, upload: Announce, clip: Path, scoped: Instance) -> None:
    content = clip.read_bytes()
    one = complete(upload(len(content)), content)
    outcomes: list[str] = []

    def finish() -> None:
        with instance_scope(scoped):
            try:
                outcomes.append(str(services.finish_upload(MediaUpload.objects.get(pk=one.pk)).pk))
            except UploadLocked:
                outcomes.append("locked")
        connection.close()

    threads = [threading.Thread(target=finish) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    made = Media.objects.get()
    assert set(outcomes) <= {str(made.pk), "locked"}
    assert str(made.pk) in outcomes


def test_upload_continued_in_its_last_hour_is_kept(scoped: Instance, editor: User) -> None:
    upload = services.create_upload(instance=scoped, actor=editor, size_bytes=1000, name="a.mp4")
    soon = timezone.now() + timedelta(minutes=1)
    MediaUpload.objects.update(expires_at=soon)
    stale = MediaUpload.objects.get()

    assert append(upload, Line(b""), offset=0, length=1000) == 0
    assert MediaUpload.objects.get().expires_at > soon + timedelta(hours=2)
    assert not services.cancel_upload(stale, only_if_expired=True)
    assert MediaUpload.objects.exists()
