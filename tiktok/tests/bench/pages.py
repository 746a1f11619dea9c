"""The two pages that grow with their owner: 300 accounts in an instance, 50 instances; beside them with one of each."""

import gzip
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from statistics import quantiles
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from instances.tests.factories import InstanceFactory
from tiktok.models import Post, PostState, TikTokAccount
from tiktok.tests.bench.stand import Stand
from tiktok.tests.bench.table import Measure
from tiktok.tests.crowd import make_crowd

ACCOUNTS, INSTANCES, POSTS = 300, 50, 1000
ROUNDS = 40
STATES = (PostState.PUBLISHED, PostState.PUBLISHED, PostState.SCHEDULED, PostState.FAILED, PostState.WAITING_ACCOUNT)


def rows(stand: Stand) -> list[Measure]:
    """As the web process answers them, without the line: statements, milliseconds (p95), bytes after gzip."""
    call_command("collectstatic", interactive=False, verbosity=0)
    small, large = stand.instance(name="Small", slug="small"), stand.instance(name="Large", slug="large")
    _fill(stand, small, 1)
    _fill(stand, large, ACCOUNTS)
    for number in range(INSTANCES - 1):
        _fill(stand, InstanceFactory.create(tenant=large.tenant, name=f"Client {number}"), 6)
    return [
        *_measure("accounts, 300", large, "/i/large/accounts/"),
        *_measure("accounts, 1", small, "/i/small/accounts/"),
        *_measure("instances, 50", large, "/instances/"),
        *_measure("instances, 1", small, "/instances/"),
    ]


def _fill(stand: Stand, instance: Instance, accounts: int) -> None:
    made = make_crowd(instance, accounts, stand.app)
    with instance_scope(instance):
        Post.objects.bulk_create(_post(instance, made[n % len(made)], n) for n in range(POSTS))


def _post(instance: Instance, account: TikTokAccount, n: int) -> Post:
    state = STATES[n % len(STATES)]
    at = timezone.now() - timedelta(minutes=n) if state == PostState.PUBLISHED else None
    return Post(instance=instance, account=account, state=state, caption=f"Post {n}", published_at=at)


def _measure(what: str, instance: Instance, path: str) -> Iterator[Measure]:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(tenant_memberships__tenant=instance.tenant))
    client.get(path)  # the first request of a session notes it
    counter = Counter[str]()
    with connection.execute_wrapper(partial(_count, counter)):
        answer = client.get(path)
    assert answer.status_code == 200, answer
    times = [_milliseconds(client, path) for _ in range(ROUNDS)]
    yield Measure(f"{what}: statements", counter.total(), "statements", most=12)
    yield Measure(f"{what}: time, p95", quantiles(times, n=20)[-1], "ms", most=60)
    yield Measure(f"{what}: size", len(gzip.compress(answer.content)) / 1000, "kB", most=60)


def _count(counter: Counter[str], execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
    counter[sql] += 1
    return execute(sql, *rest)


def _milliseconds(client: Client, path: str) -> float:
    began = time.perf_counter()
    client.get(path)
    return (time.perf_counter() - began) * 1000
