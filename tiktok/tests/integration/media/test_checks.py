"""Checks are background work: claimed, fenced, fair between instances, and lost by no killed worker."""

import hashlib
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from core.jobs.backoff import wait_after
from core.jobs.clock import db_in
from core.jobs.limiter import limiter
from core.jobs.process import HOST, stopping
from instances.models import Instance, Notice, NoticeKind
from instances.notices.reading import unread_by
from instances.notices.words import subjects_of, words_of
from instances.scoping import instance_scope
from instances.tests.factories import person_of
from tiktok.media import checks, probe, services, storage
from tiktok.media.checks import CheckClaim, CheckLost, CheckStopped, claim_next
from tiktok.media.notices import mark_seen
from tiktok.models import Media, MediaCheck, MediaState

pytestmark = pytest.mark.django_db
Take = Callable[..., Media]


@pytest.fixture
def take(tmp_path: Path, editor: User, other_instance: Instance, clip: Path) -> Take:
    """Uploads a file to an instance, as its editor: the small video, or other bytes."""
    theirs = person_of(other_instance, "editor")

    def upload(instance: Instance, content: bytes | None = None) -> Media:
        received = tmp_path / "received"
        received.write_bytes(clip.read_bytes() if content is None else content)
        actor = theirs if instance == other_instance else editor
        with instance_scope(instance):
            media = services.take_file(str(received), instance=instance, actor=actor, name="clip.mp4")
        received.unlink()
        return media

    return upload


def reread(media: Media) -> Media:
    with instance_scope(media.instance):
        return Media.objects.get(pk=media.pk)


def claimed() -> CheckClaim:
    claim = claim_next()
    assert claim is not None
    return claim


def test_uploaded_file_is_checked_by_a_worker(
    take: Take, instance: Instance, clip: Path, run_due_checks: Callable[[], int]
) -> None:
    media = take(instance)
    assert (media.state, media.can_be_published) == (MediaState.CHECKING, False)

    assert (run_due_checks(), run_due_checks()) == (1, 0)

    media = reread(media)
    assert (media.state, media.sha256) == (MediaState.READY, hashlib.sha256(clip.read_bytes()).hexdigest())
    assert not MediaCheck.objects.exists()


def test_claimed_check_is_not_claimed_twice(take: Take, instance: Instance) -> None:
    take(instance)

    assert claim_next() is not None
    assert claim_next() is None


def test_killed_worker_only_delays_the_check(take: Take, instance: Instance, run_due_checks: Callable[[], int]) -> None:
    media = take(instance)
    claimed()
    MediaCheck.objects.update(lease_owner=f"{HOST}:999999:1")

    assert run_due_checks() == 0
    assert checks.free_dead_checks() == 1
    assert run_due_checks() == 1
    assert reread(media).state == MediaState.READY


def test_lease_of_a_dead_worker_of_another_host_runs_out(
    take: Take, instance: Instance, run_due_checks: Callable[[], int]
) -> None:
    take(instance)
    claimed()
    assert checks.free_dead_checks() == 0

    MediaCheck.objects.update(lease_until=db_in(timedelta(seconds=-1)), due_at=db_in(timedelta(seconds=-1)))

    assert run_due_checks() == 1


def test_worker_that_lost_the_check_writes_nothing(take: Take, instance: Instance) -> None:
    media, claim = take(instance), claimed()
    MediaCheck.objects.update(fence=F("fence") + 1)

    checks.run(claim)

    assert reread(media).state == MediaState.CHECKING
    assert MediaCheck.objects.exists()


