"""The message when the settings refuse to start: the bad setting and the step, instead of a traceback."""

import sys
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

from core.doctor.finding import fault
from core.doctor.report import as_json, as_text


def refuse(error: ImproperlyConfigured, arguments: Sequence[str]) -> int:
    """Print it as the command would have (the doctor: as its finding) and return the exit code."""
    if arguments[1:2] != ["doctor"]:
        sys.stderr.write(f"Clipdesk cannot start: {error}\nCorrect it in the environment (.env) and start again.\n")
        return 1
    finding = fault(
        "settings",
        f"Clipdesk cannot start: {error}",
        "Correct it in the environment (.env), then run the doctor again: the other checks need the settings.",
    )
    sys.stdout.write((as_json if "--json" in arguments else as_text)([finding]) + "\n")
    return 1
