"""Limits live in a table from which no row can be pushed out, hold only JSON, and allow two writers at once."""

import pickle
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.limits import forget_expired_limits
from accounts.models import LimitEntry, User
from core.jobs import registry

LOGIN = "/auth/login/"


@pytest.mark.django_db
def test_lockout_survives_hundreds_of_other_limits(client: Client) -> None:
    User.objects.create_user("victim@example.com", "correct horse battery")
    for _ in range(5):
        client.post(LOGIN, {"login": "victim@example.com", "password": "wrong"})

    for number in range(1000):
        cache.set(f"allauth:rl:made-up:{number}", [1.0], 300)
    page = client.post(LOGIN, {"login": "victim@example.com", "password": "correct horse battery"})

    assert "Try again in 5 minutes." in str(page.context["form"].errors)


@pytest.mark.django_db
def test_no_setting_names_a_store_that_unpickles() -> None:
    assert [store["BACKEND"] for store in settings.CACHES.values()] == ["accounts.limits.LimitCache"]
    assert settings.SESSION_SERIALIZER == "django.contrib.sessions.serializers.JSONSerializer"


@pytest.mark.django_db
def test_crafted_row_runs_nothing() -> None:
    cache.set("crafted", 1)
    LimitEntry.objects.update(value=pickle.dumps(print).decode("latin-1").replace("\0", ""))

    with pytest.raises(ValueError, match="Expecting value"):
        cache.get("crafted")


@pytest.mark.django_db
@pytest.mark.parametrize("value", [[1.5, 2], "y", True, 0, {"a": [1]}])
def test_values_come_back_as_they_went_in(value: Any) -> None:
    cache.set("key", value)

    assert cache.get("key") == value


@pytest.mark.django_db
def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError):
        cache.set("key", object())


@pytest.mark.django_db
def test_add_stores_once_and_again_after_the_end() -> None:
    assert cache.add("key", 1, 60)
    assert not cache.add("key", 2, 60)
    assert cache.get("key") == 1

    LimitEntry.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert cache.get("key") is None
    assert cache.add("key", 3, 60)
    assert cache.get("key") == 3


@pytest.mark.django_db
def test_long_key_is_stored_by_its_hash() -> None:
    cache.set("k" * 400, 1)

    assert cache.get("k" * 400) == 1
    assert cache.get("k" * 401) is None
    assert cache.delete("k" * 400)


@pytest.mark.django_db
def test_touch_and_incr_concern_live_rows_alone() -> None:
    cache.set("key", 1, 60)
    assert cache.touch("key", 120)
    assert cache.incr("key", 4) == 5

    cache.set("key", 1, -1)

    assert not cache.touch("key", 120)
    with pytest.raises(ValueError, match="no number"):
        cache.incr("key")


@pytest.mark.django_db
def test_housekeeping_removes_what_has_ended_and_nothing_else() -> None:
    cache.set("ended", 1, -1)
    cache.set("live", 1, 60)
    cache.set("for ever", 1, None)

    forget_expired_limits()

    assert sorted(LimitEntry.objects.values_list("key", flat=True)) == [":1:for ever", ":1:live"]
    registry.load()
    assert forget_expired_limits in [job.run for job in registry.periodic_jobs()]


def in_two_threads(work: Any) -> list[Any]:
    """Return the results of the work in two threads that start together, each with a connection of its own."""
    start, results = threading.Barrier(2), []

    def run() -> None:
        start.wait(timeout=10)
        try:
            results.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


@pytest.mark.django_db(transaction=True)
def test_two_connections_that_count_at_once_lose_no_count() -> None:
    cache.set("count", 0, 60)

    in_two_threads(lambda: [cache.incr("count") for _ in range(50)])

    assert cache.get("count") == 100


@pytest.mark.django_db(transaction=True)
def test_of_two_connections_that_add_at_once_one_wins() -> None:
    for number in range(20):
        cache.set(f"mark-{number}", 0, -1)  # half of the fight is over rows that have ended

    results = in_two_threads(lambda: [cache.add(f"mark-{number}", 1, 60) for number in range(40)])

    assert [sum(pair) for pair in zip(*results, strict=True)] == [1] * 40
