"""Fixtures for all tests: one instance with its people, and a second instance with data that could leak."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models.signals import post_migrate
from django.utils import translation

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from instances.tests.factories import InstanceFactory, UserFactory, person_of


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Skip what a flush recreates after each transactional test: content types, permissions and triggers.

    A flush leaves triggers in place, and no access depends on Django's permissions. This saves a tenth of the run.
    """
    post_migrate.receivers = []
    post_migrate.sender_receivers_cache.clear()


@pytest.fixture(autouse=True)
def no_content_type_outlives_its_test() -> Iterator[None]:
    """Forget content types: the row of one that was made in a test goes with the test's transaction."""
    yield
    ContentType.objects.clear_cache()


@pytest.fixture(autouse=True)
def no_language_outlives_its_test() -> Iterator[None]:
    """Speak English again: the language of a test's last request stays with the thread."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def no_file_outlives_its_test() -> Iterator[None]:
    """Delete the files of a test, whose videos take gigabytes in a run."""
    media_root = Path(settings.MEDIA_ROOT)
    yield
    shutil.rmtree(media_root, ignore_errors=True)


@pytest.fixture
def instance(db: None) -> Instance:
    """Return the instance under test."""
    return InstanceFactory.create(name="Aurora", slug="aurora")


@pytest.fixture
def other_instance(db: None) -> Instance:
    """Return another tenant's instance."""
    return InstanceFactory.create(name="Borealis", slug="borealis")


@pytest.fixture
def scoped(instance: Instance) -> Iterator[Instance]:
    """Open the scope of the instance under test."""
    with instance_scope(instance):
        yield instance


@pytest.fixture
def owner(instance: Instance) -> User:
    """Owner of the tenant."""
    return person_of(instance, "owner", email="owner@example.com")


@pytest.fixture
def tenant_admin(instance: Instance) -> User:
    """Admin of the tenant."""
    return person_of(instance, "tenant_admin", email="tenant-admin@example.com")


@pytest.fixture
def admin(instance: Instance) -> User:
    """Admin of the instance."""
    return person_of(instance, "admin", email="admin@example.com")


@pytest.fixture
def editor(instance: Instance) -> User:
    """Editor of the instance."""
    return person_of(instance, "editor", email="editor@example.com")


@pytest.fixture
def viewer(instance: Instance) -> User:
    """Viewer of the instance."""
    return person_of(instance, "viewer", email="viewer@example.com")


@pytest.fixture
def tenant_member(instance: Instance) -> User:
    """Member of the tenant without access to any instance."""
    return person_of(instance, "tenant_member", email="member@example.com")


@pytest.fixture
def outsider(other_instance: Instance) -> User:
    """Owner of another tenant."""
    return person_of(other_instance, "owner", email="outsider@example.com")


@pytest.fixture
def ex_member(db: None) -> User:
    """Former member without access to anything."""
    return UserFactory.create(email="ex-member@example.com")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect ``services`` tests without PostgreSQL (``make test-services``), and ``embedded`` ones with it.

    ``deep`` tests run only on request (``-m deep``).
    """
    has_services = settings.DATABASES["default"]["ENGINE"] == "core.postgresql"
    marks = ["embedded" if has_services else "services", *([] if config.option.markexpr == "deep" else ["deep"])]
    left_out = [item for item in items if any(item.get_closest_marker(mark) for mark in marks)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
