"""A 75 MB upload whose process is killed or stopped: published once, and nothing that TikTok has is sent again."""

from collections.abc import Callable

import pytest

from core.jobs.nudge import nudge
from instances.models import Instance
from tiktok.models import Media, Post, PostState, WorkItem
from tiktok.tests.fixtures_posts import MB, Submit, history, reread
from tiktok.tests.integration.proofs.conftest import CHUNK, SIZE, Background
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.simulator_process import Put, Simulator

pytestmark = pytest.mark.django_db(transaction=True)
CHUNKS = SIZE // CHUNK


def the_puts(tiktok: Simulator) -> list[Put]:
    return [put for post in tiktok.posts() for put in tiktok.puts(post.publish_id)]


def stored(tiktok: Simulator) -> list[int | None]:
    return [put.first for put in the_puts(tiktok) if put.stored]


def chunk_under_way(tiktok: Simulator, number: int) -> Callable[[], bool]:
    """Whether all chunks before this one (the first is 0) are stored and this one is being received."""

    def is_under_way() -> bool:
        puts = the_puts(tiktok)
        is_open = bool(puts) and (puts[-1].first, puts[-1].status) == (number * CHUNK, None)
        return is_open and len(stored(tiktok)) == number

    return is_under_way


def slow_down(tiktok: Simulator, *chunks: int) -> None:
    """Let these PUTs (counted from 0, those cut off by a kill included) take many seconds."""
    for skipped, chunk in enumerate(chunks):
        tiktok.fault("slow", "upload", skip=chunk - skipped, bytes_per_s=MB)


def finish(post: Post, instance: Instance) -> None:
    wait_until(lambda: reread(post, instance).state == PostState.PUBLISHED, what="published")


def assert_sent_once(tiktok: Simulator, media: Media) -> None:
    """One init, one publication of exactly these bytes, every chunk stored once and none sent again after that."""
    assert [(call.status, call.code) for call in tiktok.requests("video_init")] == [(200, "ok")]
    assert [(seen.status, seen.sha256) for seen in tiktok.posts()] == [("PUBLISH_COMPLETE", media.sha256)]
    assert stored(tiktok) == [number * CHUNK for number in range(CHUNKS)]
    done: set[int | None] = set()
    for put in the_puts(tiktok):
        assert put.first not in done
        done |= {put.first} if put.stored else set()


def test_killed_twice_in_the_middle_of_a_chunk(
    background: Background, submit: Submit, tiktok: Simulator, instance: Instance, big_video: Media
) -> None:
    slow_down(tiktok, 2, 6)
    post = submit(media=big_video, privacy_level="SELF_ONLY")
    for chunk in (2, 5):
        nudge("advance_post", post.pk)
        background.start()
        wait_until(chunk_under_way(tiktok, chunk), what=f"chunk {chunk} is under way")
        background.process.kill()
        assert reread(post, instance).state == PostState.UPLOADING
    background.start()
    finish(post, instance)
    assert_sent_once(tiktok, big_video)
    assert [put.first for put in the_puts(tiktok) if not put.stored] == [2 * CHUNK, 5 * CHUNK]
    assert history(post, instance) == ["draft", "due", "initing", "uploading", "processing", "published"]


def test_stopped_process_releases_its_work_and_another_continues(
    background: Background, submit: Submit, tiktok: Simulator, instance: Instance, big_video: Media
) -> None:
    slow_down(tiktok, 3)
    post = submit(media=big_video, privacy_level="SELF_ONLY")
    nudge("advance_post", post.pk)
    background.start()
    wait_until(chunk_under_way(tiktok, 3), what="chunk 3 is under way")
    assert background.process.stop() < 10
    item = WorkItem.objects.get(post_id=post.pk)
    assert (item.lease_owner, item.lease_until, item.crashes) == ("", None, 0)
    background.start()
    finish(post, instance)
    assert_sent_once(tiktok, big_video)
