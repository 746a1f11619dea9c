"""Losses while a post is being sent: the scope, the account, the permission, the file, the worker."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.access.gateway import tiktok_client
from tiktok.delivery.advance import advance
from tiktok.delivery.claims import POISON_AFTER, claim
from tiktok.models import AccountStatus, AttentionReason, Media, Post, PostState, Submission, TikTokAccount, TikTokApp
from tiktok.posts.queries import Progress, progress_of
from tiktok.tests.fixtures_posts import MB, Submit, Worker, history, link_simulated, reread
from tiktok.tests.integration.delivery.outcomes import (
    HOUR,
    STRAIGHT,
    attention,
    published,
    reconnect,
    sent,
    submission_of,
)
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.simulator_process import Simulator

Start = Callable[..., Post]


@pytest.fixture
def interrupted(submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance) -> Start:
    """A post whose first chunk is stored and whose next one (or last one) broke."""

    def start(*, last: bool = False) -> Post:
        post = submit(privacy_level="SELF_ONLY")
        tiktok.fault("error", "upload", status=503, skip=2 if last else 1)
        worker.run_due()
        assert reread(post, instance).state == PostState.UPLOADING
        assert (submission_of(post, instance).commit_point_at is not None) == last
        return post

    return start


# The permission


def test_scope_lost_during_an_upload_makes_the_post_wait(
    interrupted: Start, worker: Worker, tiktok: Simulator, instance: Instance, linked: TikTokAccount
) -> None:
    post = interrupted()
    puts = len(sent(tiktok))
    tiktok.fault("error", "status", code="scope_not_authorized", status=401, times=-1)
    worker.run_for(HOUR)
    waiting = reread(post, instance)
    assert (waiting.state, waiting.error_code) == (PostState.WAITING_ACCOUNT, "scope_missing")
    assert len(sent(tiktok)) == puts
    assert submission_of(post, instance).closed_because == "account_lost"
    tiktok.clear_faults()
    reconnect(tiktok, linked)
    worker.run_for(HOUR)
    assert (reread(post, instance).state, len(published(tiktok))) == (PostState.PUBLISHED, 1)


def test_consent_revoked_before_the_last_bytes_publishes_once_later(
    interrupted: Start, worker: Worker, tiktok: Simulator, instance: Instance, linked: TikTokAccount
) -> None:
    post = interrupted()
    tiktok.revoke("maren")
    worker.run_for(HOUR)
    assert reread(post, instance).state == PostState.WAITING_ACCOUNT
    assert reread(post, instance).error_code == "reconnect_needed"
    reconnect(tiktok, linked)
    worker.run_for(HOUR)
    assert reread(post, instance).state == PostState.PUBLISHED
    assert [each.status for each in tiktok.posts()] == ["FAILED", "PUBLISH_COMPLETE"]


def test_consent_revoked_past_the_commit_point_is_polled_later(
    interrupted: Start, worker: Worker, tiktok: Simulator, instance: Instance, linked: TikTokAccount
) -> None:
    post = interrupted(last=True)
    tiktok.revoke("maren")
    worker.run_for(2 * HOUR)
    held = reread(post, instance)
    assert (held.state, held.hold_reason, len(tiktok.posts())) == (PostState.UPLOADING, "reconnect_needed", 1)
    reconnect(tiktok, linked)
    worker.run_for(HOUR)
    assert reread(post, instance).state == PostState.PUBLISHED
    assert [each.status for each in tiktok.posts()] == ["FAILED", "PUBLISH_COMPLETE"]


@pytest.mark.parametrize("state", [PostState.UPLOADING, PostState.PROCESSING])
def test_permission_that_never_comes_back_ends_unknown_after_a_day(
    interrupted: Start, submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, state: PostState
) -> None:
    if state == PostState.UPLOADING:
        post = interrupted(last=True)
    else:
        tiktok.fault("hold")
        post = submit()
        worker.run_due()
    assert reread(post, instance).state == state
    tiktok.revoke("maren")
    worker.run_for(HOUR)
    worker.clock.advance(22 * HOUR)
    worker.run_due()
    assert reread(post, instance).hold_reason == "reconnect_needed"
    worker.run_for(1.5 * HOUR)
    assert attention(post, instance) == (PostState.NEEDS_ATTENTION, AttentionReason.OUTCOME_UNKNOWN)
    assert len(tiktok.posts()) == 1


# The account


def test_account_unlinked_past_the_commit_point_gets_its_status(
    interrupted: Start, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = interrupted(last=True)
    with instance_scope(instance):
        TikTokAccount.objects.update(status=AccountStatus.DISCONNECTED)
    worker.run_for(HOUR)
    assert (history(post, instance), len(published(tiktok))) == (STRAIGHT, 1)


# The file


def test_file_changed_past_the_commit_point_is_kept_but_not_sent(
    interrupted: Start, worker: Worker, tiktok: Simulator, instance: Instance, video: Media
) -> None:
    post = interrupted(last=True)
    puts = len(sent(tiktok))
    video.file.write_bytes(b"x" * video.size_bytes)
    worker.run_for(64 * 60)
    assert reread(post, instance).hold_reason == "bytes_missing"
    worker.run_for(HOUR)
    assert attention(post, instance) == (PostState.NEEDS_ATTENTION, AttentionReason.MEDIA_CHANGED)
    assert (len(sent(tiktok)), len(tiktok.posts())) == (puts, 1)


def test_file_that_cannot_be_read_is_said_so(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, video: Media
) -> None:
    post = submit()
    video.file.unlink()
    Path(video.file).mkdir()  # opens, and every read of it fails
    worker.run_due()
    assert attention(post, instance) == (PostState.NEEDS_ATTENTION, AttentionReason.MEDIA_CHANGED)
    assert tiktok.requests("video_init") == []


# The worker


@pytest.mark.django_db(transaction=True)
def test_post_that_ends_its_workers_stops_no_other(
    interrupted: Start, submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, simulated: TikTokApp
) -> None:
    poison = interrupted()
    with instance_scope(instance):
        Submission.objects.update(chunk_size=0)  # planning the next chunk divides by it
    other = submit(account=link_simulated(tiktok, simulated, instance, "nora"), privacy_level="SELF_ONLY")
    died: list[str] = []
    for _ in range(POISON_AFTER + 2):
        at_two_connections(lambda: work_until_death(died))
        worker.clock.advance(61)
        if reread(poison, instance).state == PostState.UPLOADING:
            assert len(died) < POISON_AFTER
    assert attention(poison, instance) == (PostState.NEEDS_ATTENTION, AttentionReason.BUG)
    assert reread(other, instance).state == PostState.PUBLISHED
    assert len(died) == POISON_AFTER - 1


def at_two_connections(work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def work_until_death(died: list[str]) -> None:
    """Claim and work; a fault leaves the claim behind, as a death does."""
    try:
        while claimed := claim():
            try:
                advance(claimed)
            except ZeroDivisionError as fault:
                died.append(str(fault))
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_single_chunk_shows_progress_but_counts_no_acknowledged_bytes(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, settings: Settings
) -> None:
    settings.UPLOAD_CHUNK_BYTES = settings.UPLOAD_SINGLE_LIMIT_BYTES = 20 * MB
    settings.PUBLISH_LEASE_S = 3
    tiktok.fault("slow", "upload", bytes_per_s=6 * MB)
    post = submit(privacy_level="SELF_ONLY")
    thread = threading.Thread(target=lambda: work_until_death([]))
    thread.start()
    wait_until(lambda: shown(post, instance).shown_bytes >= MB, what="bytes under way")
    assert shown(post, instance).sent_bytes == 0
    thread.join(60)
    worker.run_for(60)
    assert shown(post, instance) == Progress(16 * MB, 16 * MB, 16 * MB)


def shown(post: Post, instance: Instance) -> Progress:
    with instance_scope(instance):
        return progress_of(Post.objects.get(pk=post.pk)) or Progress(0, 0, 0)


@pytest.mark.parametrize(("lease_s", "timeout_s"), [(3, 2), (30, 20), (600, 20)])
def test_no_answer_is_waited_for_longer_than_two_thirds_of_the_lease(
    settings: Settings, lease_s: int, timeout_s: int
) -> None:
    settings.PUBLISH_LEASE_S = lease_s
    assert tiktok_client().read_timeout_s == timeout_s
