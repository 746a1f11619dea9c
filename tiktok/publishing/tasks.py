"""Hints for workers. They know nothing of retries: the row says when to come back."""

from uuid import UUID

from celery import shared_task

from instances.jobs.sweeper import shared_slots
from tiktok.publishing.claims import claim
from tiktok.publishing.steps import advance


@shared_task
def advance_post(post_id: str) -> None:
    """Run one step of a post if it is due and nobody else holds it; harmless when repeated or lost.

    When this process has enough to do, the sweep takes the post a little later.
    """
    if not shared_slots.acquire(blocking=False):
        return
    try:
        if claimed := claim(UUID(post_id)):
            advance(claimed)
    finally:
        shared_slots.release()
