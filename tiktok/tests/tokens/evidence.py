"""Both sides after the storm, and what is printed of them."""

from collections import Counter, defaultdict

from instances.scoping import unscoped
from tiktok.models import AccountStatus, Post, PostEvent, PostState, Submission, TikTokAccount
from tiktok.tests.chaos import report
from tiktok.tests.chaos.crew import Worker
from tiktok.tests.chaos.evidence import story, traffic
from tiktok.tests.chaos.verdict import Case, Outcome, judge
from tiktok.tests.simulator_process import SimulatedPost, Simulator
from tiktok.tests.tokens.options import StormOptions
from tiktok.tests.tokens.verdict import Storm
from tiktok.tests.tokens.world import SEES_ALL

STORIES = 5


def verdict(
    options: StormOptions, expected: dict[str, str], simulator: Simulator, workers: list[Worker], seconds: float
) -> bool:
    """Print both sides' account of the run; whether it was clean."""
    cases = _cases(expected, simulator)
    facts = _facts(options, cases, simulator, seconds)
    died = sum(worker.died for worker in workers)
    _stories(cases, simulator)
    _print(options, facts, len(expected))
    faults = facts.faults() + (["a worker ended by itself"] if died else [])
    report.say("clean" if not faults else f"NOT CLEAN: {', '.join(faults)}")
    return not faults


def _cases(expected: dict[str, str], simulator: Simulator) -> list[Case]:
    at_tiktok = _by_caption(simulator)
    with unscoped(reason=SEES_ALL):
        ours = {post.caption: post for post in Post.objects.all()}
    return [
        Case(
            caption, sha256,
            [seen.sha256 for seen in at_tiktok[caption] if seen.status == "PUBLISH_COMPLETE"],
            ours[caption].state, ours[caption].attention_reason,
        )
        for caption, sha256 in expected.items()
    ]  # fmt: skip


def _by_caption(simulator: Simulator) -> dict[str, list[SimulatedPost]]:
    found: dict[str, list[SimulatedPost]] = defaultdict(list)
    for seen in simulator.posts():
        found[seen.post_info.get("title", "")].append(seen)
    return found


def _facts(options: StormOptions, cases: list[Case], simulator: Simulator, seconds: float) -> Storm:
    pairs = simulator.pairs()
    took = [(seen.finished_at or 0) - seen.created_at for seen in simulator.posts()]
    with unscoped(reason=SEES_ALL):
        lost = TikTokAccount.objects.exclude(status=AccountStatus.ACTIVE).count()
    return Storm(
        users=options.users,
        life_s=options.life_s,
        seconds=seconds,
        outcomes=Counter(judge(case) for case in cases),
        refreshes=Counter(pair.user for pair in pairs if pair.used_at is not None),
        outlived=sum(duration > options.life_s for duration in took),
        refused=Counter(call.endpoint for call in simulator.requests() if call.status == 401),
        used_twice=sum(pair.used_again for pair in pairs),
        restarted=len(_restarted()),
        sent_again=traffic(simulator).sent_again,
        lost=lost,
    )


def _restarted() -> set[object]:
    """Posts that began again, or had to wait for their account; in this weather there is no other reason to."""
    with unscoped(reason=SEES_ALL):
        again = set(Submission.objects.filter(number__gt=1).values_list("post_id", flat=True))
        waited = PostEvent.objects.filter(to_state=PostState.WAITING_ACCOUNT).values_list("post_id", flat=True)
        return again | set(waited)


def _stories(cases: list[Case], simulator: Simulator) -> None:
    """Describe posts with a wrong outcome."""
    at_tiktok, restarted = _by_caption(simulator), _restarted()
    with unscoped(reason=SEES_ALL):
        ours = {post.caption: post for post in Post.objects.all()}
    odd = [case for case in cases if judge(case) != Outcome.ONCE or ours[case.caption].pk in restarted]
    for case in odd[:STORIES]:
        report.say(f"--- {judge(case).value}: {case.caption}")
        for line in story(ours[case.caption], at_tiktok[case.caption], simulator):
            report.say(f"    {line}")


def _print(options: StormOptions, facts: Storm, posts: int) -> None:
    each = sorted(facts.refreshes.values()) or [0]
    refused = ", ".join(f"{endpoint} {count}" for endpoint, count in facts.refused.items())
    rows = {
        "refreshes": f"{facts.refreshes.total()}, of one TikTok user {each[0]} to {each[-1]}",
        "uploads that took longer than a token lives": facts.outlived,
        "calls that TikTok answered with 401": refused or 0,
        "refresh tokens used twice": facts.used_twice,
        "publishes restarted, or waiting for the account": facts.restarted,
        "chunks sent again": facts.sent_again,
        "accounts lost": facts.lost,
        "posts published once": f"{facts.outcomes[Outcome.ONCE]} of {posts}",
    }
    report.say(
        f"{options.setup}, {options.workers} processes, {options.users} TikTok users ({options.shared} in two"
        f" instances), tokens of {options.life_s} s, {facts.seconds:.0f} s"
    )
    for name, value in rows.items():
        report.say(f"  {name:52}{value}")
