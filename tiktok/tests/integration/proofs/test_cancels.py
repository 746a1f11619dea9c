"""People who cancel at any moment of an upload: what is cancelled is never published, what is refused exactly once.

``CANCELS`` says how many posts are cancelled (30 without it); a fifth of them is cancelled in the very statements
around the commit point.
"""

import os
import random
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.delivery.advance import advance
from tiktok.delivery.claims import claim
from tiktok.models import InvalidTransition, Media, Post, PostState, Submission, TikTokAccount, TikTokApp
from tiktok.posts import services
from tiktok.posts.consent import Consent
from tiktok.posts.creator import fetch_creator_info
from tiktok.posts.rules import PostOptions
from tiktok.tests.factories import make_media
from tiktok.tests.fixtures_posts import MB, link_simulated
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.simulator_process import Simulator

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]

CANCELS: Final = int(os.environ.get("CANCELS", "30"))
SEED: Final = int(os.environ.get("SEED", "1"))
POSTS_PER_ACCOUNT: Final = 5  # TikTok takes six inits a minute
WORKERS: Final = 6
PEOPLE: Final = 10
LONGEST_S: Final = 600
AIMED_AROUND: Final = 16  # statements
SIZE: Final = 11 * MB + 1  # two chunks
BYTES_PER_S: Final = 24 * MB


@dataclass
class Aim:
    """Counts the statements of one post's worker from its receipt on, and fires at one of them.

    ``no_return_at`` is the number of the statement that stores the commit point, once it was seen.
    """

    fires_at: int | None = None
    fired: threading.Event = field(default_factory=threading.Event)
    no_return_at: int | None = None
    _seen: int | None = None

    def look(self, sql: str) -> None:
        """One statement more."""
        if self._seen is None:
            self._seen = 0 if sql.startswith('INSERT INTO "tiktok_initreceipt"') else None
            return
        self._seen += 1
        if self._seen == self.fires_at:
            self.fired.set()
        if self.no_return_at is None and "SET" in sql and '"commit_point_at" = ' in sql:
            self.no_return_at = self._seen
            self.fired.set()


AIMS: dict[UUID, Aim] = {}


