"""Both sides after the storm: the simulator's records, and the product's database."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from instances.scoping import unscoped
from tiktok.models import Post, PostEvent, Submission
from tiktok.tests.chaos.plan import Plan, PlannedPost
from tiktok.tests.chaos.verdict import Case, Outcome, judge
from tiktok.tests.chaos.world import SEES_ALL, World
from tiktok.tests.simulator_process import Call, Put, SimulatedPost, Simulator, pick

RATE_LIMIT = "rate_limit"


@dataclass(frozen=True)
class Traffic:
    """The requests that were sent."""

    calls: Counter[str]
    faults: Counter[tuple[str, str]]
    refused_for_speed: Counter[str]
    puts: int
    puts_cut: int
    sent_again: int
    bytes_again: int
    inits: Counter[int]


def cases(plan: Plan, world: World, simulator: Simulator, *, tell: int) -> list[Case]:
    """One case for each planned post, found by its caption; the ``tell`` slowest ones come with their story, too."""
    at_tiktok: dict[str, list[SimulatedPost]] = defaultdict(list)
    for seen in simulator.posts():
        at_tiktok[seen.post_info.get("title", "")].append(seen)
    with unscoped(reason=SEES_ALL):
        ours = {post.caption: post for post in Post.objects.all()}
    found = [
        _case(planned.caption, _sha256(world, planned), ours.get(planned.caption), at_tiktok[planned.caption])
        for planned in plan.posts
    ]
    slowest = sorted((case for case in found if case.lag_s), key=lambda case: -(case.lag_s or 0))[:tell]
    wanted = {case.caption for case in slowest} | {case.caption for case in found if judge(case) != Outcome.ONCE}
    return [
        replace(case, story=story(ours[case.caption], at_tiktok[case.caption], simulator))
        if case.caption in wanted & ours.keys()
        else case
        for case in found
    ]


def _sha256(world: World, planned: PlannedPost) -> str:
    return world.accounts[planned.account].place.files[planned.file].sha256


def _case(caption: str, sha256: str, post: Post | None, at_tiktok: list[SimulatedPost]) -> Case:
    published = [seen.sha256 for seen in at_tiktok if seen.status == "PUBLISH_COMPLETE"]
    if post is None:
        return Case(caption, sha256, published, state="")
    lag = post.published_at - post.publish_at if post.published_at and post.publish_at else None
    return Case(caption, sha256, published, post.state, post.attention_reason, lag.total_seconds() if lag else None)


def story(post: Post, seen_posts: Iterable[SimulatedPost], simulator: Simulator) -> list[str]:
    """Return everything that explains one post: its history, its submissions, and TikTok's side of each."""
    with unscoped(reason=SEES_ALL):
        lines = [
            f"{event.at:%H:%M:%S.%f} {event.from_state} -> {event.to_state} {event.cause} {event.reason} {event.detail}"
            for event in PostEvent.objects.filter(post=post)
        ]
        lines += [
            f"submission {sub.number}: {sub.publish_id or 'no publish_id'} init {sub.init_sent_at:%H:%M:%S.%f}"
            f" sent {sub.sent_bytes}/{sub.video_size} commit {sub.commit_point_at} closed {sub.closed_because or 'no'}"
            for sub in Submission.objects.filter(post=post).order_by("number")
        ]
    for seen in seen_posts:
        lines.append(f"TikTok: {seen.publish_id} {seen.status} {seen.uploaded_bytes}/{seen.video_size}")
        lines += [
            f"  PUT at {put.at:.2f}: {put.first}-{put.last} {put.outcome} stored={put.stored} {put.fault}"
            for put in simulator.puts(seen.publish_id)
        ]
    return [f"{post.pk} {post.state} {post.attention_reason} hold={post.hold_reason} {post.error_code}", *lines]


def traffic(simulator: Simulator) -> Traffic:
    """Counted from every request that the simulator noted."""
    calls = simulator.requests()
    puts = [pick(Put, item) for item in simulator.get("puts")["items"]]
    again = _sent_again(puts)
    return Traffic(
        calls=Counter(call.endpoint for call in calls),
        faults=Counter((call.fault, call.endpoint) for call in calls if call.fault),
        refused_for_speed=Counter(call.endpoint for call in calls if _is_too_fast(call)),
        puts=len(puts),
        puts_cut=sum(put.status is None and not put.fault for put in puts),
        sent_again=len(again),
        bytes_again=sum(put.received for put in again),
        inits=Counter(Counter(seen.post_info.get("title", "") for seen in simulator.posts()).values()),
    )


def _is_too_fast(call: Call) -> bool:
    return call.status == 429 and call.fault != RATE_LIMIT


def _sent_again(puts: list[Put]) -> list[Put]:
    """PUTs of chunks that TikTok had stored before they began."""
    stored: set[tuple[str | None, int | None]] = set()
    again = []
    for put in puts:
        if (put.publish_id, put.first) in stored:
            again.append(put)
        if put.stored:
            stored.add((put.publish_id, put.first))
    return again
