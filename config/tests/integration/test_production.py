"""The production settings: they start in a proper environment, and otherwise say which variable is missing."""

from pathlib import Path

import pytest

from config.tests.production import PROPER, run_in_production

pytestmark = pytest.mark.embedded
GUESSED = "SECRET_KEY is easy to guess. .env.example has a command that creates a random one."
GUESSED_KEY = "FIELD_ENCRYPTION_KEYS starts with a key that is easy to guess. Put a random one in front."
EXAMPLE = "%s has an example password. Choose a random one."
CHECK = ("python", "-c", "import config.settings.production")


def test_proper_environment_passes_djangos_deployment_checks(tmp_path: Path) -> None:
    result = run_in_production("python", "manage.py", "check", "--deploy", "--fail-level", "WARNING", data_dir=tmp_path)

    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    "name",
    ["BASE_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "DATABASE_URL", "REDIS_URL", "TRUSTED_PROXY_COUNT"],
)
def test_missing_variable_is_named(tmp_path: Path, name: str) -> None:
    result = run_in_production(*CHECK, data_dir=tmp_path, without=name)

    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == (
        f"django.core.exceptions.ImproperlyConfigured: {name} is not set. See .env.example."
    )


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SECRET_KEY", "change-me", "SECRET_KEY must have at least 50 characters."),
        ("SECRET_KEY", "abc" * 20, GUESSED),
        ("SECRET_KEY", "0123456789abcdefghijklmnopq" * 2, GUESSED),
        ("SECRET_KEY", "django-insecure-0123456789abcdefghijklmnopqrstuvwxyz", GUESSED),
        ("SECRET_KEY", "change-me-0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFG", GUESSED),
        ("FIELD_ENCRYPTION_KEYS", "k1:" + "A" * 43 + "=", GUESSED_KEY),
        ("FIELD_ENCRYPTION_KEYS", "k2:" + "AAAB" * 10 + "AAA=," + PROPER["FIELD_ENCRYPTION_KEYS"], GUESSED_KEY),
        ("DATABASE_URL", "postgres://clipdesk_app:changeme@127.0.0.1:1/clipdesk", EXAMPLE % "DATABASE_URL"),
        ("MIGRATION_DATABASE_URL", "postgres://owner:Password@127.0.0.1:1/x", EXAMPLE % "MIGRATION_DATABASE_URL"),
        ("REDIS_URL", "redis://:redis@127.0.0.1:1/0", EXAMPLE % "REDIS_URL"),
        ("BASE_URL", "http://127.0.0.1:8000", "BASE_URL must start with https:// in production."),
        (
            "BASE_URL",
            "https://clip.example.com/sub",
            "BASE_URL must have no path, but has '/sub': Clipdesk needs a host of its own.",
        ),
        ("DATABASE_URL", "sqlite:////tmp/x.sqlite3", "DATABASE_URL must name a PostgreSQL database in production."),
        ("DEBUG", "true", "DEBUG must be off in production."),
        ("TRUSTED_PROXY_COUNT", "0", "TRUSTED_PROXY_COUNT must be a whole number from 1 to 5, not '0'."),
    ],
)
def test_value_that_is_not_for_production_is_refused(tmp_path: Path, name: str, value: str, message: str) -> None:
    result = run_in_production(*CHECK, data_dir=tmp_path, **{name: value})

    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == f"django.core.exceptions.ImproperlyConfigured: {message}"


def test_weak_old_encryption_key_still_reads_what_it_wrote(tmp_path: Path) -> None:
    ring = PROPER["FIELD_ENCRYPTION_KEYS"] + ",k0:" + "A" * 43 + "="

    assert run_in_production(*CHECK, data_dir=tmp_path, FIELD_ENCRYPTION_KEYS=ring).returncode == 0


def answers(tmp_path: Path, code: str, **variables: str) -> str:
    result = run_in_production("python", "-W", "ignore", "-c", code, data_dir=tmp_path, **variables)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


HOSTS = """
from config.settings.production import ALLOWED_HOSTS, MIDDLEWARE
print(*ALLOWED_HOSTS, MIDDLEWARE[1])
"""


def test_production_allows_only_the_host_of_base_url(tmp_path: Path) -> None:
    said = answers(tmp_path, HOSTS, ALLOWED_HOSTS="localhost,127.0.0.1", BASE_URL="https://clip.example.com:8443")

    assert said == "clip.example.com accounts.addresses.BaseUrlHostMiddleware"


WRONG_HOSTS = """
import logging; logging.disable()
import django; django.setup()
from django.test import Client
for host in ("clip.example.com", "evil.example.com", "clip.example.com:8443"):
    answer = Client(headers={"host": host}).get("/api/v1/openapi.json", secure=True)
    print(answer.status_code, answer["Content-Type"].partition(";")[0], answer.json().get("code"))
"""


def test_wrong_host_under_the_api_is_a_problem_in_production(tmp_path: Path) -> None:
    said = answers(tmp_path, WRONG_HOSTS, BASE_URL="https://clip.example.com").splitlines()

    wrong = "400 application/problem+json bad_request"
    assert said == ["200 application/json None", wrong, wrong]


COOKIES = """
import django; django.setup()
from django.conf import settings
from django.utils.module_loading import import_string
names = [getattr(settings, f"{kind}_COOKIE_NAME") for kind in ("SESSION", "CSRF", "LANGUAGE")]
secure = [getattr(settings, f"{kind}_COOKIE_SECURE") for kind in ("SESSION", "CSRF", "LANGUAGE")]
print(*names, import_string(settings.MESSAGE_STORAGE).storage_classes[0].cookie_name, *secure)
"""


def test_every_cookie_of_production_has_the_host_prefix(tmp_path: Path) -> None:
    assert answers(tmp_path, COOKIES).split() == [
        "__Host-sessionid", "__Host-csrftoken", "__Host-language", "__Host-messages", "True", "True", "True",
    ]  # fmt: skip
