"""An environment in which the production settings start, and a way to run commands in it."""

import base64
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PROPER: Final = {
    "BASE_URL": "https://clip.example.com",
    "SECRET_KEY": "k9Z-only-for-tests-0123456789abcdefghijklmnopqrstuvwxyz",
    "FIELD_ENCRYPTION_KEYS": "k1:" + base64.urlsafe_b64encode(bytes(range(32))).decode(),
    "DATABASE_URL": "postgres://clipdesk_app:x@127.0.0.1:1/clipdesk",
    "MIGRATION_DATABASE_URL": "postgres://clipdesk_owner:x@127.0.0.1:1/clipdesk",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "TRUSTED_PROXY_COUNT": "1",
}


def environment(data_dir: Path, *, without: str = "", **variables: str) -> dict[str, str]:
    """Return the environment of the image's processes, and nothing else; ``python`` is this Python."""
    given = {name: value for name, value in (PROPER | variables).items() if name != without}
    base = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "DATA_DIR": str(data_dir),
        "HOME": str(data_dir),
        "PYTHONUNBUFFERED": "1",
    }
    return base | given


def run_in_production(
    *command: str, data_dir: Path, without: str = "", **variables: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end, as the image would."""
    env = environment(data_dir, without=without, **variables)
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def started_in_production(*command: str, data_dir: Path, **variables: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a command as the image would, and end it as the composition does; its output goes to a file."""
    with (data_dir / f"{Path(command[0]).name}.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(data_dir, **variables), stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=30)


def until(condition: Callable[[], bool], timeout_s: float = 60) -> bool:
    """Wait until it holds; whether it did."""
    deadline = time.monotonic() + timeout_s
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return met


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
