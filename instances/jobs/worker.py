"""What a Celery worker process does beside its tasks; config/celery.py calls it by name."""

import logging
import os
import threading
import time
from typing import Final

from django.conf import settings

from instances.jobs import process
from instances.jobs.sweeper import Sweeper, configured_sources, free_dead_leases, shared_slots

log = logging.getLogger(__name__)
# Celery waits for its tasks, and Python for their threads, without end; a little more than the sweep's own grace.
INSIST_AFTER_S: Final = process.GRACE_S + 1
_sweep: list[threading.Thread] = []


def start() -> None:
    """At ``worker_init``, which comes whether or not broker and database answer: begin to sweep."""
    sources = configured_sources(with_periodic=False)
    sweeper = Sweeper(sources, threads=settings.JOB_THREADS, limit=shared_slots)
    _sweep.append(sweeper.start(first=_greet))


def _greet() -> None:
    """In the sweeper's thread, since a database that is down at the start must not end the worker's sweep."""
    log.info("sweeper runs in process %s; %s dead leases freed", os.getpid(), free_dead_leases())


def stop(*, exit_code: int = 0) -> None:
    """At ``worker_shutting_down``: steps give their claims back between two blocks."""
    process.stop()
    threading.Thread(target=_insist, args=[exit_code], name="insist", daemon=True).start()


def _insist(exit_code: int) -> None:
    time.sleep(INSIST_AFTER_S)
    log.warning("work outlasts the end of this worker: cut")
    os._exit(exit_code)


def wait_for_sweep() -> None:
    """At ``worker_shutdown``, when the tasks have ended: the sweep's steps, too, give their claims back."""
    if not process.stopping.is_set():  # the worker ends by a fault of its own
        stop(exit_code=1)
    for thread in _sweep:
        thread.join()
