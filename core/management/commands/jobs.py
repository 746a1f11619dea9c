"""``manage.py jobs``: all background work in one process, without a broker."""

import os
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from core.jobs import registry
from core.jobs.periodic import embedded_source
from core.jobs.process import stop
from core.jobs.sweeper import Sweeper, free_dead_leases
from core.serving.private_files import close_to_others


class Command(BaseCommand):
    """Publish, poll, and run the periodic table until SIGTERM or SIGINT; ends within seconds."""

    help = "Run all background work in this process (no broker needed)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Free what dead processes hold, then sweep."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _stop)
        close_to_others(Path(settings.DATA_DIR))
        registry.load()
        freed = free_dead_leases()
        threads = settings.JOB_THREADS
        self.stdout.write(f"jobs: {threads} threads, {freed} dead leases freed")
        self.stdout.flush()
        Sweeper([*registry.sources(), embedded_source], threads=threads).run()
        self._leave()

    def _leave(self) -> None:
        """Leave a call that outlasts the grace time, like a power cut would: the claim ends, nothing is lost."""
        self.stdout.write("jobs: stopped")
        self.stdout.flush()
        if any(thread.name.startswith("job-") for thread in threading.enumerate()):
            os._exit(0)


def _stop(_number: int, _frame: FrameType | None) -> None:
    stop()
