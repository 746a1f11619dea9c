"""Posts that wait for their turn are requeued when another ends; no two of these ever deadlock."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import Post, PostState, TikTokAccount, WorkItem
from tiktok.posts import queue
from tiktok.tests import races
from tiktok.tests.factories import make_account, make_post

pytestmark = pytest.mark.django_db(transaction=True)


def sleeping(account: TikTokAccount, *, minutes_ago: int) -> Post:
    """Waits for a place among its instance's uploads, and sleeps."""
    now = timezone.now()
    at = now - timedelta(minutes=minutes_ago)
    post = make_post(account, state=PostState.DUE, hold_reason=queue.INSTANCE_BUSY, publish_at=at)
    WorkItem.objects.filter(post_id=post.pk).update(next_action_at=now + timedelta(hours=1))
    return post


@contextmanager
def meeting_after_the_first_wake(place: threading.Barrier) -> Iterator[None]:
    """This connection's first UPDATE of a work item is made; then it waits for the other one to have made its own."""
    met: list[bool] = []

    def pause(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith('UPDATE "tiktok_workitem"') and not met:
            met.append(True)
            place.wait(10)
        return result

    with connection.execute_wrapper(pause):
        yield


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_two_uploads_that_end_at_once_requeue_without_a_deadlock(instance: Instance) -> None:
    with instance_scope(instance):
        ended = [make_post(make_account(instance), state=PostState.UPLOADING) for _ in range(2)]
        waiting = [sleeping(post.account, minutes_ago=10 - number) for number, post in enumerate(ended)]
    place = threading.Barrier(2)

    def wake(post: Post) -> None:
        with instance_scope(instance), transaction.atomic(), meeting_after_the_first_wake(place):
            queue.requeue_next(post)

    assert races.at_once(lambda: wake(ended[0]), lambda: wake(ended[1]), expect=(OperationalError,)) == [None, None]
    woken = WorkItem.objects.filter(next_action_at__lte=timezone.now()).values_list("post_id", flat=True)
    assert set(woken) == {post.pk for post in waiting}
