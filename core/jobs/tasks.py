"""Celery's side of the periodic table."""

from functools import partial

from celery import shared_task

from core.jobs import periodic, registry
from core.jobs.sweeper import run_when_free


@shared_task(name="run_periodic")
def run_periodic(name: str) -> None:
    """Run one periodic job if it is due and free; harmless when repeated or lost."""
    for job in registry.periodic_jobs():
        if job.name == name:
            run_when_free(partial(periodic.run_job, job))
