"""The report of a run."""

import math
import re
import sys
from collections import Counter
from collections.abc import Iterable
from typing import Final

from tiktok.tests.chaos.evidence import Traffic
from tiktok.tests.chaos.options import Options
from tiktok.tests.chaos.storm import Storm
from tiktok.tests.chaos.verdict import FORBIDDEN, Case, Outcome, judge
from tiktok.tests.integration.proofs.processes import Process

STORIES: Final = 10
Judged = list[tuple[Outcome, Case]]
ERROR = re.compile(
    r"^[\d-]+ [\d:,]+ (?:ERROR|CRITICAL) (.*)$|^([\w.]+(?:Error|Exception|DoesNotExist)\b.*)$", re.MULTILINE
)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def progress(seconds: float, states: Counter[str], storm: Storm) -> None:
    """One line now and then."""
    posts = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    say(f"{seconds:5.0f} s  {posts or 'no posts yet'}  ·  {_blows(storm)}")


def _blows(storm: Storm) -> str:
    blows = f"{storm.kills} kills, {storm.freezes} freezes"
    return blows + (f", {storm.flushes} flushes, {storm.redis_stops} Redis stops" if storm.broker else "")


def logs(processes: Iterable[Process]) -> None:
    """Errors that the workers logged: not forbidden, but worth a look."""
    found: Counter[str] = Counter()
    for process in processes:
        found.update(_general(match[0] or match[1]) for match in ERROR.findall(process.text()))
    for line, count in found.most_common(12):
        say(f"  logged {count:4} x {line}")


def _general(line: str) -> str:
    """Without ids and numbers, so that equal errors count together."""
    return re.sub(r"[0-9a-f-]{32,36}|\d+", "#", line)[:140]


def verdict(options: Options, cases: list[Case], traffic: Traffic, storm: Storm, wall_s: float) -> bool:
    """Print both sides' account of the run; whether it was clean."""
    outcomes = [(judge(case), case) for case in cases]
    counts = Counter(outcome for outcome, _ in outcomes)
    _stories([(outcome, case) for outcome, case in outcomes if case.story or outcome != Outcome.ONCE])
    _traffic(traffic)
    say(f"  workers: {_blows(storm)}, ended by themselves {sum(worker.died for worker in storm.workers)}")
    say(f"  strikes left out, since at most one worker was at work: {storm.no_victim}")
    reasons = Counter(f"{case.state} {case.reason}".strip() for outcome, case in outcomes if outcome in NAMED)
    say(f"  from a post's time to TikTok's word: {_lags(cases)}")
    say(f"{options.setup}, seed {options.seed}, {len(cases)} posts, {wall_s:.0f} s")
    for outcome in Outcome:
        say(f"  {outcome.value:32}{counts[outcome]:6}{_share(counts[outcome], len(cases))}")
    for reason, count in reasons.items():
        say(f"    {reason}: {count}")
    say(f"  uploads: {_kinds(outcomes, is_pull=False)}; downloads: {_kinds(outcomes, is_pull=True)}")
    faults = _faults(options, outcomes, traffic, storm)
    say("clean" if not faults else f"NOT CLEAN: {', '.join(faults)}")
    return not faults


def _is_no_doubt(outcome: Outcome, case: Case) -> bool:
    return outcome != Outcome.ONCE and case.reason != "outcome_unknown"


# An init's lost answer after which TikTok has downloaded is known to TikTok alone.
DOUBTFUL_SHARE: Final = 0.01
NAMED: Final = (Outcome.ATTENTION, Outcome.FAILED)


def _lags(cases: list[Case]) -> str:
    """The median, nine of ten, and the longest."""
    lags = sorted(case.lag_s for case in cases if case.lag_s is not None)
    if not lags:
        return "none"
    named = {"half within": 0.5, "nine of ten within": 0.9, "all within": 1}
    return ", ".join(f"{name} {lags[math.ceil(share * len(lags)) - 1]:.0f} s" for name, share in named.items())


def _share(count: int, total: int) -> str:
    return f"  {100 * count / total:.1f} %" if count else ""


def _kinds(outcomes: Judged, *, is_pull: bool) -> str:
    """Say how many of the uploads, or downloads, were published once."""
    mine = [outcome for outcome, case in outcomes if case.is_pull == is_pull]
    return f"{mine.count(Outcome.ONCE)} of {len(mine)} once"


def _faults(options: Options, outcomes: Judged, traffic: Traffic, storm: Storm) -> list[str]:
    """Return the reasons to fail a run. A frozen worker may leave posts whose outcome only a person can tell."""
    counts = Counter(outcome for outcome, _ in outcomes)
    wrong = [outcome.value for outcome in Outcome if outcome in FORBIDDEN and counts[outcome]]
    uploads = [outcome for outcome, case in outcomes if not case.is_pull]
    downloads = [outcome for outcome, case in outcomes if case.is_pull]
    if not options.freeze and uploads.count(Outcome.ONCE) < len(uploads):
        wrong.append("not all uploads published once")
    in_doubt = len(downloads) - downloads.count(Outcome.ONCE)
    if not options.freeze and in_doubt > max(1, DOUBTFUL_SHARE * len(downloads)):
        wrong.append("too few downloads published once")
    if any(case.is_pull and _is_no_doubt(outcome, case) for outcome, case in outcomes):
        wrong.append("a download ended otherwise than in doubt")
    if traffic.refused_for_speed:
        wrong.append("faster than TikTok allows")
    if any(worker.died for worker in storm.workers):
        wrong.append("a worker ended by itself")
    return wrong


def _stories(odd: list[tuple[Outcome, Case]]) -> None:
    for outcome, case in odd[:STORIES]:
        say(f"--- {outcome.value}: {case.caption}, {len(case.published)} times at TikTok")
        for line in case.story:
            say(f"    {line}")
    if len(odd) > STORIES:
        say(f"--- and {len(odd) - STORIES} more")


def _traffic(traffic: Traffic) -> None:
    calls = ", ".join(f"{endpoint} {count}" for endpoint, count in sorted(traffic.calls.items()))
    say(f"  requests: {calls}")
    for (fault, endpoint), count in sorted(traffic.faults.items()):
        say(f"  fault {fault:18}{endpoint:14}{count:5}")
    inits = ", ".join(f"{number}: {count} posts" for number, count in sorted(traffic.inits.items()))
    say(f"  uploads opened per post: {inits}")
    cut = f"{traffic.puts_cut} cut off by us"
    say(f"  chunks sent: {traffic.puts}, {cut}, {traffic.sent_again} again ({traffic.bytes_again} bytes)")
    too_fast = ", ".join(f"{name} {count}" for name, count in traffic.refused_for_speed.items())
    say(f"  refused for speed (429 that was no fault): {too_fast or 0}")
