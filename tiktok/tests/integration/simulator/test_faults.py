"""Faults by name, as a client meets them."""

import http.client
import json
import time
from typing import Any

import pytest

from tiktok.tests.integration.simulator.talk import Talk, Task, start_task
from tiktok.tests.simulator_process import ControlError, Simulator

CHUNK = 6_000_000
SIZE = 2 * CHUNK
GONE = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)


@pytest.fixture
def task(talk: Talk, token: str) -> Task:
    return start_task(talk, token, size=SIZE, chunk=CHUNK)


@pytest.mark.parametrize(
    ("fault", "details", "outcome"),
    [
        ("rate_limit", {}, (429, "rate_limit_exceeded")),
        ("server_error", {}, (500, "internal_error")),
        ("server_error", {"status": 503}, (503, "internal_error")),
        ("error", {"code": "brand_new", "status": 418}, (418, "brand_new")),
        ("error", {"code": "spam_risk", "status": 200}, (200, "spam_risk")),
        ("revoked_grant", {}, (401, "access_token_invalid")),
    ],
)
def test_refusal_strikes_once_without_acting(
    talk: Talk, tiktok: Simulator, token: str, fault: str, details: dict[str, Any], outcome: tuple[int, str]
) -> None:
    tiktok.fault(fault, "video_init", **details)
    answer = talk.init(token)

    assert answer.outcome == outcome
    assert sorted(answer.json()) == ["data", "error"]
    assert tiktok.posts() == []
    assert tiktok.armed_faults() == []


def test_oauth_faults_are_flat(talk: Talk, tiktok: Simulator, maren: str) -> None:
    tokens = tiktok.grant(maren)
    tiktok.fault("server_error", "token")
    tiktok.fault("error", "token", code="temporarily_unavailable")

    assert talk.refresh(tokens.refresh_token).outcome == (500, "server_error")
    assert talk.refresh(tokens.refresh_token).outcome == (200, "temporarily_unavailable")
    assert "access_token" in talk.refresh(tokens.refresh_token).json()


def test_fault_counts_skips_and_picks_its_user(talk: Talk, tiktok: Simulator, token: str) -> None:
    other = tiktok.grant(tiktok.create_user("ole")).access_token
    tiktok.fault("rate_limit", "user_info", user="maren", times=2, skip=1)
    mine = [talk.user_info(token).status for _ in range(4)]

    assert mine == [200, 429, 429, 200]
    tiktok.fault("rate_limit", "user_info", user="maren", times=-1)
    assert [talk.user_info(t).status for t in (other, token, token)] == [200, 429, 429]
    tiktok.clear_faults()
    assert talk.user_info(token).status == 200


def test_html_error_is_no_envelope(talk: Talk, tiktok: Simulator, token: str) -> None:
    tiktok.fault("html_error", "status")
    answer = talk.publish("status/fetch", token, {"publish_id": "x"})

    assert (answer.status, answer.headers["Content-Type"]) == (502, "text/html")


def test_redirect_leads_elsewhere(talk: Talk, tiktok: Simulator, token: str) -> None:
    tiktok.fault("redirect", "user_info", status=307)
    answer = talk.user_info(token)

    assert (answer.status, answer.headers["Location"]) == (307, f"{tiktok.base_url}/elsewhere/")


def test_lost_answer_has_acted(talk: Talk, tiktok: Simulator, token: str) -> None:
    tiktok.fault("lost_answer", "video_init")
    with pytest.raises(GONE):
        talk.init(token)

    assert len(tiktok.posts()) == 1
    assert [(call.status, call.code, call.fault) for call in tiktok.requests("video_init")] == [
        (None, "connection_lost", "lost_answer")
    ]


def test_dropped_connection_has_not_acted(talk: Talk, tiktok: Simulator, token: str) -> None:
    tiktok.fault("drop_connection", "video_init")
    with pytest.raises(GONE):
        talk.init(token)

    assert tiktok.posts() == []


def test_truncated_json_breaks_off(talk: Talk, tiktok: Simulator, token: str) -> None:
    tiktok.fault("truncated_json", "video_init")
    with pytest.raises(http.client.IncompleteRead) as caught:
        talk.init(token)

    with pytest.raises(json.JSONDecodeError):
        json.loads(caught.value.partial)
    assert len(tiktok.posts()) == 1


