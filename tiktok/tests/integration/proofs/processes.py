"""Real processes as an operator runs them: background work, the web server, a Redis of one's own."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

import yaml
from django.db import connection

from tiktok.tests.jobs_process import ROOT, environment, peak_memory_bytes, wait_until

BIN = Path(sys.executable).parent
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "BASE_URL": "https://clip.example.com",
    "TRUSTED_PROXY_COUNT": "1",
}
# Lines in their logs when they sweep.
SWEEPS = "dead leases freed"


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as end:
        return int(end.getsockname()[1])


def is_listening(port: int) -> bool:
    """Return whether a server accepts connections there."""
    with socket.socket() as end:
        end.settimeout(0.5)
        return end.connect_ex(("127.0.0.1", port)) == 0


class Process:
    """A command in a process group of its own; each start is a new process, all write into one log."""

    def __init__(self, name: str, command: list[str], env: dict[str, str]) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix=f"clipdesk-{name}-")
        self._command = command
        self._env = env
        self._process: subprocess.Popen[bytes] | None = None
        self.name = name
        self.log = Path(self._scratch.name) / f"{name}.log"

    def start(self, ready: str = "", **more: str) -> Self:
        """Returns when the log shows ``ready`` once more."""
        before = self._count(ready) if ready else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._env | more, stdout=log, stderr=log, start_new_session=True
            )
        if ready:
            wait_until(lambda: self._count(ready) > before, what=f"{self.name} says {ready!r}")
        return self

    def _count(self, words: str) -> int:
        return self.text().count(words)

    def text(self) -> str:
        """Return its log so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def peak_memory_bytes(self) -> int:
        """The most that has been resident since its start."""
        assert self._process is not None
        return peak_memory_bytes(self._process.pid)

    def kill(self) -> None:
        """As a power cut would, with all its children."""
        self._end(signal.SIGKILL)

    def stop(self) -> float:
        """As a supervisor would; seconds until it was gone."""
        began = time.monotonic()
        self._end(signal.SIGTERM)
        return time.monotonic() - began

    def freeze(self) -> None:
        """Alive, and it answers nothing."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """As if nothing had been."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGCONT)

    @property
    def pid(self) -> int:
        """The id of the running process."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):  # it has ended by itself, and all its children too
                os.killpg(self._process.pid, number)
            self._process.wait(timeout=20)
            self._process = None

    def close(self) -> None:
        """Leave nothing behind."""
        self.kill()
        self._scratch.cleanup()


def own_environment(scratch: Path, **more: str) -> dict[str, str]:
    """As the test's own database and files, with short leases."""
    settled = {"PUBLISH_LEASE_S": "2", "BASE_URL": "http://127.0.0.1:8000"}
    return environment(scratch, **(settled | more))


def background(scratch: Path, loglevel: str = "INFO", **more: str) -> tuple[Process, str]:
    """All background work, and what its log says when it sweeps: embedded, or the Celery worker of production."""
    if connection.vendor == "sqlite":
        command = [sys.executable, "manage.py", "jobs"]
        return Process("jobs", command, own_environment(scratch, **more)), SWEEPS
    settled = PRODUCTION | {"REDIS_URL": os.environ["REDIS_URL"]}
    return Process(
        "worker", worker_command(loglevel), own_environment(scratch, **(settled | more))
    ), "dead leases freed"


def worker_command(loglevel: str) -> list[str]:
    """Return the command of docker-compose.yml."""
    return [*_composed("worker"), "--loglevel", loglevel]


def beat_command(folder: Path) -> list[str]:
    """Return the command of docker-compose.yml; its schedule is in ``folder``."""
    return [*_composed("beat"), "--schedule", str(folder / "celerybeat-schedule")]


def _composed(name: str) -> list[str]:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    program, *arguments = services[name]["command"]
    return [str(BIN / program), *arguments]


def web(scratch: Path, port: int, **more: str) -> Process:
    """The web server as ``make up`` runs it."""
    env = own_environment(scratch, **({"BASE_URL": f"http://127.0.0.1:{port}"} | more))
    command = [sys.executable, "manage.py", "serve", "--bind", f"127.0.0.1:{port}"]
    return Process("web", command, env)


def collect_static(scratch: Path) -> None:
    """Without it no page can name its styles."""
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=own_environment(scratch), check=True)


def redis(scratch: Path, port: int) -> Process:
    """A Redis that a test may stop, freeze and look into."""
    options = {"bind": "127.0.0.1", "save": "", "appendonly": "no", "maxmemory-policy": "noeviction"}
    flags = [word for name, value in options.items() for word in (f"--{name}", value)]
    command = ["redis-server", "--port", str(port), "--dir", str(scratch), *flags]
    return Process("redis", command, {"PATH": os.environ["PATH"]})
