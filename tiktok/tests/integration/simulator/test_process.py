"""The simulator as a process: how it starts, ends and remembers."""

import hashlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tiktok.tests.integration.simulator.talk import CALLBACK, Talk, start_task
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.media_server import serving_media
from tiktok.tests.simulator_process import ROOT, ControlError, Simulator

CHUNK = 6_000_000


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "simulator.sqlite3"


def run(state: Path | None, *, loopback: bool = True) -> Simulator:
    return Simulator(state=state, loopback=loopback).start()


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    simulator = run(None)
    yield simulator
    simulator.stop()


def test_world_outlives_a_killed_process(state: Path) -> None:
    before = run(state)
    user = before.create_user("maren")
    tokens = before.grant(user)
    before.advance(1000)
    task = start_task(Talk(before), tokens.access_token, size=2 * CHUNK, chunk=CHUNK)
    Talk(before).put(task.url, *task.piece(0))
    before.kill()

    after = run(state)
    talk = Talk(after)
    assert after.now() - time.time() > 900
    assert "access_token" in talk.refresh(tokens.refresh_token).json()
    assert talk.put(task.url, *task.piece(1)).status == 201
    assert talk.status(tokens.access_token, task.publish_id)["uploaded_bytes"] == 2 * CHUNK
    assert after.posts()[0].sha256 == ""
    assert after.stop() == 0


def test_pull_starts_again_after_a_restart(state: Path) -> None:
    before = run(state)
    token = before.grant(before.create_user("maren")).access_token
    with serving_media() as media:
        page = media.add("clip.mp4", b"a video")
        page.gate.clear()
        before.trust_prefix(media.prefix)
        publish_id = Talk(before).pull(token, media.url("clip.mp4")).publish_id
        wait_until(lambda: media.served, what="the pull has begun")
        before.kill()
        page.gate.set()
        after = run(state)
        wait_until(lambda: after.posts(publish_id=publish_id)[0].finished_at, what="the video is there")

        assert after.posts()[0].sha256 == hashlib.sha256(b"a video").hexdigest()
        assert [found.is_verified for found in after.url_properties()] == [True]
        assert len(media.served) == 2
        after.stop()


def test_new_world_has_the_demo_people_and_an_old_one_is_left_alone(state: Path) -> None:
    first = run(state)
    people = len(first.get("users")["items"])
    first.reset()
    first.stop()
    second = run(state)

    assert (people, second.get("users")["items"]) == (6, [])
    second.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_at_once_even_during_a_slow_answer(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "tiktok.simulator", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().removeprefix("listening on ").strip()
        waiting = http.client.HTTPConnection(urlsplit(url).netloc)
        body = '{"fault": "slow", "endpoint": "avatar", "delay_s": 60}'
        waiting.request("POST", "/_sim/faults", body, {"Content-Type": "application/json"})
        waiting.getresponse().read()
        waiting.request("GET", "/avatars/maren-bakes.png")
        begun = time.monotonic()
        process.send_signal(number)

        assert process.wait(timeout=5) == 0
        assert time.monotonic() - begun < 2
        assert process.stderr.read() == ""
        waiting.close()


def test_management_command_is_the_same_program() -> None:
    command = [sys.executable, "manage.py", "tiktok_simulator", "--port", "0", "--loopback"]
    environment = os.environ | {"DATABASE_URL": "sqlite:////nonexistent/x.sqlite3"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.terminate()

        assert line.startswith("listening on http://127.0.0.1:")
        assert process.wait(timeout=5) == 0


def test_one_connection_serves_many_requests(simulator: Simulator) -> None:
    connection = http.client.HTTPConnection(urlsplit(simulator.base_url).netloc)
    connection.connect()
    socket = connection.sock
    for _ in range(3):
        connection.request("GET", "/v2/user/info/?fields=open_id")
        assert connection.getresponse().read() != b""
        assert connection.sock is socket
    connection.close()


def test_without_loopback_a_web_app_redirects_to_https_only() -> None:
    strict = run(None, loopback=False)
    with pytest.raises(ControlError, match="https only"):
        strict.create_app("web", type="web", redirect_uris=[CALLBACK])

    strict.stop()


def peak_memory_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_memory_stays_flat_while_a_chunk_comes_in(simulator: Simulator) -> None:
    talk = Talk(simulator)
    token = simulator.grant(simulator.create_user()).access_token
    small = start_task(talk, token)
    talk.put(small.url, *small.piece(0))
    before = peak_memory_kb(simulator.pid)
    large = start_task(talk, token, size=64_000_000)
    talk.put(large.url, *large.piece(0))

    assert peak_memory_kb(simulator.pid) - before < 8_000
    assert simulator.posts()[1].sha256 == hashlib.sha256(large.video).hexdigest()
