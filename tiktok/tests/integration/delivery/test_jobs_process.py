"""The real process, killed and stopped in the middle of an upload."""

from typing import Any, Final

import pytest
from django.db import transaction
from pytest_django import Settings

from core.jobs.clock import db_now
from core.jobs.nudge import nudge
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import Post, PostState, TikTokApp, WorkItem
from tiktok.tests.factories import make_media
from tiktok.tests.fixtures_posts import CHUNK, MB, Submit, history, link_simulated, reread
from tiktok.tests.jobs_process import JobsProcess, wait_until
from tiktok.tests.simulator_process import Put, Simulator

pytestmark = pytest.mark.django_db(transaction=True)


def the_puts(tiktok: Simulator) -> list[Put]:
    posts = tiktok.posts()
    return tiktok.puts(posts[0].publish_id) if posts else []


def is_complete(tiktok: Simulator) -> bool:
    return [post.status for post in tiktok.posts()] == ["PUBLISH_COMPLETE"]


def is_published(post: Post, instance: Instance) -> bool:
    return reread(post, instance).state == PostState.PUBLISHED


def assert_published_once(tiktok: Simulator) -> None:
    """One publication, every chunk stored once, and none sent again after it was stored."""
    assert [post.status for post in tiktok.posts()] == ["PUBLISH_COMPLETE"]
    puts = the_puts(tiktok)
    assert [put.first for put in puts if put.stored] == [0, CHUNK, 2 * CHUNK]
    stored: set[int | None] = set()
    for put in puts:
        assert put.first not in stored
        stored |= {put.first} if put.stored else set()


def test_killed_in_the_middle_of_a_chunk(
    jobs: JobsProcess, submit: Submit, tiktok: Simulator, instance: Instance
) -> None:
    tiktok.fault("slow", "upload", skip=1, bytes_per_s=MB)
    post = submit(privacy_level="SELF_ONLY")
    jobs.start()
    wait_until(lambda: len(the_puts(tiktok)) == 2, what="the second chunk is under way")
    jobs.kill()
    assert reread(post, instance).state == PostState.UPLOADING
    jobs.start()
    wait_until(lambda: is_published(post, instance), what="published")
    assert_published_once(tiktok)
    assert history(post, instance) == ["draft", "due", "initing", "uploading", "processing", "published"]


@pytest.mark.parametrize("chunk", [1, 2])
def test_killed_between_a_stored_chunk_and_its_answer(
    jobs: JobsProcess, submit: Submit, tiktok: Simulator, instance: Instance, chunk: int
) -> None:
    tiktok.fault("slow", "upload", skip=chunk, delay_s=60, after=True)
    submit(privacy_level="SELF_ONLY")
    jobs.start(PUBLISH_LEASE_S="30")
    wait_until(lambda: [put.stored for put in the_puts(tiktok)].count(True) == chunk + 1, what="stored, not answered")
    jobs.kill()
    jobs.start()
    wait_until(lambda: is_complete(tiktok), what="published")
    assert_published_once(tiktok)


def test_stopped_process_ends_in_seconds_and_another_continues(
    jobs: JobsProcess, submit: Submit, tiktok: Simulator, instance: Instance, settings: Settings
) -> None:
    settings.UPLOAD_SINGLE_LIMIT_BYTES = 64_000_000
    with instance_scope(instance):
        large = make_media(instance, content=bytes(48 * MB))  # much more than the line's buffers hold
    tiktok.fault("slow", "upload", bytes_per_s=MB)
    post = submit(media=large, privacy_level="SELF_ONLY")
    jobs.start()
    wait_until(lambda: the_puts(tiktok), what="the chunk is under way")
    assert jobs.stop() < 10
    item = WorkItem.objects.get(post_id=post.pk)
    assert (item.lease_owner, item.lease_until, item.crashes) == ("", None, 0)
    jobs.start()
    wait_until(lambda: is_complete(tiktok), what="published")
    assert [put.stored for put in the_puts(tiktok)] == [False, True]


SENDING: Final = {"bytes_per_s": 50_000}
STORED: Final = {"delay_s": 60, "after": True}


@pytest.fixture(params=["jobs", pytest.param("celery_worker", marks=pytest.mark.services)])
def any_worker(request: pytest.FixtureRequest) -> JobsProcess:
    """Embedded and with Celery, as long-suffering as in production."""
    process: JobsProcess = request.getfixturevalue(request.param)
    return process