def test_check_of_a_deleted_file_ends_and_leaves_nothing(
    take: Take,
    instance: Instance,
    editor: User,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    media, claim = take(instance), claimed()
    with instance_scope(instance), django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        services.delete_media(Media.objects.get(pk=media.pk), actor=editor)

    claim.renewed_at -= checks.LEASE_S
    with pytest.raises(CheckLost):
        claim.keep()
    checks.run(claim)

    assert list(storage.instance_dir(instance.pk).iterdir()) == []
    assert not MediaCheck.objects.exists()


def test_stopping_worker_gives_the_check_back(
    take: Take, instance: Instance, run_due_checks: Callable[[], int]
) -> None:
    media, claim = take(instance), claimed()
    stopping.set()
    try:
        with pytest.raises(CheckStopped):
            claim.keep()
        checks.run(claim)
    finally:
        stopping.clear()

    assert reread(media).state == MediaState.CHECKING
    assert run_due_checks() == 1


def test_instances_take_turns(take: Take, instance: Instance, other_instance: Instance) -> None:
    for _ in range(4):
        take(instance)
    take(other_instance)
    take(other_instance)

    order = []
    for _ in range(6):
        claim = claimed()
        order.append(claim.instance)
        MediaCheck.objects.filter(pk=claim.media_id).delete()

    assert order == [instance, other_instance, instance, other_instance, instance, instance]


def test_instance_has_one_check_at_a_time(take: Take, instance: Instance, other_instance: Instance) -> None:
    for _ in range(3):
        take(instance)
    take(other_instance)

    assert [claimed().instance, claimed().instance] == [instance, other_instance]
    assert claim_next() is None


def test_process_examines_few_files_at_once(take: Take, instance: Instance, other_instance: Instance) -> None:
    for one in (instance, other_instance):
        take(one)
    for _ in range(checks.AT_ONCE):
        assert limiter.enter("check", most=checks.AT_ONCE)
    try:
        assert checks.due_checks(10) == []
    finally:
        for _ in range(checks.AT_ONCE):
            limiter.leave("check")

    found = len(checks.due_checks(10))
    for _ in range(found):  # those jobs were not run
        limiter.leave("check")
    assert found == checks.AT_ONCE


def test_full_disk_keeps_the_bytes_and_checks_later(
    take: Take,
    instance: Instance,
    clip: Path,
    monkeypatch: pytest.MonkeyPatch,
    run_due_checks: Callable[[], int],
) -> None:
    media = take(instance)
    with monkeypatch.context() as full:
        full.setattr("tiktok.media.verdict.thumbnail_of", lambda _path: "/dev/full")
        assert run_due_checks() == 1
        assert run_due_checks() == 0

    assert reread(media).state == MediaState.CHECKING
    assert media.file.read_bytes() == clip.read_bytes()
    MediaCheck.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    run_due_checks()
    assert reread(media).state == MediaState.READY


@pytest.mark.parametrize("child_says", ["", '{"refused": "incomplete"}'], ids=["fails to read", "says damaged"])
def test_disk_that_fails_keeps_the_bytes_and_checks_later(
    take: Take, instance: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, child_says: str
) -> None:
    media = take(instance)
    file = storage.absolute(media.path)
    file.unlink()
    file.symlink_to("/proc/self/mem")  # its first bytes give EIO to everybody
    if child_says:
        child = tmp_path / "child"
        child.write_text(f"#!/bin/sh\necho '{child_says}'\n")
        child.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(child))

    checks.run(claimed())

    assert reread(media).state == MediaState.CHECKING
    assert file.is_symlink()
    assert MediaCheck.objects.get().due_at > timezone.now()


def test_check_without_a_verdict_waits_longer_each_time() -> None:
    assert [
        wait_after(attempts, first=checks.FIRST_WAIT, longest=checks.LONGEST_WAIT).total_seconds()
        for attempts in (1, 2, 3, 100)
    ] == [5, 10, 20, 300]


def test_refused_video_notifies_with_the_reason(
    take: Take, instance: Instance, editor: User, run_due_checks: Callable[[], int]
) -> None:
    media = take(instance, b"text")
    run_due_checks()

    with instance_scope(instance):
        notice = Notice.objects.get()
        words, subject = words_of(notice), subjects_of(instance, [notice])[media.pk]
        assert (notice.kind, notice.maker_id) == (NoticeKind.UNUSABLE, editor.pk)
        assert words.does.startswith("This file is neither a video nor a photo that Clipdesk can read.")
        assert (subject.name, subject.url) == ("clip.mp4", f"/i/aurora/media/#media-{media.pk}")


def test_person_who_sees_the_verdict_is_not_told_again(
    take: Take, instance: Instance, editor: User, run_due_checks: Callable[[], int]
) -> None:
    media = take(instance, b"text")
    run_due_checks()

    with instance_scope(instance):
        assert unread_by(editor).count() == 1
        mark_seen(reread(media), editor)
        assert unread_by(editor).count() == 0


@pytest.mark.parametrize(("minutes", "told"), [(0, []), (2, [NoticeKind.CHECKED])])
def test_ready_video_notifies_only_after_a_long_wait(
    take: Take, instance: Instance, run_due_checks: Callable[[], int], minutes: int, told: list[NoticeKind]
) -> None:
    media = take(instance)
    with instance_scope(instance):
        Media.objects.filter(pk=media.pk).update(created_at=timezone.now() - timedelta(minutes=minutes))
    run_due_checks()

    with instance_scope(instance):
        assert [notice.kind for notice in Notice.objects.all()] == told


def test_error_in_a_check_frees_the_place(
    take: Take, instance: Instance, monkeypatch: pytest.MonkeyPatch, run_due_checks: Callable[[], int]
) -> None:
    take(instance)

    def fail(*_args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(probe, "probe", fail)
    for _ in range(checks.AT_ONCE + 1):
        MediaCheck.objects.update(lease_until=None, due_at=timezone.now() - timedelta(seconds=1))
        with pytest.raises(ZeroDivisionError):
            run_due_checks()
