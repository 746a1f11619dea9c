"""The world around the lives of one publish: a TikTok, a clock that all of them read, and the post."""

import itertools
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Final

import pytest
from django.conf import settings
from django.db.models import F

from accounts.models import User
from core.jobs import process
from core.jobs.clock import read_db_now
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.access import tokens
from tiktok.access.status import revive_accounts
from tiktok.api.secret import Secret
from tiktok.api.types import TokenSet
from tiktok.delivery import claims, step
from tiktok.delivery.advance import advance
from tiktok.delivery.claims import claim, free_dead_claims
from tiktok.media.served import served_file
from tiktok.models import (
    Media,
    MediaSource,
    MediaType,
    Post,
    PostMode,
    PostState,
    Submission,
    TikTokAccount,
    TikTokApp,
    TikTokCredential,
    WorkItem,
)
from tiktok.models.ways import Way
from tiktok.posts import services
from tiktok.posts.consent import Consent
from tiktok.posts.creator import fetch_creator_info
from tiktok.posts.rules import PostOptions
from tiktok.posts.schedule import When, from_instant
from tiktok.tests.crashes.lives import Hindrance, Life, current_life, hooks
from tiktok.tests.factories import make_media
from tiktok.tests.fixtures_downloads import let_pull, make_photos
from tiktok.tests.fixtures_posts import MB, Clock, link_simulated, next_due
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.simulator_process import Simulator

CALL_S: Final = 1.0
# No process id of a machine is that large, so that a life that is over counts as a dead process of this host.
FIRST_PID: Final = 2**22 + 1
MOST_STEPS: Final = 400
SMALL: Final = 600 * 1024
THREE_CHUNKS: Final = 15 * MB + 3


UPLOAD: Final = Way(MediaType.VIDEO, PostMode.DIRECT_POST, MediaSource.FILE_UPLOAD)


@dataclass(frozen=True)
class Story:
    """The course of a post. ``inits``: how many TikTok acts on without a crash; ``late_s``: when it begins to download
    after the first of them.
    """

    name: str
    inits: int = 1
    size: int = SMALL
    block_s: float = 4.0
    after_s: float | None = None
    way: Way = UPLOAD
    late_s: float = 0
    arm: Callable[["World"], None] = lambda _world: None

    def __str__(self) -> str:
        return self.name


