"""Run benchmarks one after the other, each in a process and a world of its own, and print one table."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tiktok.tests.bench.rows import ROWS
from tiktok.tests.bench.table import Measure, markdown

ROOT = Path(__file__).resolve().parents[3]


def run(row: str) -> tuple[str, list[Measure]]:
    """The machine's description and what the row measured. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory(prefix=f"clipdesk-bench-{row}-") as scratch:
        out = Path(scratch) / "measures.json"
        env = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings.base", "DATA_DIR": scratch}
        env.setdefault("DATABASE_URL", f"sqlite:///{scratch}/clipdesk.sqlite3")
        command = [sys.executable, "-m", "tiktok.tests.bench.one", row, str(out)]
        subprocess.run(command, check=True, cwd=ROOT, env=env, stdout=sys.stderr)
        said = json.loads(out.read_text())
    return said["machine"], [Measure(**measure) for measure in said["measures"]]


def main() -> int:
    """1 when a row could not be measured; an aim that is missed is a finding, not a failure."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measure; see docs/benchmarks.md.")
    parser.add_argument("rows", nargs="*", choices=[*ROWS, []], metavar="ROW", help=", ".join(ROWS))
    machine, measures, failed = "", list[Measure](), list[str]()
    for row in parser.parse_args().rows or list(ROWS):
        print(f"… {row}", file=sys.stderr, flush=True)  # noqa: T201 - a command
        try:
            machine, found = run(row)
        except subprocess.CalledProcessError:
            failed.append(row)
        else:
            measures += found
            for measure in found:
                print("  ", " · ".join(filter(None, measure.cells())), file=sys.stderr, flush=True)  # noqa: T201
    print(f"{machine}\n\n{markdown(measures)}")  # noqa: T201 - a command
    if failed:
        print(f"not measured: {', '.join(failed)}", file=sys.stderr)  # noqa: T201 - a command
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
