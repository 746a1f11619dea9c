"""The tables: every point of a story once, enumerated by running it and counting."""

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Model

from core.jobs.clock import read_db_now
from instances.scoping import instance_scope
from tiktok.api.body import BLOCK_SIZE
from tiktok.models import InvalidTransition, Post, PostEvent, Submission, WorkItem
from tiktok.models.fields import EncryptedTextField
from tiktok.posts import services
from tiktok.tests.crashes.lives import End, Hindrance, Life, Point
from tiktok.tests.crashes.verdict import Row, judge
from tiktok.tests.crashes.world import Story, World
from tiktok.tests.fixtures_posts import CHUNK

# A point with so many alike before it is the same place, met once more in a loop.
CONTEXT: Final = 16


def points_of(world: World, story: Story, *, begins: bool = False) -> tuple[Row, list[Point]]:
    """Run the story undisturbed: its own row, and the points that it passes."""
    world.begin(story)
    life = world.life("undisturbed", begins=begins)
    life.run()
    row = judge(world, Row("-", "nothing happens"), [life])
    world.end()
    return row, life.points


def places(
    points: Sequence[Point], *, beginning: Sequence[Point] = (), endings: Sequence[Sequence[Point]] = ()
) -> list[int]:
    """The points that are worth a row: a loop's only once, and not those in another story's table, which
    has the same beginning or the same end."""
    seen, numbers, inits = set(), [], 0
    first = _common(points, beginning)
    last = len(points) - max([0, *(_common(points[::-1], others[::-1]) for others in endings)])
    for number, point in enumerate(points):
        inits += point.begins_init
        place = (inits, *points[max(0, number - CONTEXT) : number + 1])
        if first <= number < last and place not in seen:
            numbers.append(number)
        seen.add(place)
    return numbers


def _common(points: Sequence[Point], others: Sequence[Point]) -> int:
    """How many points are alike from the beginning on."""
    pairs = enumerate(zip(points, others, strict=False))
    return next((index for index, (one, other) in pairs if one != other), min(len(points), len(others)))


# Death


def crash(world: World, story: Story, deaths: Sequence[int]) -> Row:
    """The first worker dies at its point ``deaths[0]``, the next one at its ``deaths[1]`` …; the last one lives.

    After even points the process is restarted on its host; after odd ones the lease has to run out.
    """
    world.begin(story)
    lives: list[Life] = []
    for number in deaths:
        life = world.life(f"worker {len(lives) + 1}", Hindrance(number, End.DIES))
        life.run()
        lives.append(life)
        if not life.is_dead:
            break
        world.let_tiktok_finish()
        world.restart() if number % 2 == 0 else world.lease_ends()
    ends = [life.points[-1] for life in lives if life.is_dead]
    last = world.life("the last worker")
    last.run()
    row = Row("+".join(str(number) for number in deaths), ", then ".join(point.what for point in ends))
    judge(world, row, [*lives, last], spare_inits=sum(point.may_orphan_an_init for point in ends))
    world.end()
    return row


# Frost


def freeze(world: World, story: Story, at: int, takeover: int | None = None) -> Row:
    """A worker freezes at its point; when its lease is over another one works until its own point ``takeover`` (None:
    to the end; 0: it is about to claim) and freezes there. The first one wakes and ends its step, then the second."""
    world.begin(story)
    frozen = world.life("the frozen worker", Hindrance(at, End.FREEZES), begins=True)
    frozen.run()
    where = frozen.points[-1].what
    world.lease_ends()
    other = world.life("the other worker", Hindrance(takeover, End.FREEZES), begins=True)
    other.run()
    row = Row(_number(at, takeover), where + (f" / {other.points[-1].what}" if other.is_frozen else ""))
    row.faults += _wake(world, frozen)
    if other.is_frozen:
        other.thaw()
    last = world.life("the last worker")
    last.run()
    lives = [frozen, other, last]
    judge(world, row, lives, spare_inits=_spare_inits(lives), spare_bytes=_spare_bytes(lives))
    world.end()
    return row


