"""The cost of one poll of a post in processing: statements, and milliseconds beside TikTok's own."""

import time
from collections.abc import Callable
from functools import partial
from statistics import median

from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.jobs.clock import db_now
from instances.scoping import instance_scope
from tiktok.access.gateway import tiktok_client
from tiktok.access.tokens import usable_token
from tiktok.api import content_posting
from tiktok.delivery.advance import advance
from tiktok.delivery.claims import claim
from tiktok.models import Post, Submission, WorkItem
from tiktok.tests.bench.stand import MB, Stand
from tiktok.tests.bench.table import Measure

POSTS = 30
ROUNDS = 10


def rows(stand: Stand) -> list[Measure]:
    """Each poll as the sweeper makes it, from the claim to the release, on a line without any delay."""
    stand.simulator.settings(hold_processing=True)
    posts = _in_processing(stand)
    statements, ours, bare = [], [], []
    for _ in range(ROUNDS):
        for post in posts:
            WorkItem.objects.filter(post_id=post.pk).update(next_action_at=db_now())
            bare.append(_milliseconds(_bare_read(post)))
            with CaptureQueriesContext(connection) as seen:
                ours.append(_milliseconds(partial(_poll, post)))
            statements.append(len(seen))
    what, took = median(ours), median(bare)
    return [
        Measure("statements per poll", median(statements), "statements"),
        Measure("time per poll", what, "ms", f"{took:.3g} ms for the bare status call", what / took),
    ]


def _in_processing(stand: Stand) -> list[Post]:
    instance = stand.instance()
    video = stand.video(instance, MB)
    posts = [stand.submit(stand.account(instance, f"user{number}"), video) for number in range(POSTS)]
    while claimed := claim():
        advance(claimed)
    return posts


def _poll(post: Post) -> None:
    claimed = claim(post.pk)
    if claimed is None:
        raise LookupError("the post is not due")
    advance(claimed)


def _bare_read(post: Post) -> Callable[[], object]:
    with instance_scope(post.instance):
        submission = Submission.objects.get(post=post)
    token, publish_id = usable_token(submission.credential_id).access_token, submission.publish_id
    return lambda: content_posting.fetch_status(tiktok_client(), access_token=token, publish_id=publish_id)


def _milliseconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000
