"""Both sides after the storm: the simulator's records, and the product's database."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from instances.scoping import unscoped
from tiktok.media.served import served_file
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
    """One case for each planned post; the ``tell`` slowest ones come with their story, too."""
    at_tiktok: dict[str, list[SimulatedPost]] = defaultdict(list)
    for seen in simulator.posts():
        at_tiktok[_key(seen)].append(seen)
    with unscoped(reason=SEES_ALL):
        by_id = {post.pk: post for post in Post.objects.all()}
    ours = {caption: by_id[post_id] for caption, post_id in world.ids.items() if post_id in by_id}
    users = {user["id"]: user["username"] for user in simulator.get("users")["items"]}
    found = []
    for planned in plan.posts:
        sha256 = _sha256(world, planned)
        if planned.is_draft and not planned.photos:
            drafts = [seen for seen in at_tiktok[""] if users[seen.user] == f"user{planned.account}"]
            at_tiktok[planned.caption] = [seen for seen in drafts if _bytes_of(seen) == sha256]
        found.append(_case(planned, sha256, ours.get(planned.caption), at_tiktok[planned.caption]))
    slowest = sorted((case for case in found if case.lag_s), key=lambda case: -(case.lag_s or 0))[:tell]
    wanted = {case.caption for case in slowest} | {case.caption for case in found if judge(case) != Outcome.ONCE}
    return [
        replace(case, story=story(ours[case.caption], at_tiktok[case.caption], simulator))
        if case.caption in wanted & ours.keys()
        else case
        for case in found
    ]


def _key(seen: SimulatedPost) -> str:
    """The caption; a video draft has none, and is found by its account and its bytes."""
    return str(seen.post_info.get("description") or seen.post_info.get("title") or "")


def _sha256(world: World, planned: PlannedPost) -> str:
    return " ".join(served_file(media).sha256 for media in world.files_of(planned))


def _bytes_of(seen: SimulatedPost) -> str:
    return " ".join(item.sha256 for item in seen.items) or seen.sha256


def _case(planned: PlannedPost, sha256: str, post: Post | None, at_tiktok: list[SimulatedPost]) -> Case:
    end = "SEND_TO_USER_INBOX" if planned.is_draft else "PUBLISH_COMPLETE"
    published = [_bytes_of(seen) for seen in at_tiktok if seen.status == end]
    if post is None:
        return Case(planned.caption, sha256, published, state="", is_pull=planned.is_pull)
    lag = post.published_at - post.publish_at if post.published_at and post.publish_at else None
    return Case(
        planned.caption, sha256, published, post.state, post.attention_reason, lag.total_seconds() if lag else None,
        is_pull=planned.is_pull, end="in_inbox" if planned.is_draft else "published",
    )  # fmt: skip


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
        inits=Counter(Counter(filter(None, map(_key, simulator.posts()))).values()),
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
