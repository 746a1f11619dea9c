"""Break one thing at a time in a copy of the tree and check that its tests notice.

Usage: python scripts/mutants.py [--jobs N] [NAME...]. A name may be the beginning of one. Prints for each mutant which
test caught it and how; exits with 1 when one survives.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mutant_table import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = "1800"
# A mutant that cannot be imported, or does not run at all, proves nothing.
BROKEN = re.compile(r"^E +(\w*ImportError|ModuleNotFoundError|SyntaxError|NameError|AttributeError|TypeError)\b", re.M)


def copy_tree(to: Path) -> None:
    """Copy the files that git tracks."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if name.startswith("static/vendor/") or not (ROOT / name).is_file():
            continue
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, to / name)


def run(tree: Path, tests: Iterable[str]) -> subprocess.CompletedProcess[str]:
    """Run the tests there, with all their scratch files inside the tree."""
    scratch = tree / "scratch"
    scratch.mkdir()
    env = {**os.environ, "DATA_DIR": str(scratch / "var"), "TMPDIR": str(scratch), "FIRST_FAULT": "1"}
    options = ["-q", "-x", "-p", "no:cacheprovider", "--timeout", TIMEOUT_S]
    command = [sys.executable, "-m", "pytest", *options, *tests]
    return subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True)


def in_copy(mutant: Mutant | None, tests: Iterable[str]) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory(prefix="clipdesk-mutant-") as name:
        tree = Path(name)
        copy_tree(tree)
        if mutant:
            mutant.apply(tree)
        return run(tree, tests)


def verdict(mutant: Mutant) -> tuple[bool, str]:
    """Return whether the mutant was caught, and a line to print.

    Only a failed assertion (exit code 1) counts, not a tree that cannot run.
    """
    done = in_copy(mutant, mutant.tests)
    failed = re.search(r"^FAILED (?:\S*/)?(.+?)(?: - |$)", done.stdout, re.M)
    is_caught = (
        done.returncode == 1 and failed is not None and "assert" in done.stdout and not BROKEN.search(done.stdout)
    )
    if not is_caught or failed is None:
        return False, f"NOT caught: {mutant.name} (exit {done.returncode})\n{done.stdout[-2500:]}{done.stderr[-500:]}"
    return True, f"caught: {mutant.name}\n          by {failed[1]}\n          {said(done.stdout)}"


def said(output: str) -> str:
    """Return the first fault of a table, or the first assertion that failed."""
    fault = re.search(r"^ +!! (.*)$", output, re.M)
    line = re.search(r"^E +(?:AssertionError: )?(assert .*|.*Error.*|Failed: .*)$", output, re.M)
    return (fault or line or re.search("(.*)", output))[1][:160]  # type: ignore[index]


def chosen(names: list[str]) -> list[Mutant]:
    """Return the mutants whose names begin with one of these, or all. Raises SystemExit for an unknown name."""
    for name in names:
        if not any(mutant.name.startswith(name) for mutant in MUTANTS):
            raise SystemExit(f"there is no mutant {name!r}")
    return [mutant for mutant in MUTANTS if not names or mutant.name.startswith(tuple(names))]


def evidence(mutants: list[Mutant], jobs: int) -> int:
    """Print a line for each mutant and return how many survived.

    Runs the tests on the unchanged tree first; they must pass.
    """
    tests = sorted({test for mutant in mutants for test in mutant.tests})
    plain = in_copy(None, tests)
    if plain.returncode != 0:
        say(f"the tests fail on the tree as it is:\n{plain.stdout[-3000:]}")
        return 1
    say("green without mutants")
    survived = 0
    with ThreadPoolExecutor(jobs) as pool:
        for is_caught, line in pool.map(verdict, mutants):
            survived += not is_caught
            say(line)
    say(f"{len(mutants) - survived} of {len(mutants)} mutants caught")
    return survived


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    sys.exit(1 if evidence(chosen(options.names), options.jobs) else 0)
