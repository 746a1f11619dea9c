"""Honest visitors: they ask for /healthz and for pages at fixed times, however long the answers take."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tiktok.tests.hostile import wire
from tiktok.tests.hostile.aims import HEALTH, Sample
from tiktok.tests.hostile.wire import Target

SOURCE: Final = "127.0.0.1"
HEALTH_EVERY_S: Final = 0.1
PAGES_EVERY_S: Final = 0.2
ANSWER_S: Final = 10.0


@dataclass(frozen=True)
class Page:
    """A request of a visitor."""

    name: str
    path: str
    headers: Mapping[str, str]


def measure(target: Target, pages: list[Page], duration_s: float) -> list[Sample]:
    """Ask for ``duration_s``, then wait for the last answers. Runs in a process of its own."""
    wire.raise_file_limit()
    return asyncio.run(_measure(target, pages, duration_s))


async def _measure(target: Target, pages: list[Page], duration_s: float) -> list[Sample]:
    health = Page(HEALTH, "/healthz", {})
    async with asyncio.TaskGroup() as group:
        tasks = [
            *(group.create_task(_visit(target, health, at)) for at in _times(HEALTH_EVERY_S, duration_s)),
            *(
                group.create_task(_visit(target, pages[number % len(pages)], at))
                for number, at in enumerate(_times(PAGES_EVERY_S, duration_s))
            ),
        ]
    return [task.result() for task in tasks]


def _times(every_s: float, duration_s: float) -> list[float]:
    return [number * every_s for number in range(int(duration_s / every_s))]


async def _visit(target: Target, page: Page, after_s: float) -> Sample:
    await asyncio.sleep(after_s)
    began = time.perf_counter()
    answer = await wire.ask(target, SOURCE, "GET", page.path, page.headers, timeout_s=ANSWER_S)
    took = time.perf_counter() - began
    return Sample(page.name, took if answer.status == 200 else ANSWER_S, answer.status)
