"""Start lag: from a post's time until TikTok has its init, and until it has the first byte; one account per post."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import Post, PostState, Submission, WorkItem
from tiktok.posts.schedule import When
from tiktok.posts.services import deadline_for
from tiktok.tests.bench.stand import MB, Stand
from tiktok.tests.bench.table import Measure
from tiktok.tests.jobs_process import wait_until

# From the moment that all posts are ready to the time of the first one.
AHEAD = timedelta(seconds=10)
PER_INSTANCE = 20


@dataclass(frozen=True)
class Lags:
    """Seconds after each post's time, sorted."""

    init: list[float]
    first_byte: list[float]


def rows(stand: Stand) -> list[Measure]:
    """1,000 posts spread over a minute, then 200 at one instant."""
    return [*measure(stand, 1000, over_s=60, most_s=5), *measure(stand, 200, over_s=0, most_s=10)]


def measure(stand: Stand, count: int, *, over_s: float, most_s: float) -> list[Measure]:
    """``most_s`` is the aim for the 99th percentile of each of both lags."""
    when = f"{count} posts over {over_s:g} s" if over_s else f"{count} posts at one instant"
    lags = _lags(stand, count, over_s)
    return [
        Measure(f"start lag, {when}, to {what}, {name}", percentile(found, share), "s", most=aim)
        for what, found in (("init", lags.init), ("first byte", lags.first_byte))
        for name, share, aim in (("p50", 0.5, None), ("p95", 0.95, None), ("p99", 0.99, most_s))
    ]


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The value that this share of all does not exceed."""
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def _lags(stand: Stand, count: int, over_s: float) -> Lags:
    posts = list(_scheduled(stand, count))
    with stand.jobs():
        begin_at(posts, datetime.now(UTC) + AHEAD, over_s=over_s)
        # Seldom: asking takes from the cores on which the product works.
        wait_until(lambda: not waiting(posts), what="all have begun", timeout_s=over_s + 600, every_s=1)
        return lags_of(stand, posts)


def _scheduled(stand: Stand, count: int) -> Iterator[Post]:
    """Posts for a time that does not come yet."""
    later = datetime.now(UTC) + timedelta(days=1)
    for number in range(count):
        if number % PER_INSTANCE == 0:
            instance = stand.instance()
            video = stand.video(instance, MB)
        account = stand.account(instance, f"lag{count}-{number}")
        yield stand.submit(account, video, when=When(later, later.replace(tzinfo=None), "UTC"))


def begin_at(posts: Sequence[Post], begins: datetime, *, over_s: float) -> None:
    """Move the times of scheduled posts, evenly over so many seconds."""
    with transaction.atomic():
        for number, post in enumerate(posts):
            at = begins + timedelta(seconds=over_s * number / len(posts))
            with instance_scope(post.instance):
                Post.objects.filter(pk=post.pk).update(publish_at=at, deadline_at=deadline_for(at))
            WorkItem.objects.filter(post_id=post.pk).update(next_action_at=at)


def waiting(posts: Iterable[Post]) -> bool:
    """Whether one of them has not sent its first byte for certain."""
    begun = (PostState.PUBLISHED, PostState.PROCESSING)
    for instance in Instance.objects.filter(pk__in={post.instance_id for post in posts}):
        with instance_scope(instance):
            if Post.objects.exclude(state__in=begun).exists():
                return True
    return False


def lags_of(stand: Stand, posts: Iterable[Post]) -> Lags:
    """As TikTok saw it."""
    due = {}
    for post in posts:
        with instance_scope(post.instance):
            submission = Submission.objects.select_related("post").get(post=post)
        due[submission.publish_id] = submission.post.publish_at.timestamp() if submission.post.publish_at else 0.0
    puts = stand.simulator.get("puts")["items"]
    return Lags(
        sorted(seen.created_at - due[seen.publish_id] for seen in stand.simulator.posts() if seen.publish_id in due),
        sorted(put["at"] - due[put["publish_id"]] for put in puts if put["first"] == 0 and put["publish_id"] in due),
    )