def test_slow_waits_before_it_answers(talk: Talk, tiktok: Simulator, token: str) -> None:
    tiktok.fault("slow", "user_info", delay_s=0.2)
    begun = time.monotonic()

    assert talk.user_info(token).status == 200
    assert time.monotonic() - begun >= 0.2


def test_put_can_be_dropped_in_the_middle(talk: Talk, tiktok: Simulator, task: Task) -> None:
    tiktok.fault("drop_connection", "upload", after_bytes=1_000_000)
    with pytest.raises(GONE):
        talk.put(task.url, *task.piece(0))

    (put,) = tiktok.puts(task.publish_id)
    assert (put.received, put.stored, put.status) == (1_000_000, False, None)
    assert talk.put(task.url, *task.piece(0)).status == 206


def test_answer_to_the_last_chunk_can_be_lost(talk: Talk, tiktok: Simulator, token: str, task: Task) -> None:
    tiktok.fault("lost_answer", "upload", last_chunk=True)
    first = talk.put(task.url, *task.piece(0))
    with pytest.raises(GONE):
        talk.put(task.url, *task.piece(1))

    assert first.status == 206
    assert talk.status(token, task.publish_id)["uploaded_bytes"] == SIZE
    assert [put.stored for put in tiktok.puts(task.publish_id)] == [True, True]


def test_finished_upload_can_answer_404(talk: Talk, tiktok: Simulator, token: str, task: Task) -> None:
    tiktok.fault("finished_upload_404")
    statuses = [talk.put(task.url, *task.piece(index)).status for index in (0, 1, 1)]

    assert statuses == [206, 404, 404]
    assert talk.status(token, task.publish_id)["uploaded_bytes"] == SIZE


def test_upload_url_can_expire_early(talk: Talk, tiktok: Simulator, task: Task) -> None:
    tiktok.fault("expired_upload_url", "upload", skip=1)

    assert [talk.put(task.url, *task.piece(index)).status for index in (0, 1, 1)] == [206, 403, 403]


def test_upload_fault_is_bare_and_the_chunk_can_be_sent_again(talk: Talk, tiktok: Simulator, task: Task) -> None:
    tiktok.fault("server_error", "upload", status=502)
    failed = talk.put(task.url, *task.piece(0))

    assert (failed.status, failed.body) == (502, b"")
    assert talk.put(task.url, *task.piece(0)).status == 206


def test_status_can_lag_behind(talk: Talk, tiktok: Simulator, token: str, task: Task) -> None:
    for index in (0, 1):
        talk.put(task.url, *task.piece(index))
    tiktok.advance(60)
    tiktok.fault("lagging_status")

    lagging, true = (talk.status(token, task.publish_id) for _ in range(2))
    assert (lagging["status"], lagging["uploaded_bytes"]) == ("PROCESSING_UPLOAD", CHUNK)
    assert (true["status"], true["uploaded_bytes"]) == ("PUBLISH_COMPLETE", SIZE)


def test_any_fail_reason_can_be_had(talk: Talk, tiktok: Simulator, token: str) -> None:
    tiktok.fault("fail_reason", reason="spam_risk_text")
    task = start_task(talk, token)
    talk.put(task.url, *task.piece(0))
    before = talk.status(token, task.publish_id)["status"]
    tiktok.advance(2)
    after = talk.status(token, task.publish_id)

    assert before == "PROCESSING_UPLOAD"
    assert (after["status"], after["fail_reason"]) == ("FAILED", "spam_risk_text")


def test_processing_and_moderation_can_take_long(talk: Talk, tiktok: Simulator, token: str) -> None:
    tiktok.fault("processing_delay", delay_s=600)
    tiktok.fault("moderation_delay", delay_s=3600)
    task = start_task(talk, token, privacy_level="PUBLIC_TO_EVERYONE")
    talk.put(task.url, *task.piece(0))

    seen = []
    for seconds in (590, 20, 3600):
        tiktok.advance(seconds)
        status = talk.status(token, task.publish_id)
        seen.append((status["status"], len(status["publicaly_available_post_id"])))
    assert seen == [("PROCESSING_UPLOAD", 0), ("PUBLISH_COMPLETE", 0), ("PUBLISH_COMPLETE", 1)]


@pytest.mark.parametrize(("fault", "endpoint"), [("gremlins", ""), ("slow", "nowhere")])
def test_unknown_fault_is_refused(tiktok: Simulator, fault: str, endpoint: str) -> None:
    with pytest.raises(ControlError):
        tiktok.fault(fault, endpoint)
