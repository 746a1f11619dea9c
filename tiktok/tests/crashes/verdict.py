"""The conditions at the end of every row: published once, with the right bytes, and nothing left open."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from instances.scoping import instance_scope
from tiktok.models import AttentionReason, CapabilityURL, Post, PostEvent, PostState, Submission, WorkItem
from tiktok.models.states import TRANSITIONS
from tiktok.tests.crashes.lives import Life
from tiktok.tests.crashes.world import World
from tiktok.tests.simulator_process import SimulatedPost

# TikTok is asked about these further on, so their submission is open.
STILL_ASKED: Final = (PostState.IN_INBOX, PostState.NEEDS_ATTENTION)
# By then TikTok has published everything it has, whether or not it is polled.
PROCESSED_S: Final = 600.0


@dataclass
class Row:
    """One line of the table. ``faults`` is empty when all is well."""

    number: str
    what: str
    outcome: str = ""
    inits: int = 0
    puts: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        said = f"{self.number:>9}  {self.what:<110}  {self.outcome:<10}  {self.inits:>2}  {self.puts:>3}"
        return said + "".join(f"\n           !! {fault}" for fault in self.faults)


HEADING = f"{'point':>9}  {'where':<110}  {'outcome':<10}  inits  PUTs"


def judge(
    world: World, row: Row, lives: list[Life], *, spare_inits: int = 0, spare_bytes: int = 0, is_cancelled: bool = False
) -> Row:
    """Fill in the row. ``spare_inits``: so many more than the story's may be answered; ``spare_bytes``: so many of a
    stored chunk may come once more; ``is_cancelled``: a person saw that it was cancelled."""
    world.let_tiktok_finish()
    world.pass_time(PROCESSED_S + world.story.late_s)
    world.let_tiktok_finish(is_over=True)
    end = PostState.CANCELLED if is_cancelled else _end_of(world, may_doubt=spare_inits > 0)
    seen = world.tiktok.posts()
    puts = world.tiktok.get("puts")["items"]
    row.inits, row.puts = len(seen), len(puts)
    with instance_scope(world.instance):
        row.outcome = Post.objects.values_list("state", flat=True).get(pk=world.post.pk)
        row.faults += [f"{life.name} raised {life.error!r}" for life in lives if life.error]
        row.faults += _wrong_publication(world, row, seen, end)
        row.faults += _too_many_inits(row, world.story.inits + spare_inits)
        row.faults += _sent_again(puts, spare_bytes)
        row.faults += _left_open(world, end)
        row.faults += _broken_history(world, end)
    return row


def _end_of(world: World, *, may_doubt: bool) -> PostState:
    """The state in which the post has to be. A download that began after an answer was lost is known to TikTok alone:
    then the post may be in doubt."""
    doubt = {"state": PostState.NEEDS_ATTENTION, "attention_reason": AttentionReason.OUTCOME_UNKNOWN}
    with instance_scope(world.instance):
        is_in_doubt = Post.objects.filter(pk=world.post.pk, **doubt).exists()
    if is_in_doubt and may_doubt and world.story.way.is_pull:
        return PostState.NEEDS_ATTENTION
    return PostState.PUBLISHED if world.story.way.is_direct else PostState.IN_INBOX


def _wrong_publication(world: World, row: Row, seen: list[SimulatedPost], end: PostState) -> Iterator[str]:
    if row.outcome != end:
        yield f"the post is {row.outcome}"
    status = "PUBLISH_COMPLETE" if world.story.way.is_direct else "SEND_TO_USER_INBOX"
    complete = [post for post in seen if post.status == status]
    if len(complete) != (end != PostState.CANCELLED):
        yield f"TikTok published {len(complete)} times"
    if any(_bytes_of(post) != [file.sha256 for file in world.files] for post in complete):
        yield "other bytes were published"


def _bytes_of(post: SimulatedPost) -> list[str]:
    return [item.sha256 for item in post.items] or [post.sha256]


def _too_many_inits(row: Row, allowed: int) -> Iterator[str]:
    if row.inits > allowed:
        yield f"{row.inits} inits where {allowed} are enough"


def _sent_again(puts: list[dict[str, Any]], spare_bytes: int) -> Iterator[str]:
    """A PUT that begins below what TikTok had stored by then."""
    stored: dict[str, int] = {}
    for put in puts:
        if put["first"] < stored.get(put["publish_id"], 0) and put["received"] > spare_bytes:
            yield f"chunk at {put['first']} was sent again"
        if put["stored"]:
            stored[put["publish_id"]] = put["last"] + 1


def _left_open(world: World, end: PostState) -> Iterator[str]:
    work = WorkItem.objects.get(post_id=world.post.pk)
    if work.lease_until is not None or work.lease_owner:
        yield f"work is held: lease {work.lease_until} of {work.lease_owner!r}"
    if CapabilityURL.objects.filter(revoked_at=None).exclude(submission__post__state=STILL_ASKED[1]).exists():
        yield "an address is still valid"
    if end in STILL_ASKED:
        return
    if Submission.objects.filter(post=world.post, closed_at=None).exists():
        yield "a submission is still open"
    if Submission.objects.filter(post=world.post, is_uploading=True).exists():
        yield "the credential's place for uploads is still taken"
    if work.next_action_at is not None:
        yield f"work is left: next {work.next_action_at}"


def _broken_history(world: World, end: PostState) -> Iterator[str]:
    """Each line begins where the one before ended, each move is one of the table, the end comes once."""
    events = list(PostEvent.objects.filter(post=world.post).order_by("id"))
    for before, event in pairwise(events):
        if event.from_state != before.to_state:
            yield f"the history jumps from {before.to_state} to {event.from_state}"
    for event in events[1:]:
        is_note = event.from_state == event.to_state
        if not is_note and PostState(event.to_state) not in TRANSITIONS[PostState(event.from_state)]:
            yield f"the history holds {event.from_state} -> {event.to_state}"
    moves = [event.to_state for event in events if event.from_state != event.to_state]
    if moves.count(end) != 1 or moves[-1] != end:
        yield f"the history is {moves}"
