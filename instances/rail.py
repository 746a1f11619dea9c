"""The left rail: the open instance's pages, and what apps above add to it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from django.utils.functional import Promise

from instances.http import InstanceRequest


class Part(Enum):
    """The part of the rail that shows an entry."""

    PAGES = auto()
    SETTINGS = auto()


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of an instance: its address below ``/i/<slug>/``; it shows to those whose role opens it."""

    path: str
    label: str | Promise
    icon: str
    part: Part = Part.PAGES
    order: int = 50


Provider = Callable[[InstanceRequest], dict[str, Any]]
_entries: Final[list[Entry]] = []
_providers: Final[list[Provider]] = []


def register_entries(*entries: Entry) -> None:
    """Show these pages, the lowest ``order`` first. Call it in ``AppConfig.ready()``."""
    _entries.extend(entries)
    _entries.sort(key=lambda entry: entry.order)


def register_provider(provider: Provider) -> None:
    """Have the rail of an open instance filled by this, too. Call it in ``AppConfig.ready()``."""
    _providers.append(provider)


def entries(part: Part) -> list[Entry]:
    """Those of one part, in their order."""
    return [entry for entry in _entries if entry.part == part]


def providers() -> list[Provider]:
    """In the order of registration."""
    return list(_providers)
