"""Two connections at the same moment: one wins, the other learns it, nothing is written twice."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from core.jobs.clock import pinned_clock, read_db_now
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.api.secret import Secret
from tiktok.api.types import PublishInit
from tiktok.delivery.advance import advance
from tiktok.delivery.claims import claim, release, renew
from tiktok.delivery.init import keep_receipt
from tiktok.delivery.step import Step
from tiktok.models import (
    EventCause,
    InitReceipt,
    InvalidTransition,
    Post,
    PostEvent,
    PostState,
    StaleState,
    Submission,
    TikTokAccount,
    WorkItem,
)  # fmt: skip
from tiktok.posts import services
from tiktok.posts.idempotency import Idempotency, IdempotencyConflict
from tiktok.posts.rules import PostOptions
from tiktok.tests import races
from tiktok.tests.factories import make_account, make_media, make_post
from tiktok.tests.fixtures_posts import CHUNK, MB, Submit, reread
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run all at the same moment, each on its own connection; what they return or raise, in order."""
    return races.at_once(*works, expect=(StaleState, InvalidTransition, IdempotencyConflict))


@pytest.fixture
def account(instance: Instance) -> TikTokAccount:
    with instance_scope(instance):
        return make_account(instance)


def due_post(account: TikTokAccount, **fields: Any) -> Post:
    with instance_scope(account.instance):
        post = make_post(account, **({"state": PostState.DUE} | fields))
    WorkItem.objects.filter(post_id=post.pk).update(next_action_at=timezone.now() - timedelta(seconds=1))
    return post


def uploading_post(account: TikTokAccount) -> Post:
    post = due_post(account, state=PostState.UPLOADING)
    with instance_scope(account.instance):
        Submission.objects.create(
            instance=account.instance, post=post, credential=account.credential, app=account.credential.app,
            number=1, publish_id="v_pub_file~1", is_uploading=True, video_size=1000, chunk_size=1000,
            total_chunk_count=1, media_sha256="", media_mtime_ns=0, media_inode=0,
        )  # fmt: skip
    return post


def test_each_due_post_is_claimed_by_exactly_one_worker(account: TikTokAccount) -> None:
    posts = {due_post(account).pk for _ in range(6)}
    claims = [claimed for claimed in at_once(*[claim] * 12) if claimed is not None]
    assert sorted(claimed.post_id for claimed in claims) == sorted(posts)
    assert {claimed.fence for claimed in claims} == {1}


def test_two_workers_at_one_post(account: TikTokAccount) -> None:
    post = due_post(account)
    claims = at_once(*[lambda: claim(post.pk)] * 8)
    assert len([claimed for claimed in claims if claimed is not None]) == 1


def test_frozen_worker_that_wakes_up_can_write_nothing(account: TikTokAccount, instance: Instance) -> None:
    post = uploading_post(account)
    frozen = claim()
    assert frozen is not None
    with instance_scope(instance):
        step = Step(frozen, threading.Event())
        with pinned_clock(read_db_now() + timedelta(minutes=1)):
            newer = claim()
            assert newer is not None
            assert (newer.fence, newer.was_dropped) == (frozen.fence + 1, True)
            before = list(PostEvent.objects.filter(post=post))
            with pytest.raises(StaleState):
                step.save(post={"caption": "frozen"}, submission={"sent_bytes": 5})
            with pytest.raises(StaleState):
                step.move(PostState.PROCESSING, cause=EventCause.TIKTOK)
            with pytest.raises(StaleState):
                step.note({"frozen": True})
            with pytest.raises(StaleState):
                renew(frozen.held)
            release(frozen.held, None)
            renew(newer.held)
        assert list(PostEvent.objects.filter(post=post)) == before
        assert Submission.objects.get(post=post).sent_bytes == 0
    assert (reread(post, instance).state, reread(post, instance).caption) == (PostState.UPLOADING, "Hello")
    assert WorkItem.objects.get(post_id=post.pk).fence == newer.fence


