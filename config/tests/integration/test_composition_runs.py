"""The composition's own commands against a real PostgreSQL and Redis, one beside the other, as in production."""

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from config.tests.integration.test_compose import SERVICES
from config.tests.production import run_in_production, started_in_production

pytestmark = [pytest.mark.services, pytest.mark.timeout(180)]


def services() -> dict[str, str]:
    """The private services of ``make test-services``; the role there both owns and uses the tables."""
    url = os.environ["DATABASE_URL"]
    return {"DATABASE_URL": url, "MIGRATION_DATABASE_URL": url, "REDIS_URL": os.environ["REDIS_URL"]}


def until(condition: Callable[[], bool], timeout_s: float = 60) -> bool:
    deadline = time.monotonic() + timeout_s
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return met


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_migrations_web_worker_and_beat_run_as_composed(tmp_path: Path) -> None:
    variables = services()
    migrated = run_in_production(*SERVICES["migrate"]["command"], data_dir=tmp_path, **variables)
    assert migrated.returncode == 0, migrated.stderr

    port = free_port()
    web = [part.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for part in SERVICES["web"]["command"]]
    check = f"import sys; from config.healthcheck import main; sys.exit(main({port}))"
    ping = SERVICES["worker"]["healthcheck"]["test"][1].replace("$$HOSTNAME", socket.gethostname())
    beat = [part.replace("/tmp/", f"{tmp_path}/") for part in SERVICES["beat"]["command"]]

    def passes(*command: str) -> bool:
        return run_in_production(*command, data_dir=tmp_path, **variables).returncode == 0

    with (
        started_in_production(*web, data_dir=tmp_path, **variables),
        started_in_production(*SERVICES["worker"]["command"], data_dir=tmp_path, **variables),
        started_in_production(*beat, data_dir=tmp_path, **variables) as beating,
    ):
        assert until(lambda: passes("python", "-c", check)), (tmp_path / "gunicorn.log").read_text()
        assert until(lambda: passes("sh", "-c", ping)), (tmp_path / "celery.log").read_text()
        assert beating.poll() is None
    assert "Traceback" not in (tmp_path / "celery.log").read_text()
