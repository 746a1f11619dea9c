"""Requests per minute of an API key, and what reading does while the database cannot be written."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.models import User
from core.jobs.clock import pinned_clock, read_db_now
from core.serving.front.pieces import CONTINUES
from instances.models import ApiKey
from tiktok.tests.fixtures_rest import Answer, Api, MakeApi

LIMIT = 3


@pytest.fixture(autouse=True)
def limit(settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = LIMIT


def rate_of(answer: Answer) -> tuple[int, str, str, str]:
    """Status and the three headers."""
    return (
        answer.status_code,
        answer["RateLimit-Limit"],
        answer["RateLimit-Remaining"],
        answer["RateLimit-Reset"],
    )


def test_every_answer_says_how_many_requests_are_left(api: Api) -> None:
    start = read_db_now()
    with pinned_clock(start):
        assert rate_of(api.get("/instance")) == (200, "3", "2", "60")
    with pinned_clock(start + timedelta(seconds=20)):
        assert rate_of(api.get("/nowhere")) == (404, "3", "1", "40")
        assert rate_of(api.send("POST", "/posts")) == (422, "3", "0", "40")


def test_request_over_the_limit_is_429_until_the_minute_ends(api: Api) -> None:
    start = read_db_now()
    with pinned_clock(start):
        for _ in range(LIMIT):
            api.get("/instance")
    with pinned_clock(start + timedelta(seconds=45)):
        answer = api.get("/instance")
        assert (answer["Content-Type"], answer.json()["code"]) == ("application/problem+json", "too_many_requests")
        assert rate_of(answer) == (429, "3", "0", "15")
        assert answer["Retry-After"] == "15"
    with pinned_clock(start + timedelta(seconds=60)):
        assert rate_of(api.get("/instance")) == (200, "3", "2", "60")


def test_refused_request_does_nothing(api: Api) -> None:
    for _ in range(LIMIT):
        api.get("/instance")

    answer = api.client.post("/api/v1/media/uploads", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "9"})

    assert answer.status_code == 429


def test_each_key_has_requests_of_its_own(api: Api, make_api: MakeApi, editor: User) -> None:
    for _ in range(LIMIT + 1):
        api.get("/instance")

    assert make_api(editor).get("/instance").status_code == 200


def test_request_without_a_key_carries_no_rate(api: Api) -> None:
    assert "RateLimit-Limit" not in Api("cd_unknown").get("/instance")


def test_parallel_requests_cannot_pass_the_limit(transactional_db: None, api: Api) -> None:
    def ask(_: int) -> int:
        try:
            return Api(api.key).get("/instance").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(ask, range(16)))

    assert answers == {200: LIMIT, 429: 16 - LIMIT}


@contextmanager
def unwritable_database() -> Iterator[None]:
    """The database refuses every write, as it does when its disk is full."""
    off, on = (
        ("PRAGMA query_only = ON", "PRAGMA query_only = OFF")
        if connection.vendor == "sqlite"
        else ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off")
    )
    with connection.cursor() as cursor:
        cursor.execute(off)
    yield
    with connection.cursor() as cursor:
        cursor.execute(on)


@pytest.mark.parametrize("path", ["/instance", "/posts", "/media", "/accounts"])
def test_reading_continues_while_the_database_is_read_only(transactional_db: None, api: Api, path: str) -> None:
    with unwritable_database():
        answers = [api.get(path) for _ in range(LIMIT + 2)]

    assert [answer.status_code for answer in answers] == [200] * (LIMIT + 2)
    assert "RateLimit-Limit" not in answers[0]
    assert ApiKey.objects.get().last_used_at is None


def test_pieces_of_one_upload_count_as_one_request(api: Api) -> None:
    environment: dict[str, Any] = {CONTINUES: True}
    with pinned_clock(read_db_now()):
        api.get("/instance")
        for _ in range(5):
            rest = api.client.get("/api/v1/instance", **environment)
            assert rate_of(rest) == (200, "3", "2", "60")
        assert rate_of(api.get("/instance")) == (200, "3", "1", "60")
