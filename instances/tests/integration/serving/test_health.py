from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import Settings


def test_the_process_is_alive_without_asking_the_database(client: Client) -> None:
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_it_is_ready_when_everything_is_there(client: Client) -> None:
    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"ready": True, "problems": []})


@pytest.mark.django_db
def test_a_missing_migration_and_unwritable_media_are_named(client: Client, settings: Settings, tmp_path: Path) -> None:
    MigrationRecorder.Migration.objects.filter(app="tiktok").delete()
    settings.MEDIA_ROOT = tmp_path / "a file"
    settings.MEDIA_ROOT.touch()

    response = client.get("/readyz")

    assert (response.status_code, response.json()["problems"]) == (503, ["migrations", "media"])


@pytest.mark.services
@pytest.mark.django_db
def test_a_role_that_row_level_security_does_not_bind_is_named(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")

        assert cursor.fetchone() == (False, False)
    assert client.get("/readyz").status_code == 200
