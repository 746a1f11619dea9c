"""``manage.py up`` as an operator runs it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.tests.production import ROOT, free_port, until

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(120)]


def command(bind: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), "up", "--bind", bind]


def surroundings(data_dir: Path, **variables: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(data_dir), "DATA_DIR": str(data_dir)} | variables


@contextmanager
def product(data_dir: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A running product whose output is in up.log; the supervisor is killed if a test leaves it running."""
    with (data_dir / "up.log").open("ab") as log:
        process = subprocess.Popen(
            command(f"127.0.0.1:{port}"), env=surroundings(data_dir), stdout=log, stderr=subprocess.STDOUT
        )
    try:
        assert until(lambda: "Clipdesk is running at" in said(data_dir) or process.poll() is not None), said(data_dir)
        yield process
    finally:
        process.kill()
        process.wait()


def said(data_dir: Path) -> str:
    return (data_dir / "up.log").read_text()


def processes_of(data_dir: Path) -> list[str]:
    """Command lines of living processes that work on ``data_dir``."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"DATA_DIR={data_dir}\0".encode() in (entry / "environ").read_bytes() + b"\0":
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def refusal(data_dir: Path, bind: str, **variables: str) -> str:
    result = subprocess.run(
        command(bind), env=surroundings(data_dir, **variables), capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 1, result.stdout
    return result.stderr.strip().splitlines()[-1]


def test_it_prints_the_owners_link_serves_and_ends_whole(tmp_path: Path) -> None:
    port = free_port()
    with product(tmp_path, port) as process:
        assert until(lambda: f"http://127.0.0.1:{port}/invite/" in said(tmp_path)), said(tmp_path)
        assert until(lambda: "jobs:" in said(tmp_path)), said(tmp_path)
        second = refusal(tmp_path, f"127.0.0.1:{free_port()}")

        os.kill(process.pid, signal.SIGINT)
        assert process.wait(timeout=20) == 0

    assert second == f"CommandError: Clipdesk is already running on {tmp_path} (process {process.pid}). Stop it first."
    assert processes_of(tmp_path) == []


def test_data_directory_is_closed_to_other_users(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir(mode=0o755)
    old = data_dir / "clipdesk.sqlite3"
    old.touch(mode=0o644)
    with product(data_dir, free_port()):
        assert until(lambda: "jobs:" in said(data_dir)), said(data_dir)
        modes = {path.name: path.stat().st_mode & 0o077 for path in (data_dir, *data_dir.glob("*.sqlite3*"))}

    assert set(modes.values()) == {0}
    assert {"clipdesk.sqlite3", "clipdesk.sqlite3-wal", "clipdesk.sqlite3-shm"} <= modes.keys()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's word about a dead parent is Linux's")
def test_killed_supervisor_leaves_no_orphans(tmp_path: Path) -> None:
    with product(tmp_path, free_port()) as process:
        assert until(lambda: "jobs:" in said(tmp_path)), said(tmp_path)
        process.kill()

    assert until(lambda: processes_of(tmp_path) == [], timeout_s=20)


def test_other_machines_are_kept_out_while_debugging_or_with_demo_data(tmp_path: Path) -> None:
    debugging = refusal(tmp_path, "0.0.0.0:8000", DEBUG="true")
    unnamed = refusal(tmp_path, "0.0.0.0:8000")
    (tmp_path / "demo.json").write_text("{}")
    demo = refusal(tmp_path, "0.0.0.0:8000", BASE_URL="https://clip.example.com")

    assert debugging == "CommandError: DEBUG is on, so Clipdesk listens only on loopback addresses."
    assert unnamed.startswith("CommandError: Set BASE_URL")
    assert demo == "CommandError: This is demo data, so Clipdesk listens only on loopback addresses."
