"""The world that a benchmark works in: an empty database, a simulated TikTok, and the product's own jobs process."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from instances.tests.factories import InstanceFactory, person_of
from tiktok.models import Media, Post, TikTokAccount, TikTokApp
from tiktok.posts import services
from tiktok.posts.consent import Consent
from tiktok.posts.creator import fetch_creator_info
from tiktok.posts.rules import PostOptions
from tiktok.posts.schedule import When
from tiktok.tests.factories import TikTokAppFactory, make_media
from tiktok.tests.fixtures_posts import link_simulated, reread
from tiktok.tests.jobs_process import CELERY, EMBEDDED, JobsProcess, wait_until
from tiktok.tests.simulator_process import CLIENT_KEY, CLIENT_SECRET, Simulator

MB = 1_000_000


@dataclass
class Stand:
    """Makes what is published, and the process that publishes it."""

    simulator: Simulator
    app: TikTokApp

    def instance(self, **fields: Any) -> Instance:
        """With an owner who publishes."""
        instance: Instance = InstanceFactory.create(**fields)
        person_of(instance, "owner", email=_owner_of(instance))
        return instance

    def account(self, instance: Instance, username: str) -> TikTokAccount:
        """A TikTok user of its own, linked; its profile has been read, as that of an account at rest."""
        account = link_simulated(self.simulator, self.app, instance, username)
        with instance_scope(instance):
            TikTokAccount.objects.filter(pk=account.pk).update(synced_at=timezone.now())
        return account

    def video(self, instance: Instance, size_bytes: int) -> Media:
        """A file of this size: mostly holes that take no disk, no two megabytes alike."""
        with instance_scope(instance):
            media = make_media(instance, content=b"")
            path = Path(settings.MEDIA_ROOT) / media.path
            _fill(path, size_bytes)
            stat = path.stat()
            media.size_bytes, media.mtime_ns, media.inode = stat.st_size, stat.st_mtime_ns, stat.st_ino
            with path.open("rb") as file:
                media.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            media.save()
        return media

    def submit(self, account: TikTokAccount, media: Media, *, when: When | None = None, **options: Any) -> Post:
        """Publish now, or at ``when``, as a person would."""
        chosen = PostOptions(**({"caption": "Hello", "privacy_level": "SELF_ONLY"} | options))
        with instance_scope(account.instance):
            owner = User.objects.get(email=_owner_of(account.instance))
            consent = Consent(owner, fetch_creator_info(account), "web", agreed=True)
            post, _ = services.submit_post(
                account=account, files=[media], options=chosen, actor=owner, consent=consent, when=when
            )
        return post

    @contextmanager
    def jobs(self, *, threads: int | None = None, **variables: str) -> Iterator[JobsProcess]:
        """A running jobs process as an operator starts it, with Redis the Celery worker; ended afterwards."""
        redis = {"REDIS_URL": settings.REDIS_URL} if settings.REDIS_URL else {}
        command = CELERY if redis else EMBEDDED
        own = {"PUBLISH_LEASE_S": "30", "JOB_THREADS": str(threads or settings.JOB_THREADS)}
        process = JobsProcess(command, **(own | redis | variables))
        try:
            yield process.start()
        finally:
            process.close()

    def wait_for(self, post: Post, state: str, *, timeout_s: float = 600) -> None:
        """Until the post has reached this state."""
        instance = Instance.objects.get(pk=post.instance_id)
        wait_until(lambda: reread(post, instance).state == state, what=state, timeout_s=timeout_s)


def _owner_of(instance: Instance) -> str:
    return f"owner@{instance.slug}.example.com"


def _fill(path: Path, size_bytes: int) -> None:
    with path.open("wb") as file:
        os.truncate(file.fileno(), size_bytes)
        for first in range(0, size_bytes - 40, MB):
            file.seek(first)
            file.write(b"\0\0\0\x18ftypisom" + f"at {first}".encode())


@contextmanager
def stand() -> Iterator[Stand]:
    """A TikTok that processes at once, and its audited app."""
    simulator = Simulator().start()
    settings.TIKTOK_API_BASE_URL, settings.TIKTOK_AUTHORIZE_URL = simulator.base_url, simulator.authorize_url
    simulator.settings(processing_delay_s=0, moderation_delay_s=0)
    try:
        yield Stand(simulator, TikTokAppFactory.create(client_key=CLIENT_KEY, secret=CLIENT_SECRET))
    finally:
        simulator.stop()
