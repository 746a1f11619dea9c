"""PUT /upload/: chunks in order, exactly as announced."""

import hashlib
import http.client
import time
from urllib.parse import urlsplit

import pytest

from tiktok.tests.integration.simulator.talk import Talk, Task, start_task
from tiktok.tests.simulator_process import Simulator

CHUNK = 6_000_000
SIZE = 2 * CHUNK + 1234


@pytest.fixture
def task(talk: Talk, token: str) -> Task:
    """A video of two chunks, the second one longer."""
    return start_task(talk, token, size=SIZE, chunk=CHUNK)


def progress(uploaded: int, total: int = SIZE) -> str:
    return f"bytes 0-{uploaded}/{total}"


def test_chunks_in_order_are_stored_and_hashed(talk: Talk, tiktok: Simulator, token: str, task: Task) -> None:
    first, last = talk.put(task.url, *task.piece(0)), talk.put(task.url, *task.piece(1))

    assert (first.status, first.headers["Content-Range"]) == (206, progress(CHUNK))
    assert (last.status, last.headers["Content-Range"]) == (201, progress(SIZE))
    assert talk.status(token, task.publish_id)["uploaded_bytes"] == SIZE
    assert tiktok.posts()[0].sha256 == hashlib.sha256(task.video).hexdigest()


def test_post_becomes_complete_and_then_public(talk: Talk, tiktok: Simulator, token: str) -> None:
    task = start_task(talk, token, privacy_level="PUBLIC_TO_EVERYONE")
    talk.put(task.url, *task.piece(0))
    tiktok.settings(processing_delay_s=100, moderation_delay_s=100)
    tiktok.advance(1.6)
    processed = talk.status(token, task.publish_id)
    tiktok.advance(1)
    public = talk.status(token, task.publish_id)

    assert (processed["status"], processed["publicaly_available_post_id"]) == ("PUBLISH_COMPLETE", [])
    (post_id,) = public["publicaly_available_post_id"]
    assert post_id > 2**53
    assert len(str(post_id)) == 19


def test_private_post_never_gets_a_public_id(talk: Talk, tiktok: Simulator, token: str) -> None:
    task = start_task(talk, token)
    talk.put(task.url, *task.piece(0))
    tiktok.advance(3600)

    assert talk.status(token, task.publish_id) == {
        "status": "PUBLISH_COMPLETE",
        "publicaly_available_post_id": [],
        "uploaded_bytes": task.size,
    }


def test_bytes_that_are_missing_leave_a_post_in_processing(
    talk: Talk, tiktok: Simulator, token: str, task: Task
) -> None:
    talk.put(task.url, *task.piece(0))
    tiktok.advance(7000)

    status = talk.status(token, task.publish_id)
    assert (status["status"], status["uploaded_bytes"]) == ("PROCESSING_UPLOAD", CHUNK)


def test_progress_can_be_reported_as_an_index(talk: Talk, tiktok: Simulator, task: Task) -> None:
    tiktok.create_app(progress_is_index=True)

    assert talk.put(task.url, *task.piece(0)).headers["Content-Range"] == progress(CHUNK - 1)


def test_chunk_out_of_order_is_refused_with_the_progress(talk: Talk, task: Task) -> None:
    answer = talk.put(task.url, *task.piece(1))

    assert (answer.status, answer.headers["Content-Range"]) == (416, progress(0))


def test_stored_chunk_is_refused_and_the_record_shows_it(talk: Talk, tiktok: Simulator, task: Task) -> None:
    talk.put(task.url, *task.piece(0))
    again = talk.put(task.url, *task.piece(0))

    assert (again.status, again.headers["Content-Range"]) == (416, progress(CHUNK))
    assert [(put.first, put.received, put.stored) for put in tiktok.puts(task.publish_id)] == [
        (0, CHUNK, True),
        (0, CHUNK, False),
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/octet-stream"},
        {"Content-Range": "bytes 0-5999999/*"},
        {"Content-Range": "0-5999999/12001234"},
        {"Content-Range": "bytes 0-5999998/12001234"},
        {"Content-Range": "bytes 0-5999999/12001235"},
        {"Content-Range": f"bytes 0-5999999/{'9' * 5000}"},
    ],
)
def test_bad_headers_are_refused(talk: Talk, task: Task, headers: dict[str, str]) -> None:
    assert talk.put(task.url, *task.piece(0), headers).status == 400


