"""One instance's crowd, or its slow lines, and the post of another: how late it starts, and what a claim costs."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import uuid4

from django.db import models

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.delivery.claims import claim_due
from tiktok.models import ConsentSnapshot, Post, PostMedia, PostState, Submission, WorkItem
from tiktok.posts.schedule import When
from tiktok.tests.bench.stand import MB, Stand
from tiktok.tests.bench.start_lag import begin_at, lags_of
from tiktok.tests.bench.table import Measure
from tiktok.tests.jobs_process import wait_until

M = TypeVar("M", bound=models.Model)
CROWD: Final = 5000
BATCH: Final = 32
ACCOUNTS: Final = 10
INSTANCES: Final = 200
SLOW: Final = 64
AHEAD: Final = timedelta(seconds=5)
# Ten megabytes take longer than the benchmark.
SLOW_BYTES_PER_S: Final = 20_000


def crowds(stand: Stand) -> list[Measure]:
    """Beside a crowd of 5,000 due posts: of ten accounts, and of one."""
    return [*beside_a_crowd(stand, ACCOUNTS), *beside_a_crowd(stand, 1)]


def claims(stand: Stand) -> list[Measure]:
    """Claiming everything that is due, as the sweeper does: all of one instance, and spread over 200."""
    return [
        Measure(f"claims, {CROWD} due posts in {count} instances", _claims_per_s(stand, count), "claims/s")
        for count in (1, INSTANCES)
    ]


def beside_a_crowd(stand: Stand, accounts: int) -> list[Measure]:
    """One instance has 5,000 posts due at once; one of another instance becomes due in their midst."""
    name = f"one instance has {CROWD} due posts of {accounts} accounts"
    crowd = list(crowded(stand, stand.instance(), accounts=accounts, count=CROWD))
    return [_lag(stand, crowd, name, ready=lambda: has_begun(crowd))]


def beside_slow_uploads(stand: Stand) -> list[Measure]:
    """64 uploads that take for ever, of eight instances, in one process."""
    size = 10 * MB  # more than the line's buffers hold
    posts = [
        post for _ in range(SLOW // 8) for post in crowded(stand, stand.instance(), accounts=8, count=8, size=size)
    ]
    stand.simulator.fault("slow", "upload", times=-1, bytes_per_s=SLOW_BYTES_PER_S)
    return [_lag(stand, posts, f"{SLOW} slow uploads in flight", ready=lambda: _receiving(stand) == SLOW)]


def _receiving(stand: Stand) -> int:
    return len(stand.simulator.get("puts", outcome="receiving")["items"])


def _lag(stand: Stand, others: list[Post], name: str, *, ready: Callable[[], bool]) -> Measure:
    """Seconds from the time of the other instance's post to its first byte."""
    (post,) = crowded(stand, stand.instance(), accounts=1, count=1)
    with stand.jobs():
        begin_at(others, datetime.now(UTC), over_s=0)
        wait_until(ready, what=name, timeout_s=300)
        stand.simulator.clear_faults()  # what is slow by now stays so
        begin_at([post], datetime.now(UTC) + AHEAD, over_s=0)
        wait_until(lambda: count_in([post], PostState.PROCESSING, PostState.PUBLISHED), what="begun", timeout_s=300)
        lags = lags_of(stand, [post])
    return Measure(f"start lag of another instance's post while {name}", lags.first_byte[0], "s", most=10)


def crowded(stand: Stand, instance: Instance, *, accounts: int, count: int, size: int = MB) -> Iterator[Post]:
    """So many posts for a time that does not come yet: one of each account by hand, the others copies of them."""
    video = stand.video(instance, size)
    later = datetime.now(UTC) + timedelta(days=1)
    for number in range(accounts):
        account = stand.account(instance, f"{instance.slug}-{number}")
        original = stand.submit(account, video, when=When(later, later.replace(tzinfo=None), "UTC"))
        yield original
        yield from copies_of(original, count // accounts - 1)


def copies_of(original: Post, count: int) -> list[Post]:
    """The same post again, each with what a post needs to be published."""
    with instance_scope(original.instance):
        original.refresh_from_db()
        consent, item = ConsentSnapshot.objects.get(post=original), PostMedia.objects.get(post=original)
        posts = [_copy(original, id=uuid4()) for _ in range(count)]
        Post.objects.bulk_create(posts)
        ConsentSnapshot.objects.bulk_create(_copy(consent, id=uuid4(), post_id=post.pk) for post in posts)
        PostMedia.objects.bulk_create(_copy(item, id=None, post_id=post.pk) for post in posts)
    WorkItem.objects.bulk_create(
        WorkItem(post=post, instance_id=post.instance_id, next_action_at=post.publish_at) for post in posts
    )
    return posts


def _copy(row: M, **changes: Any) -> M:
    columns = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return type(row)(**(columns | changes))


def count_in(posts: list[Post], *states: PostState) -> int:
    """How many of them are in one of these states."""
    found = 0
    for instance in Instance.objects.filter(pk__in={post.instance_id for post in posts}):
        with instance_scope(instance):
            found += Post.objects.filter(pk__in=[post.pk for post in posts[:500]], state__in=states).count()
    return found


def has_begun(crowd: list[Post]) -> bool:
    """Whether the first of a crowd are being published."""
    with instance_scope(crowd[0].instance):
        return Submission.objects.filter(post__account__in={post.account_id for post in crowd}).exists()


def _claims_per_s(stand: Stand, instances: int) -> float:
    """In batches as large as the sweeper's; each claim is given back as if its post had to wait."""
    WorkItem.objects.update(next_action_at=None)
    due = datetime.now(UTC) - timedelta(minutes=1)
    for _ in range(instances):
        posts = list(crowded(stand, stand.instance(), accounts=1, count=CROWD // instances))
        WorkItem.objects.filter(post_id__in=[post.pk for post in posts]).update(next_action_at=due)
    began, count = time.perf_counter(), 0
    while found := claim_due(BATCH):
        count += len(found)
    return count / (time.perf_counter() - began)
