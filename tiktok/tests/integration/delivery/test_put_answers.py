"""PUT answers (docs/protocol.md): in the middle, at the end, before and after the commit point."""

import re

import pytest
import responses

from core.jobs.clock import read_db_now
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.api.secret import Secret
from tiktok.api.types import PublishInit
from tiktok.delivery.init import keep_receipt
from tiktok.models import AttentionReason, InitReceipt, Media, PostState, Submission
from tiktok.posts.wording.codes import explain_post
from tiktok.tests.factories import make_media
from tiktok.tests.fixtures_posts import CHUNK, MB, Submit, Worker, history, reread
from tiktok.tests.integration.delivery.outcomes import (
    AGAIN,
    HOUR,
    STRAIGHT,
    attention,
    published,
    sent,
    submission_of,
)
from tiktok.tests.simulator_process import Simulator

# Answers without a row in the table are unclear: TikTok is asked, and the same chunk is sent again.
UNCLEAR = [200, 204, 302, 307, 401, 408, 429, 500, 503]
ALL_STORED = [(0, True), (CHUNK, True), (2 * CHUNK, True)]


@pytest.fixture
def video(instance: Instance) -> Media:
    """Fifteen megabytes and a bit: three chunks."""
    with instance_scope(instance):
        return make_media(instance, content=bytes(range(256)) * (15 * MB // 256) + b"the end")


def fail_chunk(tiktok: Simulator, status: int, *, number: int) -> None:
    """Chunk ``number`` (0, 1, 2) is answered so, and not stored."""
    tiktok.fault("error", "upload", status=status, skip=number)


@pytest.mark.parametrize("status", UNCLEAR)
def test_unclear_answer_in_the_middle_sends_the_same_chunk_again(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, status: int
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    fail_chunk(tiktok, status, number=1)
    reads = len(tiktok.requests("status"))
    worker.run_due()
    assert reread(post, instance).hold_reason == "upload_interrupted"
    worker.run_for(600)
    assert sent(tiktok) == [(0, True), (CHUNK, False), (CHUNK, True), (2 * CHUNK, True)]
    assert len(tiktok.requests("status")) > reads
    assert (history(post, instance), len(published(tiktok))) == (STRAIGHT, 1)


@pytest.mark.parametrize("status", [*UNCLEAR, 206])
def test_unclear_last_answer_asks_first_then_repeats_the_chunk(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, status: int
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    fail_chunk(tiktok, status, number=2)
    worker.run_due()
    assert submission_of(post, instance).commit_point_at is not None
    worker.run_for(600)
    assert sent(tiktok) == [(0, True), (CHUNK, True), (2 * CHUNK, False), (2 * CHUNK, True)]
    assert (history(post, instance), len(published(tiktok))) == (STRAIGHT, 1)


@pytest.mark.parametrize("status", [403, 404])
def test_dead_url_before_the_last_bytes_is_replaced_once_proven(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, status: int
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    fail_chunk(tiktok, status, number=1)
    tiktok.fault("server_error", "status")
    worker.run_due()
    assert (len(tiktok.posts()), reread(post, instance).state) == (1, PostState.UPLOADING)
    worker.run_for(600)
    assert (history(post, instance), len(published(tiktok)), len(tiktok.posts())) == (AGAIN, 1, 2)


def test_bad_request_before_the_last_bytes_is_a_certain_bug(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit()
    fail_chunk(tiktok, 400, number=1)
    worker.run_for(2 * HOUR)
    assert attention(post, instance) == (PostState.NEEDS_ATTENTION, AttentionReason.BUG)
    assert (sent(tiktok), len(tiktok.posts())) == ([(0, True), (CHUNK, False)], 1)


def test_dead_url_does_not_make_other_posts_wait(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    fail_chunk(tiktok, 404, number=2)
    worker.run_due()
    following = submit(privacy_level="SELF_ONLY")
    worker.run_for(120)
    assert (reread(post, instance).state, reread(post, instance).hold_reason) == (PostState.UPLOADING, "bytes_missing")
    assert reread(following, instance).state == PostState.PUBLISHED
    worker.run_for(2 * HOUR)
    assert (reread(post, instance).state, len(published(tiktok))) == (PostState.PUBLISHED, 2)


@pytest.mark.parametrize(("status", "number"), [(201, 1), (400, 2), (403, 2), (404, 2)])
def test_past_the_commit_point_two_late_proofs_allow_a_new_init(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, status: int, number: int
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    fail_chunk(tiktok, status, number=number)
    worker.run_for(64 * 60)
    held = reread(post, instance)
    assert (held.state, held.hold_reason, len(tiktok.posts())) == (PostState.UPLOADING, "bytes_missing", 1)
    words = explain_post(held)
    assert words is not None
    assert words.does == "Clipdesk checks until that is certain, so that the post cannot appear twice."
    assert submission_of(post, instance).commit_point_at is not None
    assert sent(tiktok) == [*ALL_STORED[:number], (number * CHUNK, False)]
    worker.run_for(HOUR)
    assert (history(post, instance), len(published(tiktok)), len(tiktok.posts())) == (AGAIN, 1, 2)


@pytest.mark.parametrize("status", [400, 403, 404, 416, 500])
def test_middle_chunk_past_the_commit_point_starts_no_new_init(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, status: int
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    fail_chunk(tiktok, 503, number=1)
    worker.run_due()
    with instance_scope(instance):
        Submission.objects.update(commit_point_at=read_db_now())
    fail_chunk(tiktok, status, number=0)
    worker.run_for(60 * 60)
    held = reread(post, instance)
    assert len(tiktok.posts()) == 1
    assert held.state == (PostState.PUBLISHED if status in (416, 500) else PostState.UPLOADING)
    worker.run_for(HOUR)
    assert history(post, instance) == (STRAIGHT if status in (416, 500) else AGAIN)
    assert len(published(tiktok)) == 1


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, STRAIGHT), (206, STRAIGHT), (500, STRAIGHT), (403, AGAIN), (404, AGAIN), (416, STRAIGHT)],
)
def test_answer_before_the_last_bytes_sets_no_commit_point(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, status: int, expected: list[str]
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    answer_early(worker, tiktok, instance, status)
    assert submission_of(post, instance).commit_point_at is None
    worker.run_for(600)
    assert (history(post, instance), len(published(tiktok))) == (expected, 1)


def test_success_before_the_last_bytes_left_is_no_success(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    answer_early(worker, tiktok, instance, 201)
    assert submission_of(post, instance).commit_point_at is not None
    assert reread(post, instance).state == PostState.UPLOADING
    worker.run_for(2 * HOUR)
    assert (history(post, instance), len(published(tiktok))) == (AGAIN, 1)


def answer_early(worker: Worker, tiktok: Simulator, instance: Instance, status: int) -> None:
    """Two chunks arrive; the third is answered before its body was read."""
    fail_chunk(tiktok, 503, number=2)
    worker.run_due()
    with instance_scope(instance):
        Submission.objects.update(commit_point_at=None)
    with responses.RequestsMock() as network:
        network.add_passthru(f"{tiktok.base_url}/v2/")
        network.put(re.compile(".*/upload/.*"), status=status)
        while not network.calls or network.calls[-1].request.method != "PUT":
            worker.run_for(1)


# Refused ranges


def test_range_that_does_not_match_is_taken_from_tiktok(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    fail_chunk(tiktok, 503, number=2)
    worker.run_due()
    with instance_scope(instance):
        Submission.objects.filter(post=post).update(sent_bytes=0, is_in_doubt=False)
    worker.run_for(600)
    assert sent(tiktok) == [(0, True), (CHUNK, True), (2 * CHUNK, False), (0, False), (2 * CHUNK, True)]
    assert len(published(tiktok)) == 1


def test_three_refused_ranges_end_the_sending_until_the_url_is_dead(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault("error", "upload", status=416, skip=1, times=3)
    worker.run_for(64 * 60)
    assert sent(tiktok) == [(0, True), (CHUNK, False), (CHUNK, False), (CHUNK, False)]
    assert reread(post, instance).hold_reason == "upload_refused"
    worker.run_for(HOUR)
    assert (history(post, instance), len(published(tiktok))) == (AGAIN, 1)


def test_refusals_that_go_to_and_fro_end_too_and_slow_down_before(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    fail_chunk(tiktok, 503, number=1)
    worker.run_due()
    with responses.RequestsMock() as network:
        network.add_passthru(f"{tiktok.base_url}/v2/")
        network.put(re.compile(".*/upload/.*"), status=416, headers={"Content-Range": f"bytes 0-0/{15 * MB + 7}"})
        network.put(re.compile(".*/upload/.*"), status=416, headers={"Content-Range": f"bytes 0-{CHUNK}/{15 * MB + 7}"})
        while not puts_of(network):
            worker.run_for(1)
        assert puts_of(network) == 2  # the first place that TikTok names is tried at once, the next one after a pause
        assert reread(post, instance).hold_reason == "upload_interrupted"
        worker.run_for(30 * 60)
        assert puts_of(network) == 3
    worker.run_for(2 * HOUR)
    assert (history(post, instance), len(published(tiktok))) == (AGAIN, 1)


def puts_of(network: responses.RequestsMock) -> int:
    return len([call for call in network.calls if call.request.method == "PUT"])


def test_refused_range_counts_no_longer_once_tiktok_has_more(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    for number in (0, 1, 2):
        fail_chunk(tiktok, 416, number=number)  # each chunk once: a good one passes in between
    worker.run_for(600)
    assert sent(tiktok) == [(chunk * CHUNK, is_stored) for chunk in (0, 1, 2) for is_stored in (False, True)]
    assert (history(post, instance), len(published(tiktok))) == (STRAIGHT, 1)


# An upload URL that cannot be read


@pytest.mark.parametrize("is_past_commit_point", [False, True])
def test_upload_url_that_does_not_decrypt_waits_until_it_is_dead(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, is_past_commit_point: bool
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    fail_chunk(tiktok, 503, number=2 if is_past_commit_point else 1)
    worker.run_due()
    sealed = submission_of(post, instance).upload_url_sealed  # type: ignore[attr-defined]
    with instance_scope(instance):
        Submission.objects.update(upload_url=type(sealed)("lost-key:" + sealed.text.partition(":")[2]))
    worker.run_for(64 * 60)
    held = reread(post, instance)
    expected = "bytes_missing" if is_past_commit_point else "upload_unreadable"
    assert (held.state, held.hold_reason, len(tiktok.posts())) == (PostState.UPLOADING, expected, 1)
    worker.run_for(HOUR)
    assert (history(post, instance), len(published(tiktok))) == (AGAIN, 1)


def test_receipt_whose_url_does_not_decrypt_is_adopted_for_its_id(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault("lost_answer", "video_init")
    worker.run_due()
    (seen,) = tiktok.posts()
    with instance_scope(instance):
        submission = Submission.objects.get()
        Submission.objects.update(closed_at=None, closed_because="", is_uploading=True)
        post = reread(post, instance)
        type(post).objects.filter(pk=post.pk).update(state=PostState.INITING)
        keep_receipt(submission, PublishInit(seen.publish_id, Secret("https://open-upload.tiktokapis.com/x")))
        sealed = InitReceipt.objects.get().upload_url_sealed  # type: ignore[attr-defined]
        InitReceipt.objects.update(upload_url=type(sealed)("lost-key:" + sealed.text.partition(":")[2]))
    worker.run_for(600)
    held = reread(post, instance)
    assert (held.state, held.hold_reason) == (PostState.UPLOADING, "upload_unreadable")
    assert submission_of(post, instance).publish_id == seen.publish_id
    worker.run_for(2 * HOUR)
    assert (len(published(tiktok)), len(tiktok.posts())) == (1, 2)
