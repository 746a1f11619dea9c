"""The doctor as a command and against the database."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
import redis
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from core.doctor import database, machine, mail, workers
from core.doctor.finding import Finding, State
from core.doctor.run import CheckContext, examine
from core.jobs.clock import pinned_clock, read_db_now
from core.models import JobLease, OutgoingMail

VISIT = CheckContext(is_online=False, database_answers=True)


def only(findings: object) -> Finding:
    (finding,) = list(findings)  # type: ignore[call-overload]
    assert isinstance(finding, Finding)
    return finding


@pytest.fixture
def now(db: None) -> Iterator[None]:
    with pinned_clock(read_db_now()):
        yield


@pytest.mark.parametrize(
    ("ago", "due_ago", "state", "text"),
    [
        (None, None, State.WARNING, "No background work has run here yet."),
        (timedelta(minutes=6), timedelta(0), State.FAULT, "No background work has run since "),
        (
            timedelta(seconds=7),
            timedelta(hours=1),
            State.WARNING,
            "these jobs have not finished in time: mail-notices.",
        ),
        (timedelta(seconds=7), timedelta(0), State.OK, "Background work last ran 7 s ago."),
    ],
)
def test_whether_workers_are_at_work(
    now: None, ago: timedelta | None, due_ago: timedelta | None, state: State, text: str
) -> None:
    if ago is not None and due_ago is not None:
        JobLease.objects.create(name="finish-disconnects", last_run_at=read_db_now() - ago)
        JobLease.objects.create(name="mail-notices", due_at=read_db_now() - due_ago)

    found = only(workers.at_work(VISIT))

    assert found.state == state
    assert text in found.text
    assert bool(found.step) == (state != State.OK)


def test_mails_that_failed_are_counted(db: None) -> None:
    assert only(mail.queue(VISIT)).state == State.OK
    OutgoingMail.objects.create(to="a@b.de", subject="x", text="x", attempts=2, last_error="SMTPException: no")

    assert only(mail.queue(VISIT)).text == "1 email could not be sent yet."


def test_missing_migrations_are_a_fault(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'instances'")

    found = only(database.is_up_to_date(VISIT))

    assert (found.state, found.check) == (State.FAULT, "migrations")


@pytest.mark.parametrize(("off_s", "state"), [(0, State.OK), (20, State.WARNING), (90, State.FAULT)])
def test_database_clock_that_is_off_is_named(db: None, off_s: int, state: State) -> None:
    with pinned_clock(read_db_now() + timedelta(seconds=off_s)):
        assert only(database.clock(VISIT)).state == state


def test_a_database_that_does_not_answer_is_named_and_the_rest_says_so() -> None:
    down = CheckContext(is_online=False, database_answers=False)

    assert only(database.answers(down)).state == State.FAULT
    for check in (database.is_up_to_date, database.clock, database.role, workers.at_work, mail.queue):
        assert only(check(down)).state == State.CANNOT_TELL


def test_superuser_at_the_database_is_a_fault(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "vendor", "postgresql")
    monkeypatch.setattr(database, "ROLE_SQL", "SELECT 1")

    assert only(database.role(VISIT)).step == "Use an ordinary role in DATABASE_URL (see the runbook)."


def test_role_that_can_change_history_is_a_warning(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "vendor", "postgresql")
    monkeypatch.setattr("core.append_only.IS_PROTECTED_SQL", "SELECT %s = ''")

    found = only(database.history(VISIT))

    assert found.state == State.WARNING
    assert found.step.startswith("Set MIGRATION_DATABASE_URL to the role that owns the tables")


def test_doctor_does_not_claim_that_the_database_separates_instances(db: None) -> None:
    told = [finding.text for check in (database.role, database.history) for finding in check(VISIT)]

    assert [text for text in told if "instances apart" in text] == []


def test_command_reports_every_check_as_text_and_as_json(db: None, settings: Settings) -> None:
    settings.BASE_URL = "http://127.0.0.1:8000"
    told = {finding.check for finding in examine(online=False)}
    for options, reads in ([], "variable-names"), (["--json"], '"name": "variable-names"'):
        out = StringIO()
        with pytest.raises(SystemExit) as end:
            call_command("doctor", "--offline", *options, stdout=out)
        assert end.value.code == 0
        assert reads in out.getvalue()
    assert told == {check["name"] for check in json.loads(out.getvalue())["checks"]}


def test_fault_gives_exit_code_1(db: None, settings: Settings) -> None:
    settings.ALLOWED_HOSTS, settings.BASE_URL = ["elsewhere"], "https://clip.example.com"

    with pytest.raises(SystemExit) as end:
        call_command("doctor", "--offline", stdout=StringIO())

    assert end.value.code == 1


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("BASE_URL", "http://clip.example.com", "BASE_URL must use https; plain http is allowed on loopback only."),
        ("EMAIL_URL", "mail://user:canary@host", "EMAIL_URL must look like smtp+tls://user:password@host:587."),
    ],
)
def test_settings_that_refuse_to_start_are_named_without_traceback(
    tmp_path: Path, variable: str, value: str, words: str
) -> None:
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), variable: value}

    ran = subprocess.run(
        [sys.executable, str(Path(django_settings.BASE_DIR) / "manage.py"), "doctor", "--json"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    (finding,) = json.loads(ran.stdout)["checks"]
    assert (ran.returncode, finding["name"], finding["state"]) == (1, "settings", "fault")
    assert finding["text"] == f"Clipdesk cannot start: {words}"
    assert "Traceback" not in ran.stderr
    assert "canary" not in ran.stdout + ran.stderr


@pytest.mark.services
@pytest.mark.parametrize(("policy", "state"), [("noeviction", State.OK), ("allkeys-lru", State.WARNING)])
def test_redis_that_forgets_by_itself_is_a_warning(policy: str, state: State) -> None:
    with redis.Redis.from_url(django_settings.REDIS_URL) as server:
        server.config_set("maxmemory-policy", policy)
        try:
            found = only(machine.broker(VISIT))
        finally:
            server.config_set("maxmemory-policy", "noeviction")

    assert (found.state, bool(found.step)) == (state, state != State.OK)
