"""The audit log as CSV."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from instances.audit_log.filters import Entries
from instances.audit_log.words import in_words
from instances.models import Instance

MOST_LINES: Final = 10_000
CHUNK: Final = 500
#: A spreadsheet takes a cell that begins with one of these for a formula.
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(instance: Instance, entries: Entries) -> str:
    """Return the newest 10,000 of the entries: time, person, event, action and details."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([_("Time"), _("Person"), _("Event"), _("Action"), _("Details")])
    for row in _rows(instance, entries):
        writer.writerow([harmless(cell) for cell in row])
    return file.getvalue()


def harmless(cell: str) -> str:
    """Return the cell so that a spreadsheet shows it as text."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def _rows(instance: Instance, entries: Entries) -> Iterator[list[str]]:
    for start in range(0, MOST_LINES, CHUNK):
        lines = in_words(instance, entries[start : start + CHUNK])
        for line in lines:
            at = timezone.localtime(line.entry.at).isoformat(timespec="seconds")
            detail = json.dumps(line.entry.detail, ensure_ascii=False) if line.entry.detail else ""
            yield [at, line.entry.actor_label, line.text, line.entry.action, detail]
        if len(lines) < CHUNK:
            return
