"""The doctor's findings as text and as JSON. Pure."""

import json
import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import Final

from core.doctor.finding import Finding, State, worst

WORDS: Final = {State.OK: "ok", State.WARNING: "WARNING", State.FAULT: "ERROR", State.CANNOT_TELL: "unknown"}
INDENT: Final = " " * 13


def exit_code(findings: Sequence[Finding]) -> int:
    """Return 1 if something does not work."""
    return 1 if worst(findings) == State.FAULT else 0


def as_json(findings: Sequence[Finding]) -> str:
    """Return an object with the worst state and every check."""
    report = {"state": worst(findings).value, "checks": [finding.as_dict() for finding in findings]}
    return json.dumps(report, indent=2, ensure_ascii=False)


def as_text(findings: Sequence[Finding]) -> str:
    """Return a paragraph for each finding, and the number of findings of each state."""
    counted = Counter(finding.state for finding in findings)
    total = ", ".join(f"{counted[state]} {WORDS[state].lower()}" for state in State if counted[state])
    return "\n".join([*(_paragraph(finding) for finding in findings), "", total or "nothing to check"])


def _paragraph(finding: Finding) -> str:
    about = f"{finding.check} ({finding.subject})" if finding.subject else finding.check
    lines = [f"{WORDS[finding.state]:<11}  {about}: {finding.text}"]
    if finding.step:
        lines.append(f"{INDENT}→ {finding.step}")
    return "\n".join(textwrap.fill(line, 118, subsequent_indent=INDENT) for line in lines)