class Frost:
    """The process's own clock, which advances by a minute while its next write to a work item is under way."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 0.0
        real = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: real() + self.seconds)

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith('UPDATE "tiktok_workitem"'):
            self.seconds += 60
        return result


def test_worker_frozen_in_a_renewal_knows_its_lease_is_over(
    account: TikTokAccount, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploading_post(account)
    frost, start = Frost(monkeypatch), read_db_now()
    with instance_scope(instance), pinned_clock(start):
        mine = claim()
        assert mine is not None
        step = Step(mine, threading.Event())
        frost.seconds += 6  # a sixth of the lease, and a renewal is written
        with connection.execute_wrapper(frost):
            step.renew()
        with pinned_clock(start + timedelta(minutes=1)), pytest.raises(StaleState):
            step.renew()


def test_worker_frozen_in_its_claim_knows_its_lease_is_over(
    account: TikTokAccount, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = uploading_post(account)
    frost, start = Frost(monkeypatch), read_db_now()
    for post_id in (None, post.pk):
        with instance_scope(instance), pinned_clock(start):
            WorkItem.objects.update(lease_until=None)
            with connection.execute_wrapper(frost):
                mine = claim(post_id)
            assert mine is not None
            step = Step(mine, threading.Event())
            with pinned_clock(start + timedelta(minutes=1)), pytest.raises(StaleState):
                step.renew()


def test_expired_lease_is_gone_even_if_unclaimed(account: TikTokAccount, instance: Instance) -> None:
    uploading_post(account)
    mine = claim()
    assert mine is not None
    with instance_scope(instance):
        step = Step(mine, threading.Event())
        with pinned_clock(read_db_now() + timedelta(minutes=1)), pytest.raises(StaleState):
            step.save(submission={"sent_bytes": 5})


def test_init_answer_of_a_frozen_worker_is_adopted_by_the_next(instance: Instance, account: TikTokAccount) -> None:
    post = uploading_post(account)
    with instance_scope(instance):
        Post.objects.update(state=PostState.INITING)
        Submission.objects.update(publish_id="")
        submission = Submission.objects.get(post=post)
        frozen = claim()
        assert frozen is not None
        with pinned_clock(read_db_now() + timedelta(minutes=1)):
            newer = claim()
            assert newer is not None
            keep_receipt(submission, PublishInit("v_pub_file~late", Secret("https://open-upload.tiktokapis.com/x")))
            stop = threading.Event()
            stop.set()
            advance(newer, stop=stop)
        submission.refresh_from_db()
        assert submission.publish_id == "v_pub_file~late"
        assert InitReceipt.objects.get().publish_id == "v_pub_file~late"
    assert reread(post, instance).state == PostState.UPLOADING


def test_cancelling_and_the_commit_point_exclude_each_other(
    account: TikTokAccount, instance: Instance, editor: User
) -> None:
    for _ in range(12):
        post = uploading_post(account)
        held = claim(post.pk)
        assert held is not None
        with instance_scope(instance):
            step = Step(held, threading.Event())

        def pass_no_return(step: Step = step) -> str:
            with instance_scope(instance):
                step.save(submission={"commit_point_at": read_db_now()})
            return "sent"

        def cancel(post: Post = post) -> str:
            with instance_scope(instance):
                services.cancel_post(Post.objects.get(pk=post.pk), actor=editor)
            return "cancelled"

        sent, cancelled = at_once(pass_no_return, cancel)
        with instance_scope(instance):
            submission = Submission.objects.get(post=post)
            assert (sent == "sent") != (cancelled == "cancelled")
            assert (submission.commit_point_at is not None) == (sent == "sent")
            assert (reread(post, instance).state == PostState.CANCELLED) == (cancelled == "cancelled")
            Submission.objects.filter(post=post).update(is_uploading=False, publish_id="")


def test_cancelling_during_a_chunk_cuts_the_line_before_the_last_bytes(
    submit: Submit, tiktok: Simulator, instance: Instance, editor: User, settings: Any
) -> None:
    settings.PUBLISH_LEASE_S = 10
    tiktok.fault("slow", "upload", skip=2, delay_s=3)  # what the line's buffers hold is less than the chunk
    post = submit(privacy_level="SELF_ONLY")

    def work() -> None:
        if claimed := claim(post.pk):
            advance(claimed)

    def cancel() -> None:
        wait_until(lambda: sent_bytes() == 2 * CHUNK, what="the last chunk is under way")
        with instance_scope(instance):
            services.cancel_post(Post.objects.get(pk=post.pk), actor=editor)

    def sent_bytes() -> int:
        with instance_scope(instance):
            return max([submission.sent_bytes for submission in Submission.objects.filter(post=post)], default=0)

    def puts() -> list[Any]:
        return [put for seen in tiktok.posts() for put in tiktok.puts(seen.publish_id)]

    at_once(work, cancel)
    assert reread(post, instance).state == PostState.CANCELLED
    assert [seen.status for seen in tiktok.posts()] == ["PROCESSING_UPLOAD"]
    assert [put.first for put in puts() if put.stored] == [0, CHUNK]


def test_chunk_that_outlasts_the_lease_keeps_it(
    submit: Submit, tiktok: Simulator, instance: Instance, settings: Any
) -> None:
    settings.PUBLISH_LEASE_S = 3
    settings.UPLOAD_SINGLE_LIMIT_BYTES = 64_000_000
    tiktok.fault("slow", "upload", bytes_per_s=10 * MB)
    with instance_scope(instance):
        large = make_media(instance, content=bytes(48 * MB))  # much more than the line's buffers hold
    post = submit(media=large, privacy_level="SELF_ONLY")
    began = time.monotonic()
    claimed = claim(post.pk)
    assert claimed is not None
    advance(claimed)
    assert time.monotonic() - began > settings.PUBLISH_LEASE_S
    # A lost lease would have cut the chunk. On a slow machine the answer may come after the read time-out, which
    # is two thirds of the lease: then the post is still uploading, and asks for the status next.
    assert [put.stored for seen in tiktok.posts() for put in tiktok.puts(seen.publish_id)] == [True]
    assert (WorkItem.objects.get().fence, WorkItem.objects.get().crashes) == (claimed.fence, 0)
    assert reread(post, instance).state in {PostState.PROCESSING, PostState.UPLOADING}


def test_fifty_equal_requests_make_one_post(account: TikTokAccount, instance: Instance, editor: User) -> None:
    with instance_scope(instance):
        media = make_media(instance)

    def request(body: int) -> Callable[[], Any]:
        def send() -> Any:
            with instance_scope(instance):
                return services.create_post(
                    account=account, files=[media], options=PostOptions(caption="Hello"), actor=editor,
                    idempotency=Idempotency.of("key", {"body": body}),
                )  # fmt: skip

        return send

    results = at_once(*[request(1)] * 50)
    assert len({post.pk for post, _ in results}) == 1
    assert [is_replay for _, is_replay in results].count(False) == 1
    with instance_scope(instance):
        assert Post.objects.count() == 1
    (other,) = at_once(request(2))
    assert isinstance(other, IdempotencyConflict)
