"""Check the pinned requirements for known vulnerabilities, and report how many of them were checked at all.

pip-audit ends with "No known vulnerabilities found" and exit code 0 even if it could look up none of the packages. Here
a package counts as audited only if an advisory service answered for it. Exit codes: 0 audited, or nothing could be
looked up; 1 a known vulnerability, an answer for some packages only, or (with AUDIT_MUST_PASS=1) no answer at all.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

PIP_AUDIT = Path(sys.executable).with_name("pip-audit")
OPTIONS = ["--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json", "-r"]


def judge(report: dict[str, Any] | None, packages: int, *, must_pass: bool) -> tuple[int, list[str]]:
    """Return the exit code and the lines to print; ``report`` is pip-audit's, None where it gave none."""
    found = report["dependencies"] if report else []
    skipped = [item for item in found if "skip_reason" in item]
    unknown = max(packages - len(found), 0) + len(skipped)
    lines = list(_vulnerabilities(found))
    if lines:
        return 1, [*lines, f"AUDIT FAILED: {len(lines)} known vulnerabilities, {unknown} of {packages} not audited"]
    if not unknown:
        return 0, [f"audit ok: {packages} of {packages} packages audited, no known vulnerabilities"]
    lines = [item["skip_reason"] for item in skipped] if unknown < packages else []
    is_failure = must_pass or unknown < packages
    return int(is_failure), [*lines, f"NOT AUDITED: {unknown} of {packages} packages could not be looked up"]


def _vulnerabilities(found: Iterable[dict[str, Any]]) -> Iterable[str]:
    for item in found:
        for vulnerability in item.get("vulns", ()):
            fixed = ", ".join(vulnerability["fix_versions"]) or "no version yet"
            yield f"{item['name']} {item['version']}: {vulnerability['id']}, fixed in {fixed}"


def pinned(requirements: Path) -> int:
    """Count the packages that the file pins."""
    return sum("==" in line and not line.startswith((" ", "#")) for line in requirements.read_text().splitlines())


def main(requirements: Path, pip_audit: Path = PIP_AUDIT) -> int:
    """Run pip-audit and judge its report."""
    done = subprocess.run([pip_audit, *OPTIONS, requirements], capture_output=True, text=True, check=False)
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        report = None
        sys.stderr.write(done.stderr)
    must_pass = os.environ.get("AUDIT_MUST_PASS", "") == "1"
    status, lines = judge(report, pinned(requirements), must_pass=must_pass)
    sys.stdout.write("\n".join(lines) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
