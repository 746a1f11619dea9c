"""Findings of the doctor. Pure, so that they also work where the settings refuse to start."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """The result of a check."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Finding:
    """``check`` is a stable name; ``subject`` says which of several (an app); ``step`` is what fixes it."""

    check: str
    state: State
    text: str
    step: str = ""
    subject: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the finding as JSON values."""
        return {
            "name": self.check,
            "subject": self.subject,
            "state": self.state.value,
            "text": self.text,
            "step": self.step,
        }


def good(check: str, text: str, *, subject: str = "") -> Finding:
    """Return a finding that needs no action."""
    return Finding(check, State.OK, text, subject=subject)


def warning(check: str, text: str, step: str, *, subject: str = "") -> Finding:
    """Return a finding of something that works partly, or not for long."""
    return Finding(check, State.WARNING, text, step, subject)


def fault(check: str, text: str, step: str, *, subject: str = "") -> Finding:
    """Return a finding of something that does not work."""
    return Finding(check, State.FAULT, text, step, subject)


def unknown(check: str, text: str, step: str = "", *, subject: str = "") -> Finding:
    """Return a finding of something that could not be checked."""
    return Finding(check, State.CANNOT_TELL, text, step, subject)


URGENCY: Final = (State.FAULT, State.WARNING, State.CANNOT_TELL, State.OK)


def by_urgency(findings: Iterable[Finding]) -> list[Finding]:
    """Sort faults first; otherwise in the order of the checks."""
    return sorted(findings, key=lambda finding: URGENCY.index(finding.state))


def worst(findings: Iterable[Finding]) -> State:
    """Return the overall state: a fault before a warning before unknown."""
    return min((finding.state for finding in findings), key=URGENCY.index, default=State.OK)
