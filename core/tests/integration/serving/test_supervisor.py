"""The supervisor with real processes."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.serving.lock import AlreadyRunning, running_lock
from core.serving.supervisor import Child, Supervisor

SLEEPER = "import time; open({path!r}, 'a').write('x'); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER
PARENT = (
    "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "open({path!r}, 'w').write(str(p.pid)); time.sleep(60)"
)


def until(condition: Callable[[], object], timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def child(name: str, script: str, path: Path) -> Child:
    return Child(name, [sys.executable, "-c", script.format(path=str(path))])


def run_until(supervisor: Supervisor, act: Callable[[], None]) -> list[BaseException]:
    """Run the supervisor here (signals need the main thread) while ``act`` looks and then stops it."""
    errors: list[BaseException] = []

    def watch() -> None:
        try:
            act()
        except AssertionError as error:
            errors.append(error)
        finally:
            supervisor.stop()

    thread = threading.Thread(target=watch)
    thread.start()
    supervisor.run()
    thread.join()
    return errors


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_crashed_child_is_started_again_and_that_is_said(tmp_path: Path) -> None:
    mark, said = tmp_path / "mark", list[str]()
    worker = child("jobs", SLEEPER, mark)
    supervisor = Supervisor([worker], say=said.append)

    def crash_it() -> None:
        until(mark.exists)
        assert worker.process
        os.kill(worker.process.pid, signal.SIGKILL)
        until(lambda: len(mark.read_text()) == 2)

    assert run_until(supervisor, crash_it) == []
    assert said == ["jobs ended (signal SIGKILL); starting it again in 1 s"]


def test_signal_ends_every_process_including_grandchildren(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    supervisor = Supervisor([child("web", PARENT, pid_file)], say=lambda _text: None)

    def interrupt() -> None:
        until(lambda: pid_file.exists() and pid_file.read_text())
        os.kill(os.getpid(), signal.SIGINT)
        until(lambda: supervisor._stopping)

    assert run_until(supervisor, interrupt) == []
    until(lambda: not is_alive(int(pid_file.read_text())))


def test_child_that_ignores_the_request_is_killed_after_a_while(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    worker = child("web", STUBBORN, mark)
    supervisor = Supervisor([worker], say=lambda _text: None, patience_s=0.2)

    assert run_until(supervisor, lambda: until(mark.exists)) == []
    assert worker.code() == -signal.SIGKILL


def test_one_data_directory_has_one_product(tmp_path: Path) -> None:
    path = tmp_path / "up.lock"
    with running_lock(path), pytest.raises(AlreadyRunning, match=rf"already running on .* \(process {os.getpid()}\)"):
        running_lock(path).__enter__()


def test_lock_file_of_a_dead_process_locks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "up.lock"
    path.write_text("4194304")

    with running_lock(path):
        assert path.read_text() == str(os.getpid())
