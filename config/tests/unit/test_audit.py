"""The audit of the requirements: a package that nothing was found out about has not passed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[3]
SKIPPED: Final = {"name": "one", "skip_reason": "could not be audited: one (1.0)"}
CLEAN: Final = {"name": "two", "version": "2.0", "vulns": []}
BROKEN: Final = {"name": "two", "version": "2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]}


def audit(tmp_path: Path, said: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run the audit of two pinned packages with a pip-audit that says ``said``."""
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("one==1.0 \\\n    --hash=sha256:0\ntwo==2.0 \\\n    --hash=sha256:1\n    # via one\n")
    fake = tmp_path / "pip-audit"
    fake.write_text(f"#!/bin/sh\ncat <<'END'\n{said}\nEND\n")
    fake.chmod(0o700)
    paths = f"Path({str(requirements)!r}), Path({str(fake)!r})"
    code = f"import sys, audit; from pathlib import Path; sys.exit(audit.main({paths}))"
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "scripts"), "PYTHONDONTWRITEBYTECODE": "1"} | variables
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)


def report(*dependencies: Any) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


ALL_SKIPPED: Final = report(SKIPPED, SKIPPED | {"name": "two"})


@pytest.mark.parametrize(
    ("said", "must_pass", "status", "last_line"),
    [
        (report(CLEAN | {"name": "one"}, CLEAN), "1", 0, "audit ok: 2 of 2 packages audited, no known vulnerabilities"),
        (ALL_SKIPPED, "", 0, "NOT AUDITED: 2 of 2 packages could not be looked up"),
        (ALL_SKIPPED, "1", 1, "NOT AUDITED: 2 of 2 packages could not be looked up"),
        ("ConnectionError", "", 0, "NOT AUDITED: 2 of 2 packages could not be looked up"),
        ("ConnectionError", "1", 1, "NOT AUDITED: 2 of 2 packages could not be looked up"),
        (report(SKIPPED, CLEAN), "", 1, "NOT AUDITED: 1 of 2 packages could not be looked up"),
        (report(SKIPPED, BROKEN), "", 1, "AUDIT FAILED: 1 known vulnerabilities, 1 of 2 not audited"),
    ],
)
def test_only_an_audited_package_passes_the_audit(
    tmp_path: Path, said: str, must_pass: str, status: int, last_line: str
) -> None:
    result = audit(tmp_path, said, AUDIT_MUST_PASS=must_pass)

    assert (result.returncode, result.stdout.splitlines()[-1]) == (status, last_line), result.stderr


def test_vulnerability_is_named_with_the_version_that_fixes_it(tmp_path: Path) -> None:
    assert audit(tmp_path, report(BROKEN)).stdout.splitlines()[0] == "two 2.0: PYSEC-1, fixed in 2.1"


def test_ci_repeats_the_result_of_the_audit_at_the_end() -> None:
    script = (ROOT / ".ci" / "run").read_text()

    assert "scripts/audit.py requirements.txt" in script
    assert "stage audit audit" in script
