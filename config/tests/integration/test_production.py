"""The production settings: they start in a proper environment, and otherwise say which variable is missing."""

from pathlib import Path

import pytest

from config.tests.production import run_in_production

pytestmark = pytest.mark.embedded
CHECK = ("python", "-c", "import config.settings.production")


def test_a_proper_environment_passes_djangos_deployment_checks(tmp_path: Path) -> None:
    result = run_in_production("python", "manage.py", "check", "--deploy", "--fail-level", "WARNING", data_dir=tmp_path)

    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    "name",
    ["BASE_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "DATABASE_URL", "REDIS_URL", "TRUSTED_PROXY_COUNT"],
)
def test_a_missing_variable_is_named(tmp_path: Path, name: str) -> None:
    result = run_in_production(*CHECK, data_dir=tmp_path, without=name)

    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == (
        f"django.core.exceptions.ImproperlyConfigured: {name} is not set. See .env.example."
    )


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SECRET_KEY", "change-me", "SECRET_KEY must have at least 50 characters."),
        ("BASE_URL", "http://127.0.0.1:8000", "BASE_URL must start with https:// in production."),
        ("DATABASE_URL", "sqlite:////tmp/x.sqlite3", "DATABASE_URL must name a PostgreSQL database in production."),
        ("DEBUG", "true", "DEBUG must be off in production."),
        ("TRUSTED_PROXY_COUNT", "0", "TRUSTED_PROXY_COUNT must be a whole number from 1 to 5, not '0'."),
    ],
)
def test_a_value_that_is_not_for_production_is_refused(tmp_path: Path, name: str, value: str, message: str) -> None:
    result = run_in_production(*CHECK, data_dir=tmp_path, **{name: value})

    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == f"django.core.exceptions.ImproperlyConfigured: {message}"
