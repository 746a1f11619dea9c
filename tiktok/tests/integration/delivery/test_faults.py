"""Faults of TikTok or the connection: the post is published once or says what is known."""

import pytest

from instances.models import Instance
from tiktok.models import AttentionReason, PostState
from tiktok.tests.fixtures_posts import CHUNK, MB, Submit, Worker, history, reread
from tiktok.tests.integration.delivery.outcomes import AGAIN, HOUR, STRAIGHT, attention, published, sent
from tiktok.tests.simulator_process import Simulator

# While bytes go out


@pytest.mark.parametrize(
    ("fault", "puts"),
    [
        # An answer that got lost: TikTok is asked, and no stored chunk goes out again.
        ({"fault": "lost_answer"}, [(0, True), (CHUNK, True), (2 * CHUNK, True)]),
        ({"fault": "lost_answer", "skip": 1}, [(0, True), (CHUNK, True), (2 * CHUNK, True)]),
        ({"fault": "lost_answer", "last_chunk": True}, [(0, True), (CHUNK, True), (2 * CHUNK, True)]),
        ({"fault": "finished_upload_404"}, [(0, True), (CHUNK, True), (2 * CHUNK, True)]),
        # A chunk that did not arrive: the same one again.
        ({"fault": "drop_connection"}, [(0, False), (0, True), (CHUNK, True), (2 * CHUNK, True)]),
        (
            {"fault": "drop_connection", "skip": 1, "after_bytes": MB},
            [(0, True), (CHUNK, False), (CHUNK, True), (2 * CHUNK, True)],
        ),
        (
            {"fault": "drop_connection", "last_chunk": True, "after_bytes": 6 * MB - 1},
            [(0, True), (CHUNK, True), (2 * CHUNK, False), (2 * CHUNK, True)],
        ),
        (
            {"fault": "server_error", "skip": 1, "times": 2},
            [(0, True), (CHUNK, False), (CHUNK, False), (CHUNK, True), (2 * CHUNK, True)],
        ),
        (
            {"fault": "html_error", "last_chunk": True},
            [(0, True), (CHUNK, True), (2 * CHUNK, False), (2 * CHUNK, True)],
        ),
        ({"fault": "redirect"}, [(0, False), (0, True), (CHUNK, True), (2 * CHUNK, True)]),
    ],
)
def test_broken_upload_continues_at_the_missing_chunk(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, fault: dict[str, object],
    puts: list[tuple[int, bool]],
) -> None:  # fmt: skip
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault(**{"endpoint": "upload", **fault})  # type: ignore[arg-type]
    worker.run_for(HOUR)
    assert sent(tiktok) == puts
    assert history(post, instance) == STRAIGHT
    assert len(published(tiktok)) == 1


