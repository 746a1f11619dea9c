"""Measures the checkout in whose folder it is started: ``python cost_probe.py OUT``, with an empty ``DATA_DIR``.

Only names that an older checkout has as well are imported, or both are given.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import django

POSTS = 60
MB = 1_000_000
# Names of a step, newest first.
CLAIM = ("tiktok.delivery.claims.claim", "tiktok.publishing.claims.claim")
ADVANCE = ("tiktok.delivery.advance.advance", "tiktok.publishing.steps.advance")
NOW = ("core.jobs.clock.db_now", "instances.jobs.clock.db_now")

Found = dict[str, tuple[float, str, str]]


def main(out: Path) -> None:
    django.setup()
    call_command = first("django.core.management.call_command")
    call_command("migrate", verbosity=0)
    with first("tiktok.tests.bench.stand.stand")() as stand:
        found = {**statements(stand), **cpu(stand), **borrowed(stand)}
    out.write_text(json.dumps(found))


def first(*names: str) -> Any:
    """The first of these that exists here."""
    for dotted in names:
        module, _, name = dotted.rpartition(".")
        try:
            return getattr(import_module(module), name)
        except ModuleNotFoundError:
            continue
    raise LookupError(names[0])


def statements(stand: Any) -> Found:
    """From due to published, and the polls in between, as this process makes them."""
    counted = Counted()
    posts = list(_posts(stand, "counted"))
    work_items = first("tiktok.models.WorkItem").objects
    while any(_state(post) != "published" for post in posts):
        work_items.exclude(next_action_at=None).update(next_action_at=first(*NOW)())
        counted.run(_work)
    return {"statements per published post": (counted.statements / len(posts), "statements", "")}


def _state(post: Any) -> str:
    with first("instances.scoping.instance_scope")(post.instance):
        return str(type(post).objects.get(pk=post.pk).state)


def _work() -> None:
    claim, advance = first(*CLAIM), first(*ADVANCE)
    while claimed := claim():
        advance(claimed)


class Counted:
    """Counts the statements of what it runs."""

    def __init__(self) -> None:
        self.statements = 0

    def run(self, act: Callable[[], None]) -> None:
        with first("django.db.connection").execute_wrapper(self._count):
            act()

    def _count(self, execute: Callable[..., Any], *rest: Any) -> Any:
        self.statements += 1
        return execute(*rest)


def cpu(stand: Any) -> Found:
    """User and system time of the running jobs process, from the first post handed over to the last one published."""
    with stand.jobs() as process:
        pid = process._process.pid
        began = _cpu_ms(pid)
        posts = list(_posts(stand, "timed"))
        for post in posts:
            stand.wait_for(post, "published")
        took = _cpu_ms(pid) - began
    return {"CPU of the jobs process per published post": (took / len(posts), "ms", "")}


def _cpu_ms(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) * 1000 / os.sysconf("SC_CLK_TCK")


def _posts(stand: Any, name: str) -> Iterator[Any]:
    instance = stand.instance()
    video = stand.video(instance, MB)
    accounts = [stand.account(instance, f"{name}-{number}") for number in range(POSTS)]
    for account in accounts:
        yield stand.submit(account, video)


def borrowed(stand: Any) -> Found:
    """The checkout's own rows."""
    polls = first("tiktok.tests.bench.polls.rows")(stand)
    stand.simulator.settings(hold_processing=False)
    measures = [
        *polls,
        *first("tiktok.tests.bench.start_lag.measure")(stand, 200, over_s=0, most_s=10),
        *first("tiktok.tests.bench.upload.unshaped")(stand),
        *first("tiktok.tests.bench.pages.rows")(stand),
    ]
    return {each.what: (each.value, each.unit, each.baseline) for each in measures}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
