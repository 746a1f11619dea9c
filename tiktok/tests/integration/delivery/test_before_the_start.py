"""The conditions before anything is sent: its time, its account, its options, its file, and its turn."""

import os
import threading
from datetime import timedelta

import pytest
from pytest_django import Settings

from accounts.models import User
from core.jobs.clock import read_db_now
from instances.models import Instance, InstanceTurn
from instances.scoping import instance_scope
from tiktok.delivery.advance import advance
from tiktok.delivery.claims import POISON_AFTER, claim
from tiktok.delivery.step import Step
from tiktok.developer_apps.services import set_client_secret
from tiktok.models import (
    AccountStatus,
    AttentionReason,
    Media,
    Post,
    PostState,
    Submission,
    TikTokAccount,
    TikTokApp,
    TikTokCredential,
    WorkItem,
)  # fmt: skip
from tiktok.posts import services
from tiktok.posts.consent import Consent
from tiktok.posts.creator import CreatorInfoUnavailable, fetch_creator_info
from tiktok.posts.rules import PostOptions
from tiktok.posts.schedule import from_instant
from tiktok.tests.factories import make_account
from tiktok.tests.fixtures_posts import Submit, Worker, history, link_simulated, reread
from tiktok.tests.integration.delivery.outcomes import reconnect
from tiktok.tests.simulator_process import Simulator

HOUR = 3600


@pytest.fixture
def scheduled(linked: TikTokAccount, video: Media, editor: User, instance: Instance, worker: Worker) -> Post:
    """Due in two hours."""
    options = PostOptions(caption="Later", privacy_level="SELF_ONLY", allow_comment=True)
    with instance_scope(instance):
        consent = Consent(editor, fetch_creator_info(linked), "web", agreed=True)
        when = from_instant(read_db_now() + timedelta(hours=2), "UTC")
        return services.submit_post(
            account=linked, files=[video], options=options, actor=editor, consent=consent, when=when
        )[0]


def attention(post: Post, instance: Instance) -> tuple[str, str]:
    post = reread(post, instance)
    return post.state, post.attention_reason


