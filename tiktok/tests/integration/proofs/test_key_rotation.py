"""Keys are rotated while jobs processes publish with tokens that live four seconds: nothing is lost or unreadable.

Each change goes as the runbook says: the new key behind the old one in every process, then in front, ``rotate_keys``,
then the old one goes. The rotation runs all the while, also beside processes that still write with the old key. With
``DEEP=1 … -m deep`` (``make deep``) there are more accounts, processes and changes. The rows per key are printed.
"""

import base64
import hashlib
import os
import secrets
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any, Final

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditLogEntry
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.access.tokens import usable_token
from tiktok.keys.check import check_stored_keys
from tiktok.keys.columns import stored_key_ids
from tiktok.models import Media, Post, PostState, TikTokAccount, TikTokApp, TikTokCredential
from tiktok.tests.factories import make_media
from tiktok.tests.fixtures_posts import Submit, link_simulated
from tiktok.tests.integration.proofs import processes
from tiktok.tests.jobs_process import JobsProcess, wait_until
from tiktok.tests.simulator_process import Simulator

IS_DEEP: Final = os.environ.get("DEEP") == "1"
ACCOUNTS, PROCESSES, CHANGES = (12, 3, 5) if IS_DEEP else (3, 2, 1)
TOKENS_LIVE_S: Final = 4
# How many values are re-encrypted while refreshes keep writing them with the old key.
RENEWED: Final = 1000 if IS_DEEP else 30
ROTATION: Final = """
import django
django.setup()
from tiktok.keys.rotate import rotate
print("rotating", flush=True)
while True:
    for done in rotate("default"):
        print(done.renewed, done.overtaken, done.unreadable, flush=True)
"""
# The message of a process for a value that it cannot read.
COMPLAINTS: Final = ("undecryptable", "does not decrypt", "cannot be read", "no key with id", "Traceback")

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(3600)]
if IS_DEEP:
    pytestmark.append(pytest.mark.deep)


def ring_text(ring: dict[str, bytes]) -> str:
    return ",".join(f"{key_id}:{base64.urlsafe_b64encode(key).decode()}" for key_id, key in ring.items())


@dataclass
class Fleet:
    """The jobs processes, and the ring with which this test's own process works."""

    settings: Settings
    processes: list[JobsProcess] = field(default_factory=lambda: [JobsProcess() for _ in range(PROCESSES)])

    def use(self, ring: dict[str, bytes]) -> None:
        """All are restarted with this ring, at the same time, and the test's own process works with it too."""
        self.settings.FIELD_ENCRYPTION_KEYS = ring

        def start(process: JobsProcess) -> None:
            process.stop()
            process.start(FIELD_ENCRYPTION_KEYS=ring_text(ring))

        with ThreadPoolExecutor(PROCESSES) as pool:
            list(pool.map(start, self.processes))

    def logs(self) -> str:
        return "".join(process.log.read_text() for process in self.processes)


@pytest.fixture
def fleet(settings: Settings, simulated: TikTokApp, transactional_db: None) -> Iterator[Fleet]:
    fleet = Fleet(settings)
    yield fleet
    for process in fleet.processes:
        process.close()


@pytest.fixture
def accounts(tiktok: Simulator, simulated: TikTokApp, instance: Instance) -> list[TikTokAccount]:
    """Their tokens are to end in seconds."""
    tiktok.create_app(access_lifetime_s=TOKENS_LIVE_S, rate_limits=False)
    tiktok.settings(processing_delay_s=0, moderation_delay_s=0)
    found = [link_simulated(tiktok, simulated, instance, f"user{number}") for number in range(ACCOUNTS)]
    TikTokCredential.objects.update(access_expires_at=timezone.now())
    return found


@pytest.fixture
def small_video(instance: Instance) -> Media:
    with instance_scope(instance):
        return make_media(instance, content=b"\1" * 1_000_000)


@contextmanager
def rotating(scratch: Path, ring: dict[str, bytes]) -> Iterator[Callable[[], Counter[str]]]:
    """``rotate_keys`` over and over, in a process that is killed in the end; what became of the values so far."""
    env = processes.own_environment(scratch, FIELD_ENCRYPTION_KEYS=ring_text(ring))
    process = processes.Process("rotation", [sys.executable, "-c", ROTATION], env).start(ready="rotating")

    def so_far() -> Counter[str]:
        done: Counter[str] = Counter()
        whole_lines = process.text().split("\n")[1:-1]
        for renewed, overtaken, unreadable in (map(int, line.split()) for line in whole_lines):
            done.update(renewed=renewed, overtaken=overtaken, unreadable=unreadable)
        return done

    try:
        yield so_far
    finally:
        process.close()


