"""Hints for workers; the sweep finds what a lost one leaves behind."""

from functools import partial
from uuid import UUID

from celery import shared_task

from core.jobs.sweeper import run_if_free
from tiktok.webhooks.apply import apply_one


@shared_task(name="apply_delivery")
def apply_delivery(delivery_id: str) -> None:
    """Apply a stored delivery if it is due; harmless when repeated or lost. A busy process leaves it to the sweep."""
    run_if_free(partial(apply_one, UUID(delivery_id)))
