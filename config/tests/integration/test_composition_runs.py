"""The composition's own commands against a real PostgreSQL and Redis, one beside the other, as in production."""

import http.client
import json
import os
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.tests.integration.test_compose import SERVICES
from config.tests.production import ROOT, free_port, run_in_production, started_in_production, until

pytestmark = [pytest.mark.services, pytest.mark.timeout(180)]


def services() -> dict[str, str]:
    """A database made as the composition makes it, on the private server of ``make test-services``.

    Its superuser needs no password there, and does what the image does at first start: it runs the script.
    """
    server = urlsplit(os.environ["DATABASE_URL"])
    at = f"{server.hostname}:{server.port}/composed"
    environment = {
        "PATH": os.environ["PATH"],
        "PGHOST": str(server.hostname),
        "PGPORT": str(server.port),
        "POSTGRES_USER": "postgres",
        "POSTGRES_DB": "composed",
        "OWNER_PASSWORD": "of-the-owner",
        "APP_PASSWORD": "of-the-app",
    }
    for command in (["createdb", "-U", "postgres", "composed"], [str(ROOT / "deploy" / "postgres" / "10-roles.sh")]):
        subprocess.run(command, env=environment, check=True, capture_output=True)
    return {
        "DATABASE_URL": f"postgres://clipdesk_app:of-the-app@{at}",
        "MIGRATION_DATABASE_URL": f"postgres://clipdesk_owner:of-the-owner@{at}",
        "REDIS_URL": os.environ["REDIS_URL"],
    }


def readiness(port: int) -> dict[str, bool]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/readyz", headers={"Host": "clip.example.com"})
    checks: dict[str, bool] = json.loads(connection.getresponse().read())["checks"]
    connection.close()
    return checks


def test_migrations_web_worker_and_beat_run_as_composed(tmp_path: Path) -> None:
    variables = services()
    migrated = run_in_production(*SERVICES["migrate"]["command"], data_dir=tmp_path, **variables)
    assert migrated.returncode == 0, migrated.stderr

    app_may_not_migrate = run_in_production(
        "python", "manage.py", "migrate", "tiktok", "zero", data_dir=tmp_path, **variables
    )
    assert app_may_not_migrate.returncode == 1
    assert "must be owner of" in app_may_not_migrate.stderr

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
        assert until(lambda: passes("python", "-c", check)), (tmp_path / "python.log").read_text()
        assert readiness(port) == {"database": True, "migrations": True, "database_role": True}
        assert until(lambda: passes("sh", "-c", ping)), (tmp_path / "celery.log").read_text()
        assert beating.poll() is None
    assert "Traceback" not in (tmp_path / "celery.log").read_text()
