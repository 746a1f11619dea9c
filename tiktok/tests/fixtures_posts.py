"""Publishing against the simulator inside the test: one clock for the database and TikTok, and a worker to call."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from core.jobs.clock import pinned_clock, read_db_now
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.delivery.advance import advance
from tiktok.delivery.claims import claim
from tiktok.models import Media, Post, PostEvent, TikTokAccount, TikTokApp, WorkItem
from tiktok.posts import services
from tiktok.posts.consent import Consent
from tiktok.posts.creator import fetch_creator_info
from tiktok.posts.rules import PostOptions
from tiktok.tests.factories import CredentialFactory, TikTokAppFactory, make_account, make_media
from tiktok.tests.jobs_process import CELERY, JobsProcess
from tiktok.tests.simulator_process import CLIENT_KEY, CLIENT_SECRET, Simulator

MB = 1024 * 1024
CHUNK = 5 * MB


@dataclass
class Clock:
    """A clock that is moved by hand; TikTok's clock moves with it."""

    simulator: Simulator | None
    _stack: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        self.set(timezone.now())

    def set(self, moment: datetime) -> None:
        self._stack.close()
        self._stack.enter_context(pinned_clock(moment))

    def advance(self, seconds: float) -> None:
        self.set(read_db_now() + timedelta(seconds=seconds))
        if self.simulator:
            self.simulator.advance(seconds)

    def stop(self) -> None:
        self._stack.close()


@pytest.fixture
def clock(tiktok: Simulator) -> Iterator[Clock]:
    """The database's clock, pinned at now."""
    clock = Clock(tiktok)
    clock.start()
    yield clock
    clock.stop()


@pytest.fixture
def simulated(tiktok: Simulator, settings: Settings, db: None) -> TikTokApp:
    """Clipdesk talks to the simulator, with the simulator's app; uploads go in chunks of 5 MiB."""
    settings.TIKTOK_API_BASE_URL = tiktok.base_url
    settings.TIKTOK_AUTHORIZE_URL = tiktok.authorize_url
    settings.UPLOAD_CHUNK_BYTES = settings.UPLOAD_SINGLE_LIMIT_BYTES = CHUNK
    settings.PUBLISH_LEASE_S = 30
    return TikTokAppFactory.create(client_key=CLIENT_KEY, secret=CLIENT_SECRET)


def link_simulated(tiktok: Simulator, app: TikTokApp, instance: Instance, username: str, **user: Any) -> TikTokAccount:
    """A user of the simulator with a grant, linked to the instance."""
    tokens = tiktok.grant(tiktok.create_user(username, **user))
    credential = CredentialFactory.create(
        app=app, open_id=tokens.open_id, access_token=tokens.access_token, refresh_token=tokens.refresh_token
    )
    with instance_scope(instance):
        return make_account(instance, credential=credential, name=username, username=username)


@pytest.fixture
def linked(tiktok: Simulator, simulated: TikTokApp, instance: Instance) -> TikTokAccount:
    """The simulator's user "maren" as an account of the instance."""
    return link_simulated(tiktok, simulated, instance, "maren")


@pytest.fixture
def video(instance: Instance) -> Media:
    """Sixteen megabytes: three chunks."""
    with instance_scope(instance):
        return make_media(instance, content=bytes(range(256)) * (16 * MB // 256))


Submit = Callable[..., Post]


@pytest.fixture
def submit(linked: TikTokAccount, video: Media, editor: User, instance: Instance) -> Submit:
    """Publish ``video`` to ``linked`` now, as a person would; keywords change options, account or media."""

    def send(*, account: TikTokAccount = linked, media: Media = video, **options: Any) -> Post:
        chosen = PostOptions(**({"caption": "Hello", "privacy_level": "PUBLIC_TO_EVERYONE"} | options))
        with instance_scope(instance):
            consent = Consent(editor, fetch_creator_info(account), "web", agreed=True)
            post, _ = services.submit_post(
                account=account, files=[media], options=chosen, actor=editor, consent=consent, when=None
            )
        return post

    return send


@dataclass
class Worker:
    """A worker in this thread that moves the clock to the next due time."""

    clock: Clock
    steps: int = 0

    def run_due(self) -> None:
        """Until nothing is due at this moment."""
        while claimed := claim():
            self.steps += 1
            assert self.steps < 2000, "the work does not end"
            advance(claimed)

    def run_for(self, seconds: float) -> None:
        """Let so much time pass, working whenever something is due."""
        end = read_db_now() + timedelta(seconds=seconds)
        self.run_due()
        while (at := next_due()) is not None and at <= end:
            self.clock.advance(max((at - read_db_now()).total_seconds() + 0.001, 0.001))
            self.run_due()
        self.clock.advance(max((end - read_db_now()).total_seconds(), 0))

    def clock_at(self) -> float:
        """Seconds by the database's clock."""
        return read_db_now().timestamp()

    def be_off_for(self, seconds: float) -> None:
        """Let so much time pass without a worker."""
        self.run_due()
        self.clock.advance(seconds)


def next_due() -> datetime | None:
    """When the next post is due."""
    item = WorkItem.objects.filter(next_action_at__isnull=False).order_by("next_action_at").first()
    return item.next_action_at if item else None


@pytest.fixture
def worker(clock: Clock) -> Worker:
    return Worker(clock)


@pytest.fixture
def run_due_work(worker: Worker) -> Callable[[], None]:
    """Claim and work until nothing is due."""
    return worker.run_due


def reread(post: Post, instance: Instance) -> Post:
    """The post as it is now."""
    with instance_scope(instance):
        return Post.objects.get(pk=post.pk)


def history(post: Post, instance: Instance) -> list[str]:
    """The states the post went through."""
    with instance_scope(instance):
        moves = PostEvent.objects.filter(post=post).order_by("id")
        return [event.to_state for event in moves if event.from_state != event.to_state or not event.detail]


@pytest.fixture
def jobs(transactional_db: None) -> Iterator[JobsProcess]:
    """A jobs process that is not started yet; needs a test that commits."""
    process = JobsProcess()
    yield process
    process.close()


@pytest.fixture
def celery_worker(transactional_db: None, settings: Settings) -> Iterator[JobsProcess]:
    """A Celery worker that is not started yet, on the Redis of the tests."""
    process = JobsProcess(CELERY, REDIS_URL=settings.REDIS_URL)
    yield process
    process.close()
