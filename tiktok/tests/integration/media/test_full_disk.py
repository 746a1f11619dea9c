"""A disk that is full, or would be: 507 with the sender's bytes kept; and files that no row knows."""

import errno
import fcntl
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError

from accounts.models import User
from instances.models import ApiKey, Instance
from instances.scoping import instance_scope
from tiktok.media import incoming, services, storage, tasks
from tiktok.media.errors import MediaError
from tiktok.media.receive import append
from tiktok.models import MediaUpload
from tiktok.tests.factories import make_media, make_upload
from tiktok.tests.fixtures_rest import Api
from tiktok.tests.integration.media.test_uploads import Line


def no_space(*_args: object) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device")


def set_free(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Mock(free=storage.RESERVE_BYTES + free))


def test_disk_that_fills_up_under_a_form_is_507(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    real = incoming.receive_file

    def receive(announced_bytes: int) -> Any:
        file = real(announced_bytes)
        monkeypatch.setattr(file, "write", no_space)
        return file

    monkeypatch.setattr(incoming, "receive_file", receive)
    answer = api.client.post("/api/v1/media", {"file": SimpleUploadedFile("a.mp4", b"x" * 3_000_000)})

    assert (answer.status_code, answer.json()["code"]) == (507, "disk_full")
    assert list(storage.incoming_dir().iterdir()) == []


def test_disk_that_is_full_at_the_commit_is_507(
    scoped: Instance, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = services.create_upload(instance=scoped, actor=editor, size_bytes=100_000, name="a.mp4")
    monkeypatch.setattr(os, "fdatasync", no_space)

    with pytest.raises(MediaError) as refusal:
        append(upload, Line(b"x" * 100_000), offset=0, length=100_000)

    assert (refusal.value.status, refusal.value.code) == (507, "disk_full")
    assert MediaUpload.objects.values_list("offset", "lease_until").get(pk=upload.pk) == (0, None)


def test_database_without_room_is_507_too(scoped: Instance, editor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_kwargs: object) -> None:
        cause = sqlite3.OperationalError("database or disk is full")
        cause.sqlite_errorname = "SQLITE_FULL"
        raise OperationalError(*cause.args) from cause

    upload = services.create_upload(instance=scoped, actor=editor, size_bytes=100_000, name="a.mp4")
    with monkeypatch.context() as short:
        short.setattr("tiktok.media.lease.Lease._change", full)
        with pytest.raises(MediaError) as refusal:
            append(upload, Line(b"x" * 100_000), offset=0, length=100_000)
    assert refusal.value.status == 507

    assert append(upload, Line(b"x" * 100_000), offset=0, length=100_000) == 100_000, "the lease is free at once"


def test_uploads_of_other_instances_take_room_too(
    scoped: Instance, other_instance: Instance, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with instance_scope(other_instance):
        make_upload(other_instance, size_bytes=900_000)
    set_free(monkeypatch, 1_000_000)

    with pytest.raises(MediaError) as refusal:
        services.create_upload(instance=scoped, actor=editor, size_bytes=200_000, name="a.mp4")
    assert refusal.value.code == "disk_full"


def test_form_under_way_takes_room(scoped: Instance, editor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    set_free(monkeypatch, 1_000_000)
    with incoming.receive_file(900_000) as file:
        with pytest.raises(MediaError):
            services.create_upload(instance=scoped, actor=editor, size_bytes=200_000, name="a.mp4")
        file.write(b"x" * 800_000)
        file.flush()
        services.create_upload(instance=scoped, actor=editor, size_bytes=200_000, name="a.mp4")
    assert incoming.bytes_under_way() == 0


def test_form_counts_uploads_that_were_announced(api: Api, instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    with instance_scope(instance):
        make_upload(instance, size_bytes=1_000_000)
    set_free(monkeypatch, 1_000_000)

    answer = api.client.post("/api/v1/media", {"file": SimpleUploadedFile("a.mp4", b"x" * 10_000)})

    assert (answer.status_code, answer.json()["code"]) == (507, "disk_full")


def test_key_reads_on_though_its_use_cannot_be_noted(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_kwargs: object) -> int:
        raise OperationalError("database or disk is full")

    ApiKey.objects.update(last_used_at=None)
    monkeypatch.setattr("django.db.models.query.QuerySet.update", full)

    assert api.client.get("/api/v1/media").status_code == 200


def age(path: Path, seconds: float) -> None:
    os.utime(path, (time.time() - seconds, time.time() - seconds))


def test_what_a_killed_form_left_is_removed(db: None) -> None:
    left = storage.incoming_dir() / "form-1000000-left"
    left.write_bytes(b"x" * 1000)
    age(left, incoming.LEFT_AFTER_S + 1)

    assert incoming.bytes_under_way() == 0
    tasks.remove_stray_files()
    assert not left.exists()


def test_form_that_is_received_stays_however_slow(db: None) -> None:
    with incoming.receive_file(1_000_000) as file:
        age(Path(file.name), incoming.LEFT_AFTER_S + 1)
        tasks.remove_stray_files()
        assert Path(file.name).exists()


def test_file_that_has_just_begun_stays(db: None) -> None:
    fresh = storage.incoming_dir() / "form-10-fresh"
    fresh.write_bytes(b"x")

    tasks.remove_stray_files()

    assert fresh.exists()


def test_lock_of_a_form_ends_with_its_request(db: None) -> None:
    with incoming.receive_file(10) as file, Path(file.name).open("rb") as other:
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.close()
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything was touched long ago."""
    monkeypatch.setattr("tiktok.media.strays.LEFT_AFTER_S", -60.0)


@pytest.fixture
def known(instance: Instance, media_root: Path) -> list[Path]:
    """Files that rows know: media, its thumbnail, an upload."""
    paths = [storage.new_path(instance.pk) for _ in range(2)]
    with instance_scope(instance):
        make_media(instance, path=paths[0], thumbnail_path=f"{paths[0]}-thumbnail")
        make_upload(instance, path=paths[1])
    files = [storage.absolute(path) for path in (*paths, f"{paths[0]}-thumbnail")]
    for file in files:
        file.write_bytes(b"x")
    return files


def test_files_without_a_row_are_removed(instance: Instance, known: list[Path], old: None) -> None:
    stray = storage.new_path(instance.pk)
    strays = [storage.absolute(stray), storage.absolute(f"{stray}-thumbnail")]
    for file in strays:
        file.write_bytes(b"x")

    tasks.remove_stray_files()

    assert not any(file.exists() for file in strays)
    assert all(file.exists() for file in known)


def test_file_younger_than_a_day_stays(instance: Instance, media_root: Path) -> None:
    stray = storage.absolute(storage.new_path(instance.pk))
    stray.write_bytes(b"x")
    age(stray, 3 * 24 * 3600)  # bytes that were received earlier and linked just now

    tasks.remove_stray_files()

    assert stray.exists()


def test_database_that_knows_no_instance_deletes_nothing(db: None, media_root: Path, old: None) -> None:
    foreign = media_root / "instances" / "0d1c4a0e-0000-4000-8000-000000000000" / "file"
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(b"x")

    tasks.remove_stray_files()

    assert foreign.exists()


def test_upload_that_begins_during_housekeeping_stays(
    instance: Instance, editor: User, media_root: Path, old: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its row comes before its file, and the rows are read after the files were listed."""
    begun: list[Path] = []
    real: Callable[[Path], Any] = Path.iterdir

    def list_files(directory: Path) -> Any:
        if not begun and directory == storage.instance_dir(instance.pk):
            upload = services.create_upload(instance=instance, actor=editor, size_bytes=1, name="a.mp4")
            begun.append(storage.absolute(upload.path))
            begun[0].write_bytes(b"x")
        return real(directory)

    storage.instance_dir(instance.pk).mkdir(parents=True)
    monkeypatch.setattr(Path, "iterdir", list_files)
    tasks.remove_stray_files()

    assert begun[0].exists()
