"""The cost of a post in this checkout, beside an older one: ``BEFORE=folder make bench ROWS=cost``.

The older checkout needs this package's rows under the same names; it is measured with its own code, one after the
other on the same machine, each in an empty database of its own.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

from tiktok.tests.bench.stand import Stand
from tiktok.tests.bench.table import Measure

HERE: Final = Path(__file__).resolve().parents[3]
PROBE: Final = Path(__file__).with_name("cost_probe.py")

# Aims: of the ratio to the older checkout where True, of the value otherwise.
AIMS: Final[dict[str, dict[str, Any]]] = {
    "statements per published post": {"most": 0.5, "is_ratio_aimed_at": True},
    "CPU of the jobs process per published post": {"most": 0.5, "is_ratio_aimed_at": True},
    "statements per poll": {"most": 12},
    "start lag, 200 posts at one instant, to first byte, p99": {"most": 0.6, "is_ratio_aimed_at": True},
    "accounts, 300: time, p95": {"most": 60},
    "instances, 50: time, p95": {"most": 60},
}


def rows(_: Stand) -> list[Measure]:
    """Raises CalledProcessError when one of the two cannot be measured."""
    before = os.environ.get("BEFORE")
    older = _measure(Path(before)) if before else {}
    return list(_side_by_side(_measure(HERE), older))


def _side_by_side(found: dict[str, list[float | str]], older: dict[str, list[float | str]]) -> Iterator[Measure]:
    for what, (value, unit, beside) in found.items():
        aims = AIMS.get(what, {})
        if what not in older:
            yield Measure(what, float(value), str(unit), str(beside), **aims)
        else:
            was, _, was_beside = older[what]
            baseline = " ".join(filter(None, [f"{was:.4g} {unit} before", str(was_beside and f"({was_beside})")]))
            ratio = float(value) / float(was)
            yield Measure(what, float(value), str(unit), baseline, ratio, note=str(beside), **aims)


def _measure(checkout: Path) -> dict[str, list[float | str]]:
    """By name: value, unit, and what stood beside it in the same run."""
    with tempfile.TemporaryDirectory(prefix="clipdesk-cost-") as scratch:
        out = Path(scratch) / "found.json"
        env = os.environ | {"DATA_DIR": scratch, "PYTHONPATH": str(checkout), "DATABASE_URL": _empty_database(scratch)}
        subprocess.run([sys.executable, str(PROBE), str(out)], check=True, cwd=checkout, env=env, stdout=sys.stderr)
        found: dict[str, list[float | str]] = json.loads(out.read_text())
    return found


def _empty_database(scratch: str) -> str:
    if connection.vendor == "sqlite":
        return f"sqlite:///{scratch}/clipdesk.sqlite3"
    with connection.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS cost WITH (FORCE)")
        cursor.execute("CREATE DATABASE cost")
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path="/cost"))
