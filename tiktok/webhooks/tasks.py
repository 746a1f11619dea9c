"""Hints for workers; the sweep finds what a lost one leaves behind."""

from uuid import UUID

from celery import shared_task

from instances.jobs.sweeper import shared_slots
from tiktok.webhooks.apply import apply_one


@shared_task
def apply_delivery(delivery_id: str) -> None:
    """Apply a stored delivery if it is due; harmless when repeated or lost. A busy process leaves it to the sweep."""
    if not shared_slots.acquire(blocking=False):
        return
    try:
        apply_one(UUID(delivery_id))
    finally:
        shared_slots.release()
