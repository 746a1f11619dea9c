"""Hints for workers. They know nothing of retries: the row says when work is due."""

from functools import partial
from uuid import UUID

from celery import shared_task

from core.jobs.sweeper import run_if_free
from tiktok.delivery.advance import advance
from tiktok.delivery.claims import claim


@shared_task(name="advance_post")
def advance_post(post_id: str) -> None:
    """Run one step of a post if it is due and free; harmless when repeated or lost."""
    run_if_free(partial(_advance, UUID(post_id)))


def _advance(post_id: UUID) -> None:
    if claimed := claim(post_id):
        advance(claimed)
