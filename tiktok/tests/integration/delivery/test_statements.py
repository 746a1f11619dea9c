"""The database statements of publishing one post. Each figure is exact, so that no change raises it unnoticed."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.delivery.advance import advance
from tiktok.delivery.claims import claim, claim_due
from tiktok.models import Media
from tiktok.tests.factories import make_media
from tiktok.tests.fixtures_posts import Clock, Submit
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def small(instance: Instance) -> Media:
    """One chunk."""
    with instance_scope(instance):
        return make_media(instance)


class Cost:
    """Statements and commits of what runs inside."""

    def __init__(self) -> None:
        self._seen = CaptureQueriesContext(connection)

    def __enter__(self) -> "Cost":
        self._seen.__enter__()
        return self

    def __exit__(self, *about: object) -> None:
        self._seen.__exit__(None, None, None)
        said = [query["sql"].strip().split()[0] for query in self._seen.captured_queries]
        self.statements = sum(word in ("SELECT", "INSERT", "UPDATE", "DELETE") for word in said)
        self.transactions = said.count("BEGIN")


def run(clock: Clock) -> tuple[int, int]:
    """One claim and its step."""
    with Cost() as cost:
        claimed = claim()
        assert claimed is not None
        advance(claimed)
    return cost.statements, cost.transactions


def test_single_chunk_post_takes_a_fixed_number_of_statements(submit: Submit, small: Media, clock: Clock) -> None:
    submit(media=small, privacy_level="SELF_ONLY")
    run(clock)  # the first of a credential makes its rate windows
    clock.advance(120)
    run(clock)
    submit(media=small, privacy_level="SELF_ONLY")
    start = run(clock)
    clock.advance(10)
    poll = run(clock)
    assert (start, poll) == ((38, 7), (15, 3))


def test_poll_that_brings_nothing_new_takes_twelve_statements(
    submit: Submit, small: Media, clock: Clock, tiktok: Simulator
) -> None:
    """One of them, which a pinned clock spares, asks for the database's time."""
    tiktok.settings(hold_processing=True)
    submit(media=small, privacy_level="SELF_ONLY")
    run(clock)
    clock.advance(10)
    run(clock)
    clock.advance(20)

    assert run(clock) == (11, 3)


def test_batch_of_claims_costs_as_much_as_one(submit: Submit, small: Media, clock: Clock) -> None:
    for _ in range(4):
        submit(media=small)
    with Cost() as one:
        assert len(claim_due(1)) == 1
    with Cost() as three:
        assert len(claim_due(8)) == 3
    assert (three.statements, three.transactions) == (one.statements, one.transactions)
    with Cost() as idle:
        assert claim_due(8) == []
    assert (idle.statements, idle.transactions) == (1, 0)
