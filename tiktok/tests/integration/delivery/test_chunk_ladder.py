"""Chunk plans that TikTok refuses: the next one is tried, and what was learnt is kept for the app for a day."""

import pytest
from pytest_django import Settings

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.delivery.chunk_ladder import note_refused, plan_for, plans_for
from tiktok.models import Media, Submission, TikTokApp
from tiktok.tests.fixtures_downloads import DIRECT, INBOX, Send
from tiktok.tests.fixtures_posts import MB, Clock, Worker, history, reread
from tiktok.tests.simulator_process import Simulator

LARGE = 64_000_000
SIZE = 16 * MB
HALF = SIZE // 2
SMALLEST = 5_242_880
ENDS = {DIRECT: ("video_init", "published"), INBOX: ("inbox_init", "in_inbox")}


@pytest.fixture(autouse=True)
def _one_piece_is_configured(simulated: TikTokApp, settings: Settings) -> None:
    settings.UPLOAD_CHUNK_BYTES = settings.UPLOAD_SINGLE_LIMIT_BYTES = LARGE


def chunks(instance: Instance) -> list[int]:
    """The chunk size of each init."""
    with instance_scope(instance):
        return list(Submission.objects.order_by("init_sent_at", "number").values_list("chunk_size", flat=True))


def learnt(app: TikTokApp) -> int | None:
    app.refresh_from_db()
    return app.refused_chunk_bytes


def test_ladder_is_the_configured_size_then_ten_million_then_the_smallest(settings: Settings) -> None:
    settings.UPLOAD_CHUNK_BYTES = 32_000_000
    assert [plan.chunk_size for plan in plans_for(200_000_000)] == [32_000_000, 10_000_000, SMALLEST]


@pytest.mark.parametrize("mode", [DIRECT, INBOX])
def test_refused_plans_are_followed_by_smaller_ones_at_once(
    send: Send, worker: Worker, tiktok: Simulator, instance: Instance, video: Media, simulated: TikTokApp, mode: str,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    endpoint, end = ENDS[mode]
    tiktok.fault("chunk_plan_refused", endpoint, times=-1, accepted_chunk_sizes=[SMALLEST])
    post = send([video], mode)
    worker.run_due()
    assert chunks(instance) == [SIZE, HALF, SMALLEST]
    worker.run_for(600)
    again = ["due", "initing"]
    assert history(post, instance) == ["draft", *again, *again, *again, "uploading", "processing", end]
    assert (learnt(simulated), len(tiktok.posts())) == (HALF, 1)
    assert caplog.text.count("TikTok refuses chunks of") == 1


def test_what_was_taken_is_remembered_for_a_day(
    send: Send, worker: Worker, tiktok: Simulator, instance: Instance, video: Media, clock: Clock
) -> None:
    tiktok.fault("chunk_plan_refused", "video_init", times=1)
    send([video])
    worker.run_for(600)
    send([video], privacy_level="SELF_ONLY")
    worker.run_for(600)
    assert chunks(instance) == [SIZE, HALF, HALF]
    clock.advance(24 * 3600)
    send([video], privacy_level="SELF_ONLY", caption="the next day")
    worker.run_for(600)
    assert chunks(instance) == [SIZE, HALF, HALF, SIZE]


def test_post_fails_when_the_last_plan_is_refused(
    send: Send, worker: Worker, tiktok: Simulator, instance: Instance, video: Media
) -> None:
    tiktok.fault("chunk_plan_refused", "video_init", times=-1)
    post = send([video])
    worker.run_for(600)
    assert (reread(post, instance).state, len(chunks(instance))) == ("failed", 3)


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "error", "status": 500, "code": "invalid_params", "message": "The chunk size is invalid"},
        {"fault": "raw_body", "status": 400, "message": "The chunk size is invalid"},
        {"fault": "lost_answer"},
    ],
)
def test_unclear_init_says_nothing_about_the_plan(
    send: Send, worker: Worker, tiktok: Simulator, instance: Instance, video: Media, simulated: TikTokApp,
    fault: dict[str, object],
) -> None:  # fmt: skip
    tiktok.fault(**{"endpoint": "video_init", **fault})  # type: ignore[arg-type]
    send([video])
    worker.run_for(600)
    assert (learnt(simulated), set(chunks(instance))) == (None, {SIZE})


def test_refusal_of_other_input_is_no_refusal_of_the_plan(
    send: Send, worker: Worker, tiktok: Simulator, instance: Instance, video: Media, simulated: TikTokApp
) -> None:
    tiktok.fault("error", "video_init", status=400, code="invalid_params", message="The title is invalid")
    post = send([video])
    worker.run_for(600)
    assert (reread(post, instance).state, learnt(simulated), chunks(instance)) == ("failed", None, [SIZE])


def test_late_refusal_of_a_large_plan_does_not_undo_what_was_learnt(simulated: TikTokApp) -> None:
    single, halves, smallest = plans_for(SIZE)
    assert note_refused(simulated, halves)
    assert note_refused(simulated, single)
    assert (learnt(simulated), plan_for(simulated, SIZE)) == (HALF, smallest)
