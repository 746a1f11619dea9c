"""A real ``manage.py jobs`` process on the test database, to be killed in the middle of its work."""

import base64
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self
from urllib.parse import quote

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]


def wait_until(condition: Callable[[], object], *, what: str, timeout_s: float = 30, every_s: float = 0.03) -> None:
    """Return when ``condition``, asked every so many seconds, holds; fail naming ``what`` when it does not in time."""
    end, pause = time.monotonic() + timeout_s, threading.Event()
    while not condition():
        assert time.monotonic() < end, f"not in time: {what}"
        pause.wait(every_s)


def peak_memory_bytes(pid: int) -> int:
    """The most that was ever resident of this process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def database_url() -> str:
    """The test's own database."""
    own = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{own['NAME']}"
    user, password = quote(own["USER"], safe=""), quote(own["PASSWORD"], safe="")
    return f"postgres://{user}:{password}@{own['HOST']}:{own['PORT']}/{own['NAME']}"


def environment(scratch: Path, **more: str) -> dict[str, str]:
    """Variables with which a process of its own works on what this test sees."""
    ring = ((key_id, base64.urlsafe_b64encode(key).decode()) for key_id, key in settings.FIELD_ENCRYPTION_KEYS.items())
    return {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
        "PYTHONUNBUFFERED": "1",
        "DATA_DIR": str(scratch),
        "DATABASE_URL": database_url(),
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "SECRET_KEY": settings.SECRET_KEY,
        "FIELD_ENCRYPTION_KEYS": ",".join(f"{key_id}:{key}" for key_id, key in ring),
        "TIKTOK_API_BASE_URL": settings.TIKTOK_API_BASE_URL,
        "UPLOAD_CHUNK_BYTES": str(settings.UPLOAD_CHUNK_BYTES),
        "UPLOAD_SINGLE_LIMIT_BYTES": str(settings.UPLOAD_SINGLE_LIMIT_BYTES),
        "PUBLISH_LEASE_S": "4",
        "JOB_THREADS": "8",
        **more,
    }


EMBEDDED = ["manage.py", "jobs"]
CELERY = ["-m", "celery", "-A", "config.celery", "worker", "--pool", "threads", "-c", "8", "-l", "INFO"]


class JobsProcess:
    """Start it as often as you like; each start is a new process on the same database."""

    def __init__(self, command: list[str] = EMBEDDED, *, ready: str = "dead leases freed", **variables: str) -> None:
        self._command, self._ready, self._variables = command, ready, variables
        self._scratch = tempfile.TemporaryDirectory(prefix="clipdesk-jobs-")
        self._process: subprocess.Popen[bytes] | None = None
        self.log = Path(self._scratch.name) / "jobs.log"

    def start(self, **more: str) -> Self:
        """Returns when it sweeps."""
        env = environment(Path(self._scratch.name), **(self._variables | more))
        before = self.log.read_text().count(self._ready) if self.log.exists() else 0
        with self.log.open("ab") as log:
            arguments = [sys.executable, *self._command]
            self._process = subprocess.Popen(arguments, cwd=ROOT, env=env, stdout=log, stderr=log)
        wait_until(lambda: self.log.read_text().count(self._ready) > before, what="jobs started")
        return self

    def peak_memory_bytes(self) -> int:
        """The most that has been resident since its start, by the kernel's account."""
        assert self._process is not None
        return peak_memory_bytes(self._process.pid)

    def kill(self) -> None:
        """As a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> float:
        """As a supervisor would; seconds until it was gone."""
        began = time.monotonic()
        self._end(signal.SIGTERM)
        return time.monotonic() - began

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=20)
            self._process = None

    def close(self) -> None:
        """Leave nothing behind."""
        self.kill()
        self._scratch.cleanup()