@contextmanager
def refreshing(accounts: list[TikTokAccount]) -> Iterator[None]:
    """Every account's tokens are renewed, one time after the other, as by a process with this test's ring."""
    stop = threading.Event()

    def run(account: TikTokAccount) -> None:
        version = None
        while not stop.wait(0.01):
            version = usable_token(account.credential_id, refresh_now=version).version
        connection.close()

    with ThreadPoolExecutor(len(accounts)) as pool:
        working = [pool.submit(run, account) for account in accounts]
        try:
            yield
        finally:
            stop.set()
        for worker in working:
            worker.result()


@dataclass
class Load:
    """One post for each account at a time, and what became of them all."""

    submit: Submit
    accounts: list[TikTokAccount]
    video: Media
    posts: list[Post] = field(default_factory=list)

    def add(self) -> None:
        self.posts += [
            self.submit(account=account, media=self.video, privacy_level="SELF_ONLY") for account in self.accounts
        ]

    def states(self) -> Counter[str]:
        with instance_scope(self.accounts[0].instance):
            return Counter(Post.objects.values_list("state", flat=True))

    def wait_until_handed_over(self) -> None:
        self._wait({PostState.PROCESSING, PostState.PUBLISHED})

    def wait(self) -> None:
        self._wait({PostState.PUBLISHED})

    def _wait(self, states: set[PostState]) -> None:
        try:
            wait_until(lambda: self.states().keys() <= states, what=", ".join(states), timeout_s=240)
        finally:
            sys.stdout.write(f"{dict(self.states())} {self._held(states)}\n")

    def _held(self, states: set[PostState]) -> list[tuple[Any, ...]]:
        with instance_scope(self.accounts[0].instance):
            others = Post.objects.exclude(state__in=states)
            return list(others.values_list("pk", "state", "hold_reason", "hold_count", "error_code", "next_try_at"))


@pytest.fixture
def load(submit: Submit, accounts: list[TikTokAccount], small_video: Media) -> Load:
    return Load(submit, accounts, small_video)


def change_key(fleet: Fleet, load: Load, scratch: Path, ring: dict[str, bytes], new: dict[str, bytes]) -> Counter[str]:
    """The steps of the runbook, with posts under way in each of them."""
    load.add()
    fleet.use(ring | new)
    with rotating(scratch, new | ring) as so_far:
        show("before", stored_key_ids())
        load.add()
        with refreshing(load.accounts):
            wait_until(lambda: so_far()["renewed"] > RENEWED, what="values encrypted anew", timeout_s=240)
        load.wait_until_handed_over()
        fleet.use(new | ring)
        done = so_far()
    load.add()
    call_command("rotate_keys", stdout=(said := StringIO()))
    sys.stdout.write(said.getvalue())
    assert {key_id for rows in stored_key_ids().values() for key_id in rows} == set(new)
    fleet.use(new)
    load.wait()
    sys.stdout.write(f"while rotating: {dict(done)}\n")
    return done


def show(when: str, stored: dict[str, dict[str, int]]) -> None:
    sys.stdout.write("".join(f"\n{when}  {name}: {rows}" for name, rows in stored.items()) + "\n")


def test_keys_change_while_posts_are_published_and_tokens_refreshed(
    fleet: Fleet, load: Load, tiktok: Simulator, tmp_path: Path
) -> None:
    ring = dict(fleet.settings.FIELD_ENCRYPTION_KEYS)
    done: Counter[str] = Counter()

    for number in range(2, 2 + CHANGES):
        new = {f"k{number}": secrets.token_bytes(32)}
        done += change_key(fleet, load, tmp_path, ring, new)
        ring = new

    assert check_stored_keys(databases=["default"]) == []
    assert done["unreadable"] == 0
    assert done["overtaken"] or not IS_DEEP  # refreshes came between reading and writing, and stood
    assert [word for word in COMPLAINTS if word in fleet.logs()] == []
    assert not AuditLogEntry.objects.filter(action="account.reconnect_needed").exists()
    assert Counter(post.status for post in tiktok.posts()) == {"PUBLISH_COMPLETE": len(load.posts)}
    assert_no_refresh_was_lost(tiktok)


def assert_no_refresh_was_lost(tiktok: Simulator) -> None:
    """No refresh token came twice, and what is stored is what TikTok gave last."""
    pairs = tiktok.pairs()
    refreshes = tiktok.requests("token")
    sys.stdout.write(f"{len(refreshes)} refreshes of {ACCOUNTS} accounts\n")
    assert Counter(call.code for call in refreshes) == {"ok": len(refreshes)}
    assert len(refreshes) > 2 * ACCOUNTS
    assert sum(pair.used_again for pair in pairs) == 0
    newest = {pair.open_id: pair.refresh for pair in pairs}  # in the order of the answers
    assert {row.open_id: digest(row) for row in TikTokCredential.objects.all()} == newest


def digest(row: TikTokCredential) -> str:
    assert row.refresh_token is not None
    return hashlib.sha256(row.refresh_token.reveal().encode()).hexdigest()