def test_lost_init_answer_leads_to_a_new_init_and_one_publication(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault("lost_answer", "video_init")
    worker.run_for(600)
    assert history(post, instance) == ["draft", "due", "initing", *STRAIGHT[1:]]
    assert [seen.status for seen in tiktok.posts()] == ["PROCESSING_UPLOAD", "PUBLISH_COMPLETE"]


def test_url_dead_under_the_last_bytes_needs_two_late_proofs(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault("expired_upload_url", "upload", last_chunk=True)
    worker.run_for(64 * 60)
    assert (len(tiktok.posts()), reread(post, instance).state) == (1, PostState.UPLOADING)
    assert reread(post, instance).hold_reason == "bytes_missing"
    reads = len(tiktok.requests("status"))
    worker.run_for(HOUR)
    assert len(tiktok.requests("status")) >= reads + 2
    assert history(post, instance) == AGAIN
    assert len(published(tiktok)) == 1


def test_one_late_read_that_lags_is_no_proof(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault("finished_upload_404")
    tiktok.fault("lagging_status", times=-1)
    worker.run_for(64 * 60)
    assert reread(post, instance).hold_reason == "bytes_missing"
    tiktok.clear_faults()
    tiktok.fault("lagging_status")
    worker.run_for(HOUR)
    assert tiktok.armed_faults() == []
    assert history(post, instance) == STRAIGHT
    assert len(tiktok.posts()) == 1


def test_lagging_status_sends_no_stored_chunk_again(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    submit(privacy_level="SELF_ONLY")
    tiktok.fault("lost_answer", "upload", last_chunk=True)
    tiktok.fault("lagging_status", "status", lag_bytes=12 * MB)
    worker.run_for(HOUR)
    assert [put for put in sent(tiktok) if put[1]] == [(0, True), (CHUNK, True), (2 * CHUNK, True)]
    assert len(sent(tiktok)) == 3
    assert len(published(tiktok)) == 1


# Tokens, rates, quotas


@pytest.mark.parametrize("when", [PostState.DUE, PostState.UPLOADING, PostState.PROCESSING])
def test_expired_access_token_is_refreshed_once_during_a_publish(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, when: str
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    if when == PostState.UPLOADING:
        tiktok.fault("drop_connection", "upload", skip=1)
    if when != PostState.DUE:
        worker.run_due()
    assert reread(post, instance).state == when
    tiktok.expire_token("maren")
    worker.run_for(600)
    assert history(post, instance) == STRAIGHT
    assert len([call for call in tiktok.requests("token") if call.status == 200]) == 1
    assert [call.status for call in tiktok.requests("video_init")] == [200]
    assert [put[0] for put in sent(tiktok) if put[1]] == [0, CHUNK, 2 * CHUNK]


@pytest.mark.parametrize("endpoint", ["creator_info", "video_init", "status"])
def test_a_429_is_waited_out_without_another_call(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, endpoint: str
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    before = len(tiktok.requests(endpoint))
    tiktok.fault("rate_limit", endpoint)
    worker.run_for(60)
    assert len(tiktok.requests(endpoint)) == before + 1
    assert reread(post, instance).hold_reason in {"rate_limit_exceeded", "rate"}
    worker.run_for(600)
    assert reread(post, instance).state == PostState.PUBLISHED
    assert reread(post, instance).hold_reason == ""


@pytest.mark.parametrize("fault", ["server_error", "html_error", "drop_connection", "lost_answer", "truncated_json"])
@pytest.mark.parametrize("endpoint", ["creator_info", "video_init", "status"])
def test_faults_of_calls_pass(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance, fault: str, endpoint: str
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    tiktok.fault(fault, endpoint, times=2)
    worker.run_for(HOUR)
    assert reread(post, instance).state == PostState.PUBLISHED
    assert len(published(tiktok)) == 1


def test_ten_unanswered_inits_end_it(submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance) -> None:
    post = submit()
    tiktok.fault("server_error", "video_init", times=-1)
    worker.run_for(6 * HOUR)
    post = reread(post, instance)
    assert (post.state, post.error_code) == (PostState.FAILED, "init_limit")
    assert len(tiktok.requests("video_init")) == 10


# TikTok's status


def test_three_answered_inits_end_it(submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance) -> None:
    post = submit()
    tiktok.fault("fail_reason", reason="internal", times=-1)
    worker.run_for(6 * HOUR)
    post = reread(post, instance)
    assert (post.state, post.error_code, len(tiktok.posts())) == (PostState.FAILED, "init_limit", 3)


def test_post_without_a_final_status_within_a_day_is_unknown(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit()
    tiktok.fault("hold")
    worker.run_for(23 * HOUR)
    assert reread(post, instance).state == PostState.PROCESSING
    worker.run_for(2 * HOUR)
    assert attention(post, instance) == (PostState.NEEDS_ATTENTION, AttentionReason.OUTCOME_UNKNOWN)
    assert len(tiktok.posts()) == 1


def test_moderation_may_take_hours_until_the_link_is_there(
    submit: Submit, worker: Worker, tiktok: Simulator, instance: Instance
) -> None:
    post = submit()
    tiktok.fault("moderation_delay", delay_s=5 * HOUR)
    worker.run_for(4 * HOUR)
    assert (reread(post, instance).state, reread(post, instance).post_ids) == (PostState.PUBLISHED, [])
    worker.run_for(2 * HOUR)
    assert len(reread(post, instance).share_urls) == 1
