"""The benchmarks by name. Each is a function that takes a ``Stand`` and returns its ``Measures``."""

from typing import Final

ROWS: Final = {
    "upload": "tiktok.tests.bench.upload.unshaped",
    "shaped": "tiktok.tests.bench.upload.shaped",
    "memory": "tiktok.tests.bench.memory.rows",
    "lines": "tiktok.tests.bench.slow_lines.rows",
    "polls": "tiktok.tests.bench.polls.rows",
    "start-lag": "tiktok.tests.bench.start_lag.rows",
    "fairness": "tiktok.tests.bench.fairness.crowds",
    "beside-slow": "tiktok.tests.bench.fairness.beside_slow_uploads",
    "claims": "tiktok.tests.bench.fairness.claims",
    "pages": "tiktok.tests.bench.pages.rows",
    "clicks": "tiktok.tests.bench.clicks.rows",
    "webhooks": "tiktok.tests.bench.webhooks.rows",
    "cost": "tiktok.tests.bench.cost.rows",
}