@contextmanager
def watched(post_id: UUID) -> Iterator[None]:
    """Let the post's aim, if it has one, see the statements of this thread."""
    aim = AIMS.get(post_id)
    if aim is None:
        yield
        return

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        aim.look(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield


def work(stop: threading.Event) -> None:
    """Work until the process has to stop."""
    try:
        while not stop.is_set():
            claimed = claim()
            if claimed is None:
                stop.wait(0.05)
                continue
            with watched(claimed.post_id):
                advance(claimed, stop=stop)
    finally:
        connection.close()


@pytest.fixture
def accounts(tiktok: Simulator, simulated: TikTokApp, instance: Instance, settings: Settings) -> list[TikTokAccount]:
    """As many as the posts need; TikTok takes the bytes slowly enough for people to cancel in between."""
    settings.UPLOADS_PER_INSTANCE = 100
    settings.PUBLISH_LEASE_S = 30
    tiktok.create_app(audited=True)
    tiktok.settings(processing_delay_s=0, moderation_delay_s=0)
    tiktok.fault("slow", "upload", times=-1, bytes_per_s=BYTES_PER_S)
    AIMS.clear()
    many = -(-CANCELS // POSTS_PER_ACCOUNT)
    return [link_simulated(tiktok, simulated, instance, f"user{n}") for n in range(many)]


@pytest.fixture
def clips(instance: Instance) -> dict[str, Media]:
    """A file of two chunks, and one that is sent in a moment."""
    with instance_scope(instance):
        return {
            "slow": make_media(instance, content=random.Random(SEED).randbytes(SIZE)),
            "short": make_media(instance, content=random.Random(SEED).randbytes(100_000)),
        }


Send = Callable[[str, int, bool], Post]


@dataclass(frozen=True)
class Answer:
    """The result of one attempt to cancel: cancelled, too late, or try again in a moment."""

    post: Post
    said: str


@pytest.fixture
def send(accounts: list[TikTokAccount], clips: dict[str, Media], editor: User, instance: Instance) -> Send:
    """Publish now with a caption of its own, by one account after the other."""
    with instance_scope(instance):
        consent = Consent(editor, fetch_creator_info(accounts[0]), "web", agreed=True)

    def submit(caption: str, number: int, is_short: bool) -> Post:
        with instance_scope(instance):
            post, _ = services.submit_post(
                account=accounts[number % len(accounts)],
                files=[clips["short" if is_short else "slow"]],
                options=PostOptions(caption=caption, privacy_level="PUBLIC_TO_EVERYONE"),
                actor=editor,
                consent=consent,
                when=None,
            )
        return post

    return submit


@pytest.fixture
def no_return_at(send: Send) -> int:
    """How many statements after its receipt a worker passes the commit point; learned from one post."""
    post = send("calibration", -1, True)
    aim = AIMS[post.pk] = Aim()
    while claimed := claim(post.pk):
        with watched(post.pk):
            advance(claimed)
    assert aim.no_return_at is not None
    return aim.no_return_at


def is_under_way(post: Post, instance: Instance) -> bool:
    with instance_scope(instance):
        return Post.objects.get(pk=post.pk).state in {PostState.UPLOADING, PostState.PROCESSING, PostState.PUBLISHED}


@dataclass
class People:
    """Each sends a post and cancels it; every fifth aims at the statements around the commit point."""

    send: Send
    no_return_at: int
    instance: Instance
    editor: User

    def send_and_cancel(self, number: int) -> Answer:
        """Return the service's answer to it."""
        moment = random.Random(f"{SEED} {number}")
        try:
            if number % 5 == 0:
                post = self._send_aimed(number, moment)
                assert AIMS[post.pk].fired.wait(LONGEST_S), "the point of no return never came"
            else:
                post = self.send(f"post {number}", number, False)
                wait_until(lambda: is_under_way(post, self.instance), what=f"{number} moves", timeout_s=LONGEST_S)
                threading.Event().wait(moment.uniform(0, 2 * SIZE / BYTES_PER_S))
            return Answer(post, self._cancel(post))
        finally:
            connection.close()

    def _send_aimed(self, number: int, moment: random.Random) -> Post:
        fires_at = max(self.no_return_at + moment.randrange(-AIMED_AROUND, 3), 1)
        with transaction.atomic():  # no worker sees the post before its aim is there
            post = self.send(f"post {number}", number, True)
            AIMS[post.pk] = Aim(fires_at)
        return post

    def _cancel(self, post: Post) -> str:
        try:
            with instance_scope(self.instance):
                services.cancel_post(Post.objects.get(pk=post.pk), actor=self.editor)
        except InvalidTransition as refused:
            return "try again" if refused.state == PostState.INITING else "too late"
        return "cancelled"


def test_cancelled_posts_are_never_published_and_refused_ones_exactly_once(
    send: Send,
    no_return_at: int,
    tiktok: Simulator,
    instance: Instance,
    editor: User,
    capsys: pytest.CaptureFixture[str],
) -> None:
    people = People(send, no_return_at, instance, editor)
    stop = threading.Event()
    with ThreadPoolExecutor(WORKERS) as workers, ThreadPoolExecutor(PEOPLE) as at_desks:
        at_work = [workers.submit(work, stop) for _ in range(WORKERS)]
        try:
            answers = list(at_desks.map(people.send_and_cancel, range(CANCELS)))
            wait_until(lambda: not moving(instance), what="nothing moves", timeout_s=LONGEST_S)
        finally:
            stop.set()
            for worker in at_work:
                worker.result(LONGEST_S)  # none of them ended before

    out = Counter(seen.post_info["title"] for seen in tiktok.posts() if seen.status == "PUBLISH_COMPLETE")
    with instance_scope(instance):
        states = {post.caption: post.state for post in Post.objects.all()}
        assert not Submission.objects.filter(closed_at=None).exists()
    report(answers, states, capsys)
    for answer in answers:
        expected = (PostState.CANCELLED, 0) if answer.said == "cancelled" else (PostState.PUBLISHED, 1)
        assert (states[answer.post.caption], out[answer.post.caption]) == expected, answer
    assert {"cancelled", "too late"} <= {answer.said for answer in answers}


def moving(instance: Instance) -> int:
    """How many posts have still to reach an end."""
    with instance_scope(instance):
        ended = [PostState.PUBLISHED, PostState.CANCELLED]
        return Post.objects.exclude(state__in=ended).count()


def report(answers: list[Answer], states: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """A line for people who run many."""
    kinds = Counter(("aimed" if answer.post.pk in AIMS else "random", answer.said) for answer in answers)
    words = [f"{kind} {said}: {count}" for (kind, said), count in sorted(kinds.items())]
    ends = ", ".join(f"{state} {count}" for state, count in sorted(Counter(states.values()).items()))
    line = f"\n{len(answers)} cancels on {connection.vendor}, seed {SEED}: {', '.join(words)}; ends: {ends}\n"
    with capsys.disabled():
        sys.stdout.write(line)