def test_scheduled_post_starts_at_its_time(
    scheduled: Post, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    worker.run_for(2 * HOUR - 1)
    assert (reread(scheduled, instance).state, tiktok.posts()) == (PostState.SCHEDULED, [])
    worker.run_for(HOUR)
    assert reread(scheduled, instance).state == PostState.PUBLISHED


@pytest.mark.parametrize(("late_s", "state"), [(59 * 60, PostState.PROCESSING), (61 * 60, PostState.NEEDS_ATTENTION)])
def test_post_found_more_than_an_hour_late_was_missed(
    scheduled: Post, worker: Worker, instance: Instance, late_s: int, state: str
) -> None:
    worker.clock.advance(2 * HOUR + late_s)
    worker.run_due()
    assert reread(scheduled, instance).state == state
    if state == PostState.NEEDS_ATTENTION:
        assert attention(scheduled, instance)[1] == AttentionReason.MISSED


@pytest.mark.parametrize("change", [{"comment_disabled": True}, {"max_video_post_duration_sec": 10}])
def test_options_that_tiktok_took_away_are_never_replaced(
    scheduled: Post, worker: Worker, tiktok: Simulator, instance: Instance, change: dict[str, object]
) -> None:
    tiktok.create_user("maren", **change)
    worker.run_for(3 * HOUR)
    assert attention(scheduled, instance) == (PostState.NEEDS_ATTENTION, AttentionReason.OPTIONS_CHANGED)
    assert tiktok.requests("video_init") == []


def test_privacy_level_that_is_gone_needs_a_person(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit(privacy_level="PUBLIC_TO_EVERYONE")
    tiktok.create_user("maren", is_private=True)
    worker.run_due()
    assert attention(post, instance) == (PostState.NEEDS_ATTENTION, AttentionReason.OPTIONS_CHANGED)


def test_file_that_was_only_touched_is_hashed_and_sent(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, video: Media
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    os.utime(video.file, (1, 1))
    worker.run_for(600)
    assert reread(post, instance).state == PostState.PUBLISHED


@pytest.mark.parametrize("how", ["other bytes", "shorter", "gone"])
def test_file_that_changed_is_not_sent(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, video: Media, how: str
) -> None:
    post = submit()
    spoil(video, how)
    worker.run_due()
    assert attention(post, instance) == (PostState.NEEDS_ATTENTION, AttentionReason.MEDIA_CHANGED)
    assert tiktok.requests("video_init") == []


@pytest.mark.parametrize("how", ["other bytes", "gone"])
def test_file_that_changes_between_two_chunks_ends_the_upload(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, video: Media, how: str
) -> None:
    post = submit()
    tiktok.fault("server_error", "upload", skip=1)
    worker.run_due()
    assert reread(post, instance).state == PostState.UPLOADING
    spoil(video, how)
    worker.run_for(600)
    assert attention(post, instance) == (PostState.NEEDS_ATTENTION, AttentionReason.MEDIA_CHANGED)
    assert [seen.status for seen in tiktok.posts()] == ["PROCESSING_UPLOAD"]


def test_nothing_more_is_sent_once_the_account_is_unlinked(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit()
    tiktok.fault("server_error", "upload", skip=1)
    worker.run_due()
    assert reread(post, instance).state == PostState.UPLOADING
    with instance_scope(instance):
        TikTokAccount.objects.update(status=AccountStatus.DISCONNECTED)
    worker.run_for(600)
    waiting = reread(post, instance)
    assert (waiting.state, waiting.error_code) == (PostState.WAITING_ACCOUNT, "account_disconnected")
    assert [seen.status for seen in tiktok.posts()] == ["PROCESSING_UPLOAD"]
    with instance_scope(instance):
        assert not Submission.objects.filter(is_uploading=True).exists()


def spoil(video: Media, how: str) -> None:
    if how == "gone":
        video.file.unlink()
    elif how == "shorter":
        video.file.write_bytes(video.file.read_bytes()[:-1])
    else:
        video.file.write_bytes(b"x" * video.size_bytes)


def test_posts_wait_for_a_reconnect_and_then_continue(
    scheduled: Post, worker: Worker, tiktok: Simulator, instance: Instance, linked: TikTokAccount
) -> None:
    tiktok.revoke("maren")
    worker.run_for(2 * HOUR + 600)
    assert reread(scheduled, instance).state == PostState.WAITING_ACCOUNT
    with instance_scope(instance):
        assert TikTokAccount.objects.get().status == AccountStatus.RECONNECT_NEEDED
    reconnect(tiktok, linked)
    worker.run_due()
    worker.run_for(600)
    assert reread(scheduled, instance).state == PostState.PUBLISHED


def test_post_whose_account_comes_back_too_late_was_missed(
    scheduled: Post, worker: Worker, tiktok: Simulator, instance: Instance, linked: TikTokAccount
) -> None:
    tiktok.revoke("maren")
    worker.run_for(9 * HOUR)
    assert reread(scheduled, instance).state == PostState.WAITING_ACCOUNT
    reconnect(tiktok, linked)
    worker.run_for(600)
    assert attention(scheduled, instance) == (PostState.NEEDS_ATTENTION, AttentionReason.MISSED)
    assert tiktok.posts() == []


def test_without_the_scope_nothing_is_asked(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, linked: TikTokAccount
) -> None:
    post = submit()
    TikTokCredential.objects.update(scopes=["user.info.basic"])
    calls = len(tiktok.requests("creator_info"))
    worker.run_due()
    assert reread(post, instance).state == PostState.WAITING_ACCOUNT
    assert reread(post, instance).error_code == "scope_missing"
    assert len(tiktok.requests("creator_info")) == calls
    linked.refresh_from_db()
    with instance_scope(instance), pytest.raises(CreatorInfoUnavailable) as error:
        fetch_creator_info(linked)
    assert error.value.needs_reconnect


def test_one_upload_at_a_time_per_credential_even_across_instances(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, other_instance: Instance,
    linked: TikTokAccount,
) -> None:  # fmt: skip
    with instance_scope(other_instance):
        there = make_account(other_instance, credential=linked.credential)
        theirs = Post.objects.create(instance=other_instance, account=there, state=PostState.UPLOADING)
        WorkItem.objects.create(post=theirs, instance=other_instance)
        Submission.objects.create(
            instance=other_instance, post=theirs, credential=linked.credential, app=linked.credential.app, number=1,
            is_uploading=True, video_size=1, chunk_size=1, total_chunk_count=1, media_sha256="", media_mtime_ns=0,
            media_inode=0,
        )  # fmt: skip
    post = submit(privacy_level="SELF_ONLY")
    worker.run_for(60)
    assert (reread(post, instance).state, reread(post, instance).hold_reason) == (PostState.DUE, "other_upload")
    with instance_scope(other_instance):
        Submission.objects.update(is_uploading=False)
    worker.run_for(60)
    assert reread(post, instance).state == PostState.PUBLISHED


def test_second_post_of_the_account_follows_by_itself(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    posts = [submit(privacy_level="SELF_ONLY") for _ in range(3)]
    worker.run_for(600)
    assert [reread(post, instance).state for post in posts] == [PostState.PUBLISHED] * 3
    assert [history(post, instance)[-1] for post in posts] == ["published"] * 3


def test_instance_that_was_served_longest_ago_comes_first(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, other_instance: Instance,
    simulated: TikTokApp, editor: User, video: Media,
) -> None:  # fmt: skip
    with instance_scope(instance):
        ours = [submit(privacy_level="SELF_ONLY") for _ in range(3)]
    with instance_scope(other_instance):
        account = make_account(other_instance)
        theirs = Post.objects.create(instance=other_instance, account=account)
    WorkItem.objects.create(post=theirs, instance=other_instance, next_action_at=read_db_now())
    InstanceTurn.objects.create(instance=other_instance, served_at=read_db_now() - timedelta(hours=1))
    InstanceTurn.objects.create(instance=instance, served_at=read_db_now() - timedelta(minutes=1))
    worker.clock.advance(1)
    served = [claim() for _ in range(4)]
    assert [item.instance for item in served if item] == [other_instance, instance, instance, instance]
    assert {item.post_id for item in served if item} == {theirs.pk, *(post.pk for post in ours)}


@pytest.mark.parametrize(
    ("state", "is_past_commit_point", "expected"),
    [
        (PostState.DUE, False, AttentionReason.BUG),
        (PostState.SCHEDULED, False, AttentionReason.BUG),
        (PostState.INITING, False, AttentionReason.BUG),
        (PostState.UPLOADING, False, AttentionReason.BUG),
        (PostState.UPLOADING, True, AttentionReason.OUTCOME_UNKNOWN),
        (PostState.PROCESSING, True, AttentionReason.OUTCOME_UNKNOWN),
    ],
)
def test_post_that_kills_its_workers_is_taken_out(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, state: str, is_past_commit_point: bool,
    expected: str,
) -> None:  # fmt: skip
    post = submit()
    with instance_scope(instance):
        Post.objects.update(state=state)
        Submission.objects.create(
            instance=instance, post=post, credential=post.account.credential, app=post.account.credential.app,
            number=1, video_size=1, chunk_size=1, total_chunk_count=1, media_sha256="", media_mtime_ns=0,
            media_inode=0, commit_point_at=read_db_now() if is_past_commit_point else None,
        )  # fmt: skip
    for _ in range(POISON_AFTER - 1):
        assert claim() is not None
        worker.clock.advance(61)
    claimed = claim()
    assert claimed is not None
    assert claimed.is_dead_lettered
    advance(claimed)
    assert attention(post, instance) == (PostState.NEEDS_ATTENTION, expected)


def test_post_with_dropped_claims_waits_longer_and_is_published(
    submit: Submit, worker: Worker, settings: Settings, instance: Instance
) -> None:
    settings.PUBLISH_LEASE_S = 1
    post = submit(privacy_level="SELF_ONLY")
    waits = []
    for _ in range(POISON_AFTER - 2):
        assert claim() is not None
        began = read_db_now()
        worker.clock.advance(1.5)
        while not WorkItem.objects.filter(next_action_at__lte=read_db_now()).exists():
            worker.clock.advance(0.5)
        waits.append((read_db_now() - began).total_seconds())
    assert waits == [1.5, 1.5, 4, 8, 16, 32, 60, 60]
    worker.run_for(30)
    assert reread(post, instance).state == PostState.PUBLISHED
    assert WorkItem.objects.get().crashes == 0


def test_post_that_waits_for_its_account_is_always_checked_again(
    submit: Submit, worker: Worker, instance: Instance
) -> None:
    post = submit()
    with instance_scope(instance):
        Post.objects.update(state=PostState.WAITING_ACCOUNT)
    WorkItem.objects.update(crashes=POISON_AFTER)
    claimed = claim()
    assert claimed is not None
    advance(claimed)
    worker.run_for(600)
    assert reread(post, instance).state == PostState.PUBLISHED


def test_upload_whose_worker_dies_at_every_chunk_is_taken_out_too(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit()
    tiktok.fault("server_error", "upload", skip=1)
    worker.run_due()
    worker.clock.advance(60)
    for _ in range(POISON_AFTER):
        claimed = claim()
        assert claimed is not None
        with instance_scope(instance):
            step = Step(claimed, threading.Event())
            if not claimed.is_dead_lettered:
                step.save(submission={"is_in_doubt": False})
        worker.clock.advance(61)
    worker.run_due()
    assert attention(post, instance) == (PostState.NEEDS_ATTENTION, AttentionReason.BUG)


def test_upload_that_ends_wakes_the_next_post_of_the_account(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    first = submit(privacy_level="SELF_ONLY")
    tiktok.fault("server_error", "upload")
    worker.run_due()
    second = submit(privacy_level="SELF_ONLY")
    worker.run_due()
    assert reread(second, instance).hold_reason == "other_upload"
    WorkItem.objects.filter(post_id=second.pk).update(next_action_at=read_db_now() + timedelta(days=1))
    worker.run_for(60)
    assert [reread(post, instance).state for post in (first, second)] == [PostState.PUBLISHED] * 2


def test_unaudited_app_is_learnt_from_the_answer(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, simulated: TikTokApp
) -> None:
    tiktok.create_app(audited=False)
    post = submit()
    worker.run_due()
    simulated.refresh_from_db()
    assert (reread(post, instance).state, simulated.is_audited) == (PostState.FAILED, False)


@pytest.mark.parametrize(("privacy_level", "learnt"), [("PUBLIC_TO_EVERYONE", True), ("SELF_ONLY", None)])
def test_audited_app_is_learnt_from_a_post_that_everybody_may_see(
    submit: Submit, worker: Worker, simulated: TikTokApp, privacy_level: str, learnt: bool | None
) -> None:
    submit(privacy_level=privacy_level)
    worker.run_for(60)
    simulated.refresh_from_db()
    assert simulated.is_audited is learnt


def test_while_the_client_secret_is_changed_at_tiktok_posts_wait(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, simulated: TikTokApp
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    TikTokCredential.objects.update(access_expires_at=read_db_now())
    tiktok.create_app(client_secret="changed")
    worker.run_due()
    assert reread(post, instance).hold_reason == "invalid_client"
    set_client_secret(simulated, "changed")
    simulated.save()
    worker.run_for(HOUR)
    assert reread(post, instance).state == PostState.PUBLISHED


def test_cancelled_post_sends_nothing(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, editor: User
) -> None:
    post = submit()
    with instance_scope(instance):
        services.cancel_post(post, actor=editor)
    worker.run_for(HOUR)
    assert reread(post, instance).state == PostState.CANCELLED
    assert tiktok.requests("video_init") == []


def test_more_uploads_than_an_instance_may_have_wait(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, simulated: TikTokApp, settings: Settings
) -> None:
    settings.UPLOADS_PER_INSTANCE = 1
    second = link_simulated(tiktok, simulated, instance, "nora")
    first_post = submit(privacy_level="SELF_ONLY")
    tiktok.fault("server_error", "upload")
    worker.run_due()
    post = submit(account=second, privacy_level="SELF_ONLY")
    worker.run_due()
    assert reread(post, instance).hold_reason == "instance_busy"
    worker.run_for(600)
    assert [reread(each, instance).state for each in (first_post, post)] == [PostState.PUBLISHED] * 2
