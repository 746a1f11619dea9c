"""The workers: the product's own processes, started, killed, frozen and woken."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tiktok.tests.chaos.lab import Setup
from tiktok.tests.integration.proofs.processes import PRODUCTION, SWEEPS, Process, beat_command, worker_command
from tiktok.tests.jobs_process import environment


def _process(options: Setup, scratch: Path, number: int) -> Process:
    if options.setup == "embedded":
        return Process(f"worker{number}", [sys.executable, "manage.py", "jobs"], environment(scratch, **_settled()))
    command = [*worker_command("INFO"), "--hostname", f"worker{number}@%h"]
    return Process(f"worker{number}", command, _production(scratch))


def _settled() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PUBLISH_LEASE_S", "JOB_THREADS")}


def _production(scratch: Path) -> dict[str, str]:
    return environment(scratch, **(_settled() | PRODUCTION | {"REDIS_URL": os.environ["REDIS_URL"]}))


def beat(scratch: Path) -> Process:
    """Return the process that starts periodic work with Celery, not started yet."""
    return Process("beat", beat_command(scratch), _production(scratch))


def web_process(options: Setup, scratch: Path, port: int) -> Process:
    """Return the web server, not started yet."""
    settled = environment(scratch, **_settled()) if options.setup == "embedded" else _production(scratch)
    env = settled | {"BASE_URL": f"http://127.0.0.1:{port}", "ALLOWED_HOSTS": "127.0.0.1"}
    return Process("web", [sys.executable, "manage.py", "serve", "--bind", f"127.0.0.1:{port}"], env)


@dataclass
class Worker:
    """A place that always has a process, however often it is killed."""

    process: Process
    is_frozen: bool = False
    died: int = 0
    _greetings: int = 0

    @property
    def is_ready(self) -> bool:
        """Whether the present process sweeps by now."""
        return self._count_greetings() > self._greetings

    def _count_greetings(self) -> int:
        return self.process.text().count(SWEEPS)

    def start(self) -> None:
        """Returns at once."""
        self._greetings = self._count_greetings()
        self.process.start()

    def kill(self) -> None:
        """As a power cut would; another process takes its place at once."""
        self.process.kill()
        self.is_frozen = False
        self.start()

    def freeze(self) -> None:
        """It keeps its connections, locks and claims, and does nothing."""
        self.process.freeze()
        self.is_frozen = True

    def thaw(self) -> None:
        """Continue it."""
        self.process.thaw()
        self.is_frozen = False

    def replace_if_dead(self) -> None:
        """A process that ended by itself is noted, and another one started."""
        if not self.process.is_running:
            self.died += 1
            self.kill()

    def dismiss(self, folder: Path) -> None:
        """End it, and keep its log there."""
        self.process.kill()
        shutil.copy(self.process.log, folder)
        self.process.close()


def hire(options: Setup, scratch: Path) -> list[Worker]:
    """So many workers, not started yet."""
    return [Worker(_process(options, scratch, number)) for number in range(options.workers)]