@dataclass
class World:
    """The world, created for each row of a table by ``begin``. ``prefix``: where TikTok downloads media."""

    tiktok: Simulator
    app: TikTokApp
    instance: Instance
    editor: User
    prefix: str = ""
    clock: Clock = field(init=False)
    story: Story = field(init=False)
    account: TikTokAccount = field(init=False)
    post: Post = field(init=False)
    _videos: dict[int, Media] = field(default_factory=dict)
    _photos: list[Media] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _owed_s: float = 0

    def begin(self, story: Story) -> None:
        """An empty TikTok, a new account, and a post that waits for its worker."""
        random.seed(story.name)
        self._forget_earlier_rows()
        self.tiktok.reset()
        self.clock, self.story, self._owed_s = Clock(self.tiktok), story, 0
        self.clock.start()
        if self.prefix:
            let_pull(self.tiktok, self.app, self.prefix)
            self.app.video_transfer = story.way.source
            self.app.save()
        if story.late_s:
            self.tiktok.fault("late_pull", delay_s=story.late_s)
        self.account = link_simulated(self.tiktok, self.app, self.instance, f"maren{next(self._numbers)}")
        self.post = self._submit(story)
        story.arm(self)

    def end(self) -> None:
        self.clock.stop()

    def _forget_earlier_rows(self) -> None:
        """A row that failed must not spoil the next one."""
        WorkItem.objects.update(next_action_at=None, lease_until=None)
        with instance_scope(self.instance):
            Submission.objects.filter(is_uploading=True).update(is_uploading=False)

    def _submit(self, story: Story) -> Post:
        when = self._when(story.after_s) if story.after_s else None
        agreed: dict[str, Any] = {"caption": "Hello", "privacy_level": "SELF_ONLY"} if story.way.is_direct else {}
        options = PostOptions(mode=story.way.mode, **agreed)
        with instance_scope(self.instance):
            creator = fetch_creator_info(self.account) if story.way.is_direct else None
            post, _ = services.submit_post(
                account=self.account, files=[each.media for each in self.files], options=options, actor=self.editor,
                consent=Consent(self.editor, creator, "web", agreed=True), when=when,
            )  # fmt: skip
        return post

    def _when(self, after_s: float) -> When:
        return from_instant((read_db_now() + timedelta(seconds=after_s)).replace(microsecond=0), "Europe/Berlin")

    @property
    def files(self) -> list["Sent"]:
        """The story's video, or its two photos."""
        if self.story.way.media_type == MediaType.VIDEO:
            return [Sent(self.video)]
        if not self._photos:
            with instance_scope(self.instance):
                self._photos = make_photos(self.instance, 2)
        return [Sent(photo) for photo in self._photos]

    @property
    def video(self) -> Media:
        """The story's video."""
        return self._video(self.story.size)

    def _video(self, size: int) -> Media:
        """No two chunks are alike."""
        if size not in self._videos:
            content = random.Random(size).randbytes(size)
            with instance_scope(self.instance):
                self._videos[size] = make_media(self.instance, content=content)
        return self._videos[size]

    # Time

    def tick(self, what: str) -> None:
        """Calls and blocks take their time; TikTok's clock follows before the next call."""
        seconds = CALL_S if what == "call" else self.story.block_s
        self.clock.set(read_db_now() + timedelta(seconds=seconds))
        self._owed_s += seconds
        if what == "call":
            self._settle()

    def pass_time(self, seconds: float) -> None:
        """For everybody."""
        self._settle()
        self.clock.advance(seconds)

    def _settle(self) -> None:
        if self._owed_s:
            self.tiktok.advance(self._owed_s)
            self._owed_s = 0
        if self.story.way.is_pull:
            self.let_tiktok_finish()

    def monotonic(self) -> float:
        """The process's own clock runs as the database's does."""
        return read_db_now().timestamp()

    def sleep(self, seconds: float) -> None:
        """A coarser sleep than was asked for."""
        self.pass_time(max(seconds, 5.0))

    # Lives

    def life(self, name: str, hindrance: Hindrance | None = None, *, begins: bool = False) -> Life:
        """A worker process that sweeps until the post is settled."""
        life = Life(name, partial(sweep, self), hindrance, begins=begins)
        life.tick = self.tick
        return life

    def lease_ends(self) -> None:
        self.pass_time(settings.PUBLISH_LEASE_S + 1)

    def restart(self) -> None:
        """A new process on the same host frees what dead ones held."""
        free_dead_claims()

    def let_tiktok_finish(self, *, is_over: bool = False) -> None:
        """Until it has taken in what a dead line had still carried, and downloaded what it may. ``is_over``: also what
        it begins late.
        """
        wait_until(lambda: self._is_tiktok_idle(is_over), what="TikTok has read all that was sent")

    def _is_tiktok_idle(self, is_over: bool) -> bool:
        late = 0 if is_over or not self.story.late_s else 1
        posts = self.tiktok.posts()[late:] if self.story.way.is_pull else []
        if any(post.finished_at is None and post.status != "FAILED" for post in posts):
            return False
        return all(put["outcome"] != "receiving" for put in self.tiktok.get("puts")["items"])

    def reconnect(self) -> None:
        """The person consents again."""
        granted = self.tiktok.grant(self.account.username)
        pair = TokenSet(
            granted.open_id, tuple(granted.scope.split(",")), Secret(granted.access_token),
            Secret(granted.refresh_token), granted.expires_in, granted.refresh_expires_in, "Bearer",
        )  # fmt: skip
        row = TikTokCredential.objects.filter(pk=self.account.credential_id)
        row.update(**tokens.token_columns(self.account.credential_id, pair, read_db_now()), version=F("version") + 1)
        revive_accounts(self.account.credential_id)


@dataclass(frozen=True)
class Sent:
    """A file and what TikTok is to get of it."""

    media: Media

    @property
    def sha256(self) -> str:
        return served_file(self.media).sha256


def sweep(world: World, life: Life) -> None:
    """Work like a worker process until the post is settled, or until a step after which it has to leave."""
    for _ in range(MOST_STEPS):
        if life.is_leaving or not _work_or_wait(world, life):
            return
    raise AssertionError("the work does not end")


def _work_or_wait(world: World, life: Life) -> bool:
    life.claim = None
    life.claim = claim()
    if life.claim is None:
        return _wait_for_work(world)
    advance(life.claim)
    return True


def _wait_for_work(world: World) -> bool:
    with instance_scope(world.instance):
        state = Post.objects.values_list("state", flat=True).get(pk=world.post.pk)
    if state == PostState.WAITING_ACCOUNT:
        world.reconnect()
    at = next_due()
    if at is None or state == PostState.IN_INBOX:  # from here on a person acts, and workers check for a week
        return False
    world.pass_time(max((at - read_db_now()).total_seconds() + 0.001, 0.001))
    return True


@contextmanager
def laboratory(world: World) -> Iterator[World]:
    """All processes' clocks are the world's, each life is a process of its own, and its points are seen."""
    with pytest.MonkeyPatch.context() as patch, hooks():
        for module in (claims, step, tokens):
            patch.setattr(module, "time", world)
        mark_of = process._mark_of

        def mark(pid: int) -> str:
            life = current_life()
            return f"{process.HOST}:{FIRST_PID + life.number}:1" if life else mark_of(pid)

        patch.setattr(process, "_mark_of", mark)
        yield world
