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


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of a database that the composition's own command has migrated."""
    variables = services()
    command = SERVICES["migrate"]["command"]
    migrated = run_in_production(*command, data_dir=tmp_path_factory.mktemp("migrate"), **variables)
    assert migrated.returncode == 0, migrated.stderr
    return variables


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


def test_migrations_web_worker_and_beat_run_as_composed(tmp_path: Path, composed: dict[str, str]) -> None:
    variables = composed
    app_may_not_migrate = run_in_production(
        "python", "manage.py", "migrate", "tiktok", "zero", data_dir=tmp_path, **variables
    )
    assert app_may_not_migrate.returncode == 1
    assert "must be owner of" in app_may_not_migrate.stderr

    port = free_port()
    web = [part.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for part in SERVICES["web"]["command"]]
    check = f"import sys; from core.serving.healthcheck import main; sys.exit(main({port}))"
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
        assert readiness(port) == {
            "database": True, "migrations": True, "database_role": True, "append_only": True,
        }  # fmt: skip
        assert until(lambda: passes("sh", "-c", ping)), (tmp_path / "celery.log").read_text()
        assert beating.poll() is None
    assert "Traceback" not in (tmp_path / "celery.log").read_text()


def test_redis_asks_for_the_password_of_the_composition(tmp_path: Path) -> None:
    port = free_port()
    shell, flag, script = SERVICES["redis"]["command"]
    script = script.replace("$$", "$").replace("redis-server", f"redis-server --bind 127.0.0.1 --port {port}")
    ping = SERVICES["redis"]["healthcheck"]["test"][1].replace("redis-cli", f"redis-cli -p {port}")

    def answers_to(**password: str) -> bool:
        env = {"PATH": os.environ["PATH"]} | password
        return subprocess.run(["sh", "-c", ping], env=env, check=False, capture_output=True).returncode == 0

    env = {"PATH": os.environ["PATH"], "REDISCLI_AUTH": "right"}
    with subprocess.Popen([shell, flag, script], env=env, cwd=tmp_path, stdout=subprocess.DEVNULL) as server:
        try:
            assert until(lambda: answers_to(REDISCLI_AUTH="right"))
            assert not answers_to(REDISCLI_AUTH="wrong")
            assert not answers_to()
            assert b"right" not in Path(f"/proc/{server.pid}/cmdline").read_bytes()
        finally:
            server.terminate()


HISTORY = """
from django.db import DatabaseError, connection
from core.append_only import is_protected
from accounts.audit import record
from accounts.models import AuditLogEntry, User
from instances.models import Instance
from instances.scoping import instance_scope
from instances.services import create_tenant_with_instance
from tiktok.models import EventCause, Post, PostEvent, PostState
from tiktok.tests.factories import make_account, make_post

user = User.objects.create(email="a@example.com")
_tenant, instance = create_tenant_with_instance(owner=user, tenant_name="Aurora", instance_name="Aurora")
with instance_scope(instance):
    account = make_account(instance)
    posts = [make_post(account, state=state) for state in (PostState.DRAFT, PostState.PUBLISHED)]
    for post in posts:
        PostEvent.objects.create(post=post, to_state=post.state, cause=EventCause.PERSON, actor=user, instance=instance)

    def tried(sql):
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.rowcount
        except DatabaseError as error:
            return type(error).__name__

    print(is_protected(), AuditLogEntry.objects.filter(actor=user).exists())
    for table in ("accounts_auditlogentry", "tiktok_postevent"):
        print(table, tried(f"UPDATE {table} SET at = now()"), tried(f"TRUNCATE {table} CASCADE"))
        print(table, tried(f"UPDATE {table} SET actor_id = '00000000-0000-0000-0000-000000000000'"))
    print(tried("DELETE FROM accounts_auditlogentry"), tried("DELETE FROM tiktok_postevent"))
    migrations = "django_migrations"
    print(tried(f"DELETE FROM {migrations}"), tried(f"INSERT INTO {migrations} SELECT * FROM {migrations}"))
    for table in ("accounts_auditlogentry", "tiktok_postevent"):
        print(table, type(tried(f"UPDATE {table} SET actor_id = NULL")).__name__)
"""


def test_product_role_cannot_rewrite_history(tmp_path: Path, composed: dict[str, str]) -> None:
    result = run_in_production("python", "manage.py", "shell", "-v", "0", "-c", HISTORY, data_dir=tmp_path, **composed)

    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [
        "True True",  # protected; the line of the new tenant is there
        "accounts_auditlogentry ProgrammingError ProgrammingError",
        "accounts_auditlogentry ProgrammingError",
        "tiktok_postevent ProgrammingError ProgrammingError",
        "tiktok_postevent ProgrammingError",
        "0 1",  # no audit line; of the events only the draft's
        "ProgrammingError ProgrammingError",
        "accounts_auditlogentry int",  # as when a person is deleted
        "tiktok_postevent int",
    ]
