"""One run: build the world, let the storm loose, submit, wait until every post is settled, compare both sides."""

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from tiktok.models import PostState
from tiktok.tests.chaos import evidence, report
from tiktok.tests.chaos.crew import hire, web_process
from tiktok.tests.chaos.options import Options
from tiktok.tests.chaos.plan import Plan, make_plan
from tiktok.tests.chaos.storm import Storm, start_broker
from tiktok.tests.chaos.verdict import SETTLED
from tiktok.tests.chaos.world import World, build, count_states
from tiktok.tests.integration.proofs.processes import free_port, is_listening
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.simulator_process import Simulator

PROGRESS_EVERY_S: Final = 5.0
LOOK_EVERY_S: Final = 0.5
# How long workers continue after the last post is settled: a second publication would appear now.
AFTERMATH_S: Final = 10.0
# How long posts of unknown outcome are looked for at TikTok, which begins a minute after the doubt.
SEARCH_S: Final = 180.0


def run(options: Options, scratch: Path, simulator: Simulator) -> bool:
    """Whether the run was clean. Prints as it goes."""
    report.say(f"chaos: {options}")
    began = time.monotonic()
    plan = make_plan(options)
    port = free_port()
    world = build(options, plan, simulator, f"http://127.0.0.1:{port}")
    report.say(f"{options.accounts} accounts are linked, {time.monotonic() - began:.0f} s; the storm begins")
    simulator.weather(
        options.seed,
        before=options.before,
        after=options.after,
        slow=options.slow,
        rate_limits=options.has_rate_limits,
        pulls=options.pulls,
        webhooks=options.webhooks,
    )
    began = time.monotonic()
    with web_at(options, scratch, port), stormy(options, scratch) as storm:
        is_settled = _publish(options, plan, world, storm, began)
        wall_s = time.monotonic() - began
        storm.end()
        _wait(AFTERMATH_S)
    cases = evidence.cases(plan, world, simulator, tell=options.tell)
    return report.verdict(options, cases, evidence.traffic(simulator), storm, wall_s) and is_settled


@contextmanager
def web_at(options: Options, scratch: Path, port: int) -> Iterator[None]:
    """A web server, from which TikTok downloads media, and which takes its webhooks."""
    process = web_process(options, scratch, port)
    process.start()
    try:
        wait_until(lambda: is_listening(port), what="the web server listens", timeout_s=60)
        yield
    finally:
        process.kill()
        shutil.copy(process.log, scratch)
        process.close()


@contextmanager
def stormy(options: Options, scratch: Path) -> Iterator[Storm]:
    """Workers at work and a storm over them; no process is ever left behind."""
    with ExitStack() as stack:
        broker = start_broker(scratch, stack) if options.setup == "services" else None
        workers = hire(options, scratch)
        storm = Storm(options, workers, broker)
        for worker in workers:
            worker.start()
            stack.callback(worker.dismiss, scratch)
        stack.callback(storm.end)
        wait_until(lambda: any(worker.is_ready for worker in workers), what="a worker sweeps", timeout_s=60)
        storm.start()
        yield storm
        report.logs([worker.process for worker in workers])


def _publish(options: Options, plan: Plan, world: World, storm: Storm, began: float) -> bool:
    """Submit one post after the other and wait for all; False when the time is over before."""
    waiting = list(reversed(plan.posts))
    said = looked = 0.0
    while time.monotonic() - began < options.timeout_s:
        if waiting:
            world.submit(waiting.pop())
        else:
            _wait(LOOK_EVERY_S)
        now = time.monotonic()
        if waiting and now - looked < LOOK_EVERY_S:
            continue
        looked = now
        states = count_states()
        if now - said >= PROGRESS_EVERY_S:
            said = now
            report.progress(now - began, states, storm)
        if not waiting and sum(states[state] for state in SETTLED) == len(plan.posts):
            _wait_for_search()
            return True
    report.say(f"time is over after {options.timeout_s:.0f} s; {len(waiting)} posts were not submitted")
    return False


def _wait_for_search() -> None:
    """Return when no post needs attention, or the search has had its time."""
    end = time.monotonic() + SEARCH_S
    while count_states()[PostState.NEEDS_ATTENTION] and time.monotonic() < end:
        _wait(LOOK_EVERY_S)


def _wait(seconds: float) -> None:
    time.sleep(seconds)
