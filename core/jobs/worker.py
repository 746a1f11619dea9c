"""What Celery's worker and beat do beside the tasks: the sweep, and beat's table."""

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
    """Begin to sweep, whether or not broker and database answer (``worker_ready`` waits for the broker)."""
    sweeper = Sweeper(registry.sources(), threads=settings.JOB_THREADS)
    _sweep.append(sweeper.start(first=_greet))


def _greet() -> None:
    """In the sweeper's thread, since a database that is down at the start must not end the worker's sweep."""
    log.info("sweeper runs in process %s; %s dead leases freed", os.getpid(), free_dead_leases())


@worker_shutting_down.connect
def stop(*, exit_code: int = 0, **_: Any) -> None:
    """TERM waits for running tasks: steps give their claims back between two blocks."""
    process.stop()
    threading.Thread(target=_insist, args=[exit_code], name="insist", daemon=True).start()


def _insist(exit_code: int) -> None:
    time.sleep(INSIST_AFTER_S)
    log.warning("work outlasts the end of this worker: cut")
    os._exit(exit_code)


@worker_shutdown.connect
def wait_for_sweep(**_: Any) -> None:
    """When the tasks have ended: the sweep's steps, too, give their claims back."""
    if not process.stopping.is_set():  # the worker ends by a fault of its own
        stop(exit_code=1)
    for thread in _sweep:
        thread.join()


@beat_init.connect
def schedule_periodic_jobs(**_: Any) -> None:
    """Beat asks for every periodic job at its time; whoever runs it looks whether it is due."""
    current_app.conf.beat_schedule = {
        job.name: {
            "task": run_periodic.name,
            "schedule": job.every_s,
            "args": [job.name],
            "options": {"queue": "sync", "expires": job.every_s},
        }
        for job in registry.periodic_jobs()
    }
