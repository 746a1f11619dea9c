"""One benchmark in this process: ``python -m tiktok.tests.bench.one ROW OUT``; ``DATA_DIR`` is an empty directory."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command

from tiktok.tests.bench.rows import ROWS


def load(dotted: str) -> Callable[..., Any]:
    """Only after ``django.setup()``: what it names imports models."""
    module, _, name = dotted.rpartition(".")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function


def main(row: str, out: Path) -> None:
    """Measure in an empty database."""
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    with load("tiktok.tests.bench.stand.stand")() as stand:
        measures = list(load(ROWS[row])(stand))
        machine = load("tiktok.tests.bench.machine.describe")()
    out.write_text(json.dumps({"machine": machine, "measures": [asdict(measure) for measure in measures]}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