def _spare_inits(lives: list[Life]) -> int:
    """Answers to inits that came after the lease was over: kept by a worker that is no longer expected."""
    late = sum(sent.is_late and sent.is_init for life in lives for sent in life.sent)
    return late + sum(life.froze_at is not None and life.froze_at.may_orphan_an_init for life in lives)


def _spare_bytes(lives: list[Life]) -> int:
    """Count legitimate repeats: a block; or a whole chunk, where a late block completed it for a stale worker alone."""
    is_late = any(sent.late_bytes for life in lives for sent in life.sent)
    return CHUNK if is_late else BLOCK_SIZE


def _number(at: int, takeover: int | None) -> str:
    return str(at) if takeover is None else f"{at}/{takeover}"


def _wake(world: World, frozen: Life) -> list[str]:
    """Let it end its step. Outdated, it writes nothing; and it sends no more than the call or block it froze before."""
    before, is_outdated = _rows(world), _is_outdated(world, frozen)
    frozen.is_leaving = True
    frozen.thaw()
    if not is_outdated:
        return []
    acts = [sent for sent in frozen.sent if sent.is_late and sent.is_act]
    bytes_sent = sum(sum(sent.late_bytes) for sent in frozen.sent)
    faults = ["a stale worker wrote"] if _rows(world) not in (before, _released(before, frozen)) else []
    faults += [f"a stale worker sent {[act.endpoint for act in acts]}"] if len(acts) > 1 else []
    return faults + ([f"a stale worker sent {bytes_sent} bytes"] if bytes_sent > BLOCK_SIZE else [])


def _is_outdated(world: World, life: Life) -> bool:
    """Return whether another worker has claimed the work since, or its lease is over."""
    work = WorkItem.objects.get(post_id=world.post.pk)
    if life.claim is None:
        return False
    return work.fence > life.claim.fence or (work.lease_until is not None and work.lease_until <= read_db_now())


def _released(rows: list[list[dict[str, Any]]], frozen: Life) -> list[list[dict[str, Any]]]:
    """Allow work with an expired lease that is still unclaimed to be released, and nothing else."""
    (work,), *others = rows
    if frozen.claim is None or work["fence"] != frozen.claim.fence:
        return rows
    now = WorkItem.objects.get(pk=work["post_id"])
    given_back = {"lease_until": None, "lease_owner": "", "crashes": 0, "next_action_at": now.next_action_at}
    return [[work | given_back], *others]


def vars_of(row: Model) -> dict[str, Any]:
    """Its columns, but the sealed one, which is another object at every reading."""
    return {
        column.attname: getattr(row, column.attname)
        for column in row._meta.concrete_fields
        if not isinstance(column, EncryptedTextField)
    }


def _rows(world: World) -> list[list[dict[str, Any]]]:
    """All that only a worker with a lease may write."""
    with instance_scope(world.instance):
        return [
            [vars_of(row) for row in WorkItem.objects.filter(post_id=world.post.pk)],
            [vars_of(row) for row in Post.objects.filter(pk=world.post.pk)],
            [vars_of(row) for row in Submission.objects.filter(post=world.post).order_by("number")],
            [vars_of(row) for row in PostEvent.objects.filter(post=world.post).order_by("id")],
        ]


# A person


def cancel(world: World, story: Story, at: int) -> Row:
    """A person is about to cancel, having seen the post as it was at the start; the worker freezes at its point, the
    person's transaction runs, and the worker continues. Cancelled means never published, refused means once."""
    world.begin(story)
    said: list[str] = []
    person = Life("the person", lambda _life: said.append(_cancel(world)), Hindrance(0, End.FREEZES), begins=True)
    person.run()
    worker = world.life("the worker", Hindrance(at, End.FREEZES), begins=True)
    worker.run()
    person.thaw()
    row = Row(str(at), f"{worker.points[-1].what}: {''.join(said)}")
    if worker.is_frozen:
        worker.thaw()
    last = world.life("the last worker")
    last.run()
    judge(world, row, [person, worker, last], is_cancelled=said == ["cancelled"])
    world.end()
    return row


def _cancel(world: World) -> str:
    with instance_scope(world.instance):
        try:
            services.cancel_post(world.post, actor=world.editor)
        except InvalidTransition:
            return "refused"
    return "cancelled"
