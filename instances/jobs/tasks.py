"""Celery's side of the periodic table."""

from celery import shared_task

from instances.jobs import periodic


@shared_task
def run_periodic(name: str) -> None:
    """Run one row of the table if it is due and nobody else runs it; harmless when repeated or lost."""
    for job in periodic.table():
        if job.name == name:
            periodic.run_job(job)