def test_chunk_of_another_size_than_announced_is_refused(talk: Talk, task: Task) -> None:
    assert talk.put(task.url, task.video[: CHUNK + 1], 0, SIZE).status == 400


def test_upload_url_ends_after_an_hour(talk: Talk, tiktok: Simulator, task: Task) -> None:
    talk.put(task.url, *task.piece(0))
    tiktok.advance(3600)

    assert talk.put(task.url, *task.piece(1)).status == 403


@pytest.mark.parametrize(("old", "new"), [("upload_token=", "upload_token=x"), ("u-", "u-1")])
def test_unknown_upload_url_is_no_task(talk: Talk, task: Task, old: str, new: str) -> None:
    assert talk.put(task.url.replace(old, new), *task.piece(0)).status == 404


def begin_put(task: Task, index: int, sent: int) -> http.client.HTTPConnection:
    """Send the head of a PUT and only the first ``sent`` bytes of its chunk."""
    body, first, total = task.piece(index)
    connection = http.client.HTTPConnection(urlsplit(task.url).netloc)
    connection.putrequest("PUT", task.url[task.url.index("/upload/") :])
    connection.putheader("Content-Type", "video/mp4")
    connection.putheader("Content-Length", str(len(body)))
    connection.putheader("Content-Range", f"bytes {first}-{first + len(body) - 1}/{total}")
    connection.endheaders(body[:sent])
    return connection


def wait_for_put(tiktok: Simulator, task: Task, index: int, outcome: str) -> None:
    deadline = time.monotonic() + 5
    while [put.outcome for put in tiktok.puts(task.publish_id)][index:] != [outcome]:
        assert time.monotonic() < deadline


def test_connection_that_breaks_in_a_chunk_leaves_the_progress_before_it(
    talk: Talk, tiktok: Simulator, token: str, task: Task
) -> None:
    talk.put(task.url, *task.piece(0))
    begin_put(task, 1, 1000).close()
    wait_for_put(tiktok, task, 1, "connection_lost")

    assert talk.status(token, task.publish_id)["uploaded_bytes"] == CHUNK
    assert talk.put(task.url, *task.piece(1)).status == 201
    assert tiktok.posts()[0].sha256 == hashlib.sha256(task.video).hexdigest()


def test_of_two_puts_of_one_chunk_one_counts(talk: Talk, tiktok: Simulator, task: Task) -> None:
    slow = begin_put(task, 0, 1000)
    wait_for_put(tiktok, task, 0, "receiving")
    fast = talk.put(task.url, *task.piece(0))
    slow.send(task.piece(0)[0][1000:])
    late = slow.getresponse()
    late.read()
    slow.close()
    talk.put(task.url, *task.piece(1))

    assert (fast.status, late.status) == (206, 416)
    assert tiktok.posts()[0].sha256 == hashlib.sha256(task.video).hexdigest()


def test_finished_upload_takes_nothing_more(talk: Talk, token: str) -> None:
    task = start_task(talk, token)
    talk.put(task.url, *task.piece(0))

    assert talk.put(task.url, *task.piece(0)).status == 416


def test_file_that_is_no_video_fails_when_the_app_checks_it(talk: Talk, tiktok: Simulator, token: str) -> None:
    tiktok.create_app(check_format=True)
    task = start_task(talk, token)
    talk.put(task.url, *task.piece(0))
    tiktok.advance(2)

    status = talk.status(token, task.publish_id)
    assert (status["status"], status["fail_reason"]) == ("FAILED", "file_format_check_failed")


def test_revoking_access_ends_an_upload(talk: Talk, tiktok: Simulator, maren: str, task: Task) -> None:
    talk.put(task.url, *task.piece(0))
    tiktok.revoke(maren)

    assert talk.put(task.url, *task.piece(1)).status == 404
    assert talk.status(tiktok.grant(maren).access_token, task.publish_id)["fail_reason"] == "auth_removed"


def test_held_post_waits_until_it_is_released(talk: Talk, tiktok: Simulator, token: str) -> None:
    tiktok.fault("hold")
    task = start_task(talk, token)
    talk.put(task.url, *task.piece(0))
    tiktok.advance(3600)
    held = talk.status(token, task.publish_id)["status"]
    tiktok.finish(task.publish_id)

    assert held == "PROCESSING_UPLOAD"
    assert talk.status(token, task.publish_id)["status"] == "PUBLISH_COMPLETE"
