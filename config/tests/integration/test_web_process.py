"""A web process loads everything that pages and the API need, and nothing of the workers."""

import json
from pathlib import Path

import pytest

from config.tests.production import run_in_production

SERVE = """
import json, sys
import config.asgi
from django.urls import get_resolver
def walk(patterns):
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            walk(pattern.url_patterns)
walk(get_resolver().url_patterns)
print(json.dumps(sorted(sys.modules)))
"""


@pytest.mark.embedded
def test_web_process_with_every_address_loads_nothing_of_workers(tmp_path: Path) -> None:
    result = run_in_production("python", "-W", "ignore", "-c", SERVE, data_dir=tmp_path)

    modules = json.loads(result.stdout)
    assert {"tiktok.posts.web.composer", "tiktok.posts.rest.routes", "tiktok.developer_apps.guide"} <= set(modules)
    assert [name for name in modules if name.startswith(("tiktok.delivery", "tiktok.background"))] == []
