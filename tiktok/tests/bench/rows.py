"""The benchmarks by name. Each is a function that takes a Stand and returns its Measures."""

from typing import Final

ROWS: Final = {
    "polls": "tiktok.tests.bench.polls.rows",
}
