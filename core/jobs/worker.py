"""The sweep of Celery's worker, and the table of its beat."""

import logging
import os
import threading
import time
from typing import Any, Final

from celery import current_app
from celery.signals import beat_init, worker_init, worker_shutdown, worker_shutting_down
from django.conf import settings

from core.jobs import process, registry
from core.jobs.sweeper import Sweeper, free_dead_leases
from core.jobs.tasks import run_periodic

log = logging.getLogger(__name__)
# Celery waits for its tasks, and Python for their threads, without end; a little more than the sweep's own grace.
INSIST_AFTER_S: Final = process.GRACE_S + 1
_sweep: list[threading.Thread] = []


@worker_init.connect
def start(**_: Any) -> None:
    """Begin to sweep, even if broker and database do not answer (``worker_ready`` waits for the broker)."""
    sweeper = Sweeper(registry.sources(), threads=settings.JOB_THREADS)
    _sweep.append(sweeper.start(first=_greet))


def _greet() -> None:
    """Free dead leases in the sweeper's thread: a database that is down must not end the worker's sweep."""
    log.info("sweeper runs in process %s; %s dead leases freed", os.getpid(), free_dead_leases())


@worker_shutting_down.connect
def stop(*, exit_code: int = 0, **_: Any) -> None:
    """Stop the sweep at TERM, which waits for running tasks: steps release their claims between two blocks."""
    process.stop()
    threading.Thread(target=_insist, args=[exit_code], name="insist", daemon=True).start()


def _insist(exit_code: int) -> None:
    time.sleep(INSIST_AFTER_S)
    log.warning("work outlasts the end of this worker: cut")
    os._exit(exit_code)


@worker_shutdown.connect
def wait_for_sweep(**_: Any) -> None:
    """Wait for the sweep's steps, which release their claims, after the tasks have ended."""
    if not process.stopping.is_set():  # the worker ends because of a fault
        stop(exit_code=1)
    for thread in _sweep:
        thread.join()


@beat_init.connect
def schedule_periodic_jobs(**_: Any) -> None:
    """Have beat request every periodic job at its interval; the runner checks whether it is due."""
    current_app.conf.beat_schedule = {
        job.name: {
            "task": run_periodic.name,
            "schedule": job.every_s,
            "args": [job.name],
            "options": {"queue": "sync", "expires": job.every_s},
        }
        for job in registry.periodic_jobs()
    }
