"""What a Celery worker process does beside its tasks; config/celery.py calls it by name."""

import logging
import os

from django.conf import settings

from instances.jobs.process import stopping
from instances.jobs.sweeper import Sweeper, configured_sources, free_dead_leases, shared_slots

log = logging.getLogger(__name__)


def start() -> None:
    """At ``worker_init``, which comes whether or not broker and database answer: begin to sweep."""
    sources = configured_sources(with_periodic=False)
    Sweeper(sources, threads=settings.JOB_THREADS, limit=shared_slots).start(first=_greet)


def _greet() -> None:
    """In the sweeper's thread, since a database that is down at the start must not end the worker's sweep."""
    log.info("sweeper runs in process %s; %s dead leases freed", os.getpid(), free_dead_leases())


def stop() -> None:
    """At ``worker_shutting_down``: steps give their claims back between two blocks."""
    stopping.set()
