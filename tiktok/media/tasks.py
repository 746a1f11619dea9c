"""Hints for workers, and housekeeping of media, run from the periodic table."""

from celery import shared_task

from core.jobs.sweeper import run_if_free
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.media import checks, services
from tiktok.media.strays import remove_stray_files as remove_strays


@shared_task(name="check_media")
def check_media(_media_id: str) -> None:
    """Check the next file in turn after one came in. Harmless when repeated or lost."""
    run_if_free(_check_next)


def _check_next() -> None:
    if job := checks.next_check():
        job()


def remove_expired_uploads() -> None:
    """Delete uploads that were not continued for a day, in every instance."""
    for instance in Instance.objects.all():
        with instance_scope(instance):
            services.remove_expired_uploads()


def remove_stray_files() -> None:
    """Delete files without a row, which killed processes left behind."""
    remove_strays()
