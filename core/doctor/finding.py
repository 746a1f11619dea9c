"""What the doctor says. Pure, so that it can also be said where the settings refuse to start."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Finding:
    """``check`` is a stable name; ``subject`` says which of several (an app); ``step`` is what mends it."""

    check: str
    state: State
    text: str
    step: str = ""
    subject: str = ""

    def as_dict(self) -> dict[str, str]:
        """For JSON."""
        return {
            "name": self.check,
            "subject": self.subject,
            "state": self.state.value,
            "text": self.text,
            "step": self.step,
        }


def good(check: str, text: str, *, subject: str = "") -> Finding:
    """Nothing to do."""
    return Finding(check, State.OK, text, subject=subject)


def warning(check: str, text: str, step: str, *, subject: str = "") -> Finding:
    """It works, but not all of it, or not for long."""
    return Finding(check, State.WARNING, text, step, subject)


def fault(check: str, text: str, step: str, *, subject: str = "") -> Finding:
    """It does not work."""
    return Finding(check, State.FAULT, text, step, subject)


def unknown(check: str, text: str, step: str = "", *, subject: str = "") -> Finding:
    """It could not be found out."""
    return Finding(check, State.CANNOT_TELL, text, step, subject)


URGENCY: Final = (State.FAULT, State.WARNING, State.CANNOT_TELL, State.OK)


def by_urgency(findings: Iterable[Finding]) -> list[Finding]:
    """What does not work first; in the order of the checks otherwise."""
    return sorted(findings, key=lambda finding: URGENCY.index(finding.state))


def worst(findings: Iterable[Finding]) -> State:
    """The state of all together: a fault before a warning before what cannot be told."""
    return min((finding.state for finding in findings), key=URGENCY.index, default=State.OK)