@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", [SENDING, STORED], ids=["sending", "waiting for the answer"])
def test_stopped_amid_uploads_it_is_gone_and_repeats_one_chunk_at_most(
    any_worker: JobsProcess, submit: Submit, tiktok: Simulator, simulated: TikTokApp, instance: Instance,
    settings: Settings, fault: dict[str, Any],
) -> None:  # fmt: skip
    settings.UPLOAD_CHUNK_BYTES, settings.UPLOAD_SINGLE_LIMIT_BYTES = 16 * MB, 16 * MB
    with instance_scope(instance):
        large = make_media(instance, content=bytes(40 * MB))  # the second chunk, of 24 MB, does not fit into the line
    names = ("anton", "berta", "carla")
    people = [link_simulated(tiktok, simulated, instance, name) for name in names]
    posts = [submit(account=account, media=large, privacy_level="SELF_ONLY") for account in people]
    for name in names:
        tiktok.fault("slow", "upload", user=tiktok.create_user(name), skip=1, times=-1, **fault)
    WorkItem.objects.update(next_action_at=None)
    any_worker.start(PUBLISH_LEASE_S="30")
    for post in posts:
        with transaction.atomic():  # by hints, so that Celery's own threads are at work, too
            WorkItem.objects.filter(post_id=post.pk).update(next_action_at=db_now())
            nudge("advance_post", post.pk)
    in_flight = [(16 * MB, fault is STORED)] * len(posts)
    wait_until(lambda: [(put.first, put.stored) for put in waited_for(tiktok)] == in_flight, what="in flight")

    assert any_worker.stop() < 10

    items = WorkItem.objects.values_list("lease_owner", "lease_until", "crashes")
    assert list(items) == [("", None, 0)] * len(posts)
    tiktok.clear_faults()
    any_worker.start()
    wait_until(lambda: {post.status for post in tiktok.posts()} == {"PUBLISH_COMPLETE"}, what="published", timeout_s=90)
    assert len(tiktok.requests("video_init")) == len(posts)
    for seen in tiktok.posts():
        puts = tiktok.puts(seen.publish_id)
        assert [put.first for put in puts if put.stored] == [0, 16 * MB]
        assert [put.first for put in puts if not put.stored] in ([], [16 * MB])


def waited_for(tiktok: Simulator) -> list[Put]:
    """The PUTs that have been under way for a second, so that the line is full of what it can hold."""
    puts = [put for post in tiktok.posts() for put in tiktok.puts(post.publish_id)]
    return [put for put in puts if put.status is None and put.at < tiktok.now() - 1]


@pytest.mark.services
@pytest.mark.parametrize("end", ["kill", "stop"])
def test_celery_worker_that_ends_in_the_middle_of_a_chunk(
    celery_worker: JobsProcess, submit: Submit, tiktok: Simulator, instance: Instance, end: str
) -> None:
    tiktok.fault("slow", "upload", skip=1, bytes_per_s=MB)
    post = submit(privacy_level="SELF_ONLY")
    celery_worker.start()
    wait_until(lambda: len(the_puts(tiktok)) == 2, what="the second chunk is under way")
    if end == "kill":
        celery_worker.kill()
    else:
        assert celery_worker.stop() < 8
    assert reread(post, instance).state == PostState.UPLOADING
    celery_worker.start()
    wait_until(lambda: is_complete(tiktok), what="published")
    assert_published_once(tiktok)


@pytest.mark.services
def test_without_a_broker_the_worker_sweeps_all_the_same(
    celery_worker: JobsProcess, submit: Submit, tiktok: Simulator
) -> None:
    submit(privacy_level="SELF_ONLY")
    celery_worker.start(REDIS_URL="redis://127.0.0.1:1/0")
    wait_until(lambda: is_complete(tiktok), what="published")
    celery_worker.kill()
    assert_published_once(tiktok)


@pytest.mark.services
def test_hint_starts_a_post_and_a_lost_one_does_not_matter(
    celery_worker: JobsProcess, submit: Submit, tiktok: Simulator
) -> None:
    celery_worker.start()
    post = submit(privacy_level="SELF_ONLY")
    with transaction.atomic():
        for _ in range(3):
            nudge("advance_post", post.pk)
    wait_until(lambda: is_complete(tiktok), what="published")
    assert_published_once(tiktok)
    assert "Traceback" not in celery_worker.log.read_text()
