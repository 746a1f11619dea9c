"""A person edits, unschedules or cancels a post as its time comes: the answer they get matches the outcome.

The worker freezes at each of its points, the person's transaction runs on another connection, the worker continues.
"""

from collections.abc import Callable, Iterator
from typing import Final

import pytest

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import InvalidTransition, Post, PostState, TikTokApp
from tiktok.posts import services
from tiktok.posts.consent import Consent
from tiktok.posts.creator import fetch_creator_info
from tiktok.posts.rules import PostOptions
from tiktok.tests.crashes.lives import End, Hindrance, Life
from tiktok.tests.crashes.stories import SCHEDULED
from tiktok.tests.crashes.tables import points_of
from tiktok.tests.crashes.world import World, laboratory
from tiktok.tests.simulator_process import Simulator

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
NEW: Final = PostOptions(caption="New", privacy_level="SELF_ONLY")
Act = Callable[[World, Consent], None]


def save_as_draft(world: World, _consent: Consent) -> None:
    services.edit_post(world.post, revise=lambda _now: services.Revision(NEW, [world.video]), actor=world.editor)


def cancel(world: World, _consent: Consent) -> None:
    services.cancel_post(world.post, actor=world.editor)


def edit(world: World, consent: Consent) -> None:
    """As the composer does it."""
    sending = services.Sending(consent, world._when(7200))
    services.edit_post(
        world.post, revise=lambda _now: services.Revision(NEW, [world.video]), actor=world.editor, sending=sending
    )


def move(world: World, consent: Consent) -> None:
    """To a later time, with the same content."""
    services.publish_post(world.post, when=world._when(7200), consent=consent, actor=world.editor)


@pytest.fixture
def world(tiktok: Simulator, simulated: TikTokApp, instance: Instance, editor: User) -> Iterator[World]:
    with laboratory(World(tiktok, simulated, instance, editor)) as world:
        yield world


def until_the_bytes(world: World) -> list[int]:
    """The points without a lock, from the claim before the post's time until the first byte leaves."""
    _row, points = points_of(world, SCHEDULED, begins=True)
    end = next(number for number, point in enumerate(points) if point.what.startswith("before call PUT"))
    return [number for number in range(end + 1) if not points[number].is_locking]


def at_point(world: World, number: int, act: Act) -> tuple[str, str]:
    """Where the worker stood, and "done" or "refused"."""
    world.begin(SCHEDULED)
    said: list[str] = []
    with instance_scope(world.instance):
        consent = Consent(world.editor, fetch_creator_info(world.account), "web", agreed=True)
    stands_still = Hindrance(0, End.FREEZES)
    person = Life("the person", lambda _life: said.append(_try(world, act, consent)), stands_still, begins=True)
    person.run()
    worker = world.life("the worker", Hindrance(number, End.FREEZES), begins=True)
    worker.run()
    person.thaw()
    if worker.is_frozen:
        worker.thaw()
    last = world.life("the last worker")
    last.run()
    world.let_tiktok_finish()
    world.pass_time(600)
    world.end()
    assert [life.error for life in (person, worker, last) if life.error] == []
    return worker.points[number].what, "".join(said)


def _try(world: World, act: Act, consent: Consent) -> str:
    with instance_scope(world.instance):
        try:
            act(world, consent)
        except InvalidTransition:
            return "refused"
    return "done"


def outcome(world: World) -> tuple[str, list[str]]:
    """Our state, and the captions that TikTok published."""
    with instance_scope(world.instance):
        state = Post.objects.values_list("state", flat=True).get(pk=world.post.pk)
    seen = [post for post in world.tiktok.posts() if post.status == "PUBLISH_COMPLETE"]
    return state, [post.post_info["title"] for post in seen]


@pytest.mark.parametrize(
    ("act", "if_done"),
    [
        (edit, (PostState.PUBLISHED, ["New"])),
        (move, (PostState.PUBLISHED, ["Hello"])),
        (save_as_draft, (PostState.DRAFT, [])),
        (cancel, (PostState.CANCELLED, [])),
    ],
    ids=["edit", "move", "save_as_draft", "cancel"],
)
def test_answer_to_a_person_matches_the_outcome_at_every_point(
    world: World, act: Act, if_done: tuple[str, list[str]]
) -> None:
    said = set()
    for number in until_the_bytes(world):
        where, answer = at_point(world, number, act)
        expected = if_done if answer == "done" else (PostState.PUBLISHED, ["Hello"])
        assert (number, where, answer, outcome(world)) == (number, where, answer, expected)
        said.add(answer)
    assert said == {"done", "refused"}
