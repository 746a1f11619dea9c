"""``manage.py rotate_keys``: re-encrypt every secret with the newest key, while everything runs."""

import argparse
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, connections

from accounts import key_ring
from tiktok.keys.columns import stored_key_ids
from tiktok.keys.rotate import Rotation, rotate

NONE: Final = "-"
UNFINISHED: Final = 2


class Command(BaseCommand):
    """Rotate. May run at any time, any number of times, and be stopped at any moment."""

    help = (
        "Re-encrypt every stored secret with the newest key of FIELD_ENCRYPTION_KEYS and print how many rows each "
        "key has before and after. Exit code 1: some could not be read; 2: run it again."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, choices=list(connections))
        parser.add_argument("--dry-run", "--report", action="store_true", help="Read everything, write nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Count, rotate, count again, and fail if anything is left."""
        using, is_rehearsal = options["database"], options["dry_run"]
        newest = key_ring.newest_key_id()
        self.stdout.write(f"Keys in FIELD_ENCRYPTION_KEYS, newest first: {', '.join(settings.FIELD_ENCRYPTION_KEYS)}")
        before = stored_key_ids(using)
        done = list(rotate(using, is_rehearsal=is_rehearsal))
        after = before if is_rehearsal else stored_key_ids(using)
        self._tabulate(before, after)
        would_be = "to be " if is_rehearsal else ""
        self.stdout.write(f"Values {would_be}re-encrypted with {newest}: {sum(one.renewed for one in done)}.")
        _refuse_unreadable(done)
        older = _under_older_keys(after, newest)
        if older and not is_rehearsal:
            raise _unfinished(older)
        if not older:
            self._say_what_next(newest)

    def _tabulate(self, before: Mapping[str, Mapping[str, int]], after: Mapping[str, Mapping[str, int]]) -> None:
        lines = [(name, _rows(before.get(name, {})), _rows(rows)) for name, rows in after.items()]
        lines.insert(0, ("rows per key", "before", "after"))
        widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
        for line in lines:
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())

    def _say_what_next(self, newest: str) -> None:
        if spare := [key_id for key_id in settings.FIELD_ENCRYPTION_KEYS if key_id != newest]:
            self.stdout.write(f"Nothing stored needs {', '.join(spare)} now.")


def _rows(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{key_id[:20] or '(no key id)'}: {count}" for key_id, count in rows.items()) or NONE


def _refuse_unreadable(done: Iterable[Rotation]) -> None:
    unreadable = {one.column: one.unreadable for one in done if one.unreadable}
    if unreadable:
        raise CommandError(
            f"Values that could not be read and were not changed: {sum(unreadable.values())} ({_named(unreadable)}). "
            "Is a key missing? See “A lost encryption key” in docs/runbook.md."
        )


def _under_older_keys(after: Mapping[str, Mapping[str, int]], newest: str) -> dict[str, int]:
    return {name: older for name, rows in after.items() if (older := sum(rows.values()) - rows.get(newest, 0))}


def _unfinished(older: Mapping[str, int]) -> CommandError:
    """Return the error: a process without the newest key may write old values at any time."""
    return CommandError(
        f"Some values were written with an older key during the run ({_named(older)}). Run it again once every"
        " process has the newest key in front.",
        returncode=UNFINISHED,
    )


def _named(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{column}: {count}" for column, count in counts.items())
