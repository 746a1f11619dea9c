"""The work that workers run. Each app's ``background`` module registers its own; only worker processes load them.

So a web process never imports workers' code, and every arrow from an app to the worker is an import.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.module_loading import autodiscover_modules

Job = Callable[[], None]
# Claims due work, at most so many pieces, and returns what runs each.
Source = Callable[[int], Sequence[Job]]


@dataclass(frozen=True, slots=True)
class PeriodicJob:
    """``run`` every ``every_s`` seconds; it may run twice and at any time."""

    name: str
    every_s: int
    run: Callable[[], object]


_sources: Final[dict[Source, int]] = {}
_startups: Final[list[Callable[[], int]]] = []
_periodic_jobs: Final[dict[str, PeriodicJob]] = {}


def register_source(source: Source, *, precedence: int) -> None:
    """Have the sweeper ask ``source``; the lowest ``precedence`` first."""
    _sources[source] = precedence


def register_startup(free: Callable[[], int]) -> None:
    """Have a worker call ``free`` at its start: it frees and counts the leases of dead processes of this host."""
    _startups.append(free)


def register_periodic(name: str, *, every_s: int, run: Callable[[], object]) -> None:
    """Have ``run`` called about every ``every_s`` seconds, by one process at a time. Raises ValueError for a twin."""
    if name in _periodic_jobs:
        raise ValueError(f"two periodic jobs are called {name}")
    _periodic_jobs[name] = PeriodicJob(name, every_s, run)


def load() -> None:
    """Import the ``background`` module of every app in a worker process. Harmless when repeated."""
    autodiscover_modules("background")


def sources() -> list[Source]:
    """Return the sources in the order in which they are asked."""
    return sorted(_sources, key=_sources.__getitem__)


def startups() -> list[Callable[[], int]]:
    """Return the functions that a worker calls at its start."""
    return list(_startups)


def periodic_jobs() -> list[PeriodicJob]:
    """Return all jobs in the order of registration."""
    return list(_periodic_jobs.values())
