"""A worker dies, or freezes, at every commit and every outside call of a publish; another one continues.

The tables are printed (``pytest -s``). With ``DEEP=1 … -m deep`` (``make deep``) every story has all its rows, workers
freeze in every story, and they die twice and three times in one publish.
"""

import os
import random
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

import pytest
from django.db import connection

from accounts.models import User
from core.tests.integration.serving.front.running import Running
from instances.models import Instance
from tiktok.models import TikTokApp
from tiktok.tests.crashes.lives import Point
from tiktok.tests.crashes.stories import ALL, DENIED, IN_SHORT, ODD_ANSWER, ONE_CHUNK
from tiktok.tests.crashes.tables import cancel, crash, freeze, places, points_of
from tiktok.tests.crashes.verdict import HEADING, Row
from tiktok.tests.crashes.world import Story, World, laboratory
from tiktok.tests.fixtures_downloads import prefix_of
from tiktok.tests.simulator_process import Simulator

IS_DEEP: Final = os.environ.get("DEEP") == "1"
# For mutants: the first fault is enough.
IS_HASTY: Final = os.environ.get("FIRST_FAULT") == "1"
SEEDS: Final = range(int(os.environ.get("SEEDS", "40")))
# A table takes minutes on PostgreSQL: there the first story stands for the others.
STORIES: Final = ALL if IS_DEEP else IN_SHORT if connection.vendor == "sqlite" else (ONE_CHUNK,)
FROZEN: Final = ALL if IS_DEEP else (ONE_CHUNK,)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(3600)]
if IS_DEEP:
    pytestmark.append(pytest.mark.deep)


@pytest.fixture
def world(tiktok: Simulator, simulated: TikTokApp, instance: Instance, editor: User, web: Running) -> Iterator[World]:
    with laboratory(World(tiktok, simulated, instance, editor, prefix_of(web))) as world:
        yield world


def show(story: Story, rows: Iterable[Row]) -> None:
    """The whole table is printed, or up to its first fault; what is wrong in it fails the test."""
    sys.stdout.write(f"\n{story.name}\n{HEADING}\n")
    wrong = []
    for row in rows:
        sys.stdout.write(f"{row}\n")
        wrong += [str(row)] if row.faults else []
        if wrong and IS_HASTY:
            break
    assert wrong == []


def undisturbed(world: World, story: Story) -> tuple[Row, list[Point]]:
    """Its row, and the points at which a worker may be frozen or a person come in."""
    return points_of(world, story, begins=True)


def free_points(points: list[Point]) -> list[int]:
    """Where no lock is held."""
    return [number for number in places(points) if not points[number].is_locking]


@pytest.mark.parametrize("story", [ODD_ANSWER, DENIED], ids=str)
def test_any_answer_to_the_last_bytes_publishes_once(world: World, story: Story) -> None:
    show(story, [points_of(world, story)[0]])


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_worker_may_die_at_any_point(world: World, story: Story) -> None:
    """In short, rows that an earlier story's table has as well are left out: the same beginning, the same end."""
    earlier = STORIES[: STORIES.index(story)]
    beginning = points_of(world, ONE_CHUNK)[1] if earlier else []
    endings = [points_of(world, other)[1] for other in earlier if other.inits == story.inits]
    first, points = points_of(world, story)
    numbers = range(len(points)) if IS_DEEP else places(points, beginning=beginning, endings=endings)
    show(story, chain([first], (crash(world, story, [number]) for number in numbers)))


@pytest.mark.parametrize("story", FROZEN, ids=str)
def test_worker_frozen_at_any_point_resumes_after_another_finished(world: World, story: Story) -> None:
    first, points = undisturbed(world, story)
    show(story, chain([first], (freeze(world, story, number) for number in free_points(points))))


@pytest.mark.parametrize("story", FROZEN, ids=str)
def test_worker_frozen_at_any_point_resumes_amid_anothers_work(world: World, story: Story) -> None:
    """Every third time the other one is only about to claim: the lease is over, and the post unclaimed."""
    first, points = undisturbed(world, story)
    at_random = random.Random(7)
    takeovers = [(at, at_random.randrange(2, 36) if at % 3 else 0) for at in free_points(points)]
    show(story, chain([first], (freeze(world, story, at, takeover) for at, takeover in takeovers)))


@pytest.mark.parametrize("story", FROZEN, ids=str)
def test_person_may_cancel_at_any_point(world: World, story: Story) -> None:
    first, points = undisturbed(world, story)
    show(story, chain([first], (cancel(world, story, number) for number in free_points(points))))


# Only for ``make deep``


@pytest.mark.deep
def test_two_workers_may_die_at_any_two_points(world: World) -> None:
    first, points = points_of(world, ONE_CHUNK)
    pairs = [(one, two) for one in range(len(points)) for two in range(0, len(points), 3)]
    show(ONE_CHUNK, chain([first], (crash(world, ONE_CHUNK, pair) for pair in pairs)))


@pytest.mark.deep
@pytest.mark.parametrize("seed", SEEDS)
def test_three_workers_may_die_at_random_points_of_a_random_story(world: World, seed: int) -> None:
    at_random = random.Random(seed)
    story = at_random.choice(ALL)
    first, points = points_of(world, story)
    triples = [[at_random.randrange(len(points)) for _ in range(3)] for _ in range(10)]
    show(story, chain([first], (crash(world, story, triple) for triple in triples)))


@pytest.mark.deep
@pytest.mark.parametrize("seed", SEEDS)
def test_two_workers_may_freeze_at_random_points_of_a_random_story(world: World, seed: int) -> None:
    at_random = random.Random(seed)
    story = at_random.choice(ALL)
    first, points = undisturbed(world, story)
    pairs = [(at_random.choice(free_points(points)), at_random.randrange(len(points))) for _ in range(10)]
    show(story, chain([first], (freeze(world, story, at, takeover) for at, takeover in pairs)))
