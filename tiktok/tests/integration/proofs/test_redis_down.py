"""Redis refuses, freezes or goes away: requests answer, and due posts start by the sweep."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest
import redis
import requests
from django.test import Client

from accounts.models import User
from instances.models import Instance
from instances.roles import KeyScope
from instances.services.api_keys import write_api_key
from tiktok.models import Media, TikTokAccount, TikTokApp
from tiktok.tests.fixtures_posts import link_simulated
from tiktok.tests.integration.proofs import processes
from tiktok.tests.integration.proofs.processes import Process, free_port, is_listening
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.simulator_process import Simulator

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
Keep = Callable[[Process], Process]


class Deployment:
    """Web and worker, with Redis at a port that is still closed."""

    def __init__(self, scratch: Path, keep: Keep) -> None:
        self.redis_port, web_port = free_port(), free_port()
        self.redis = keep(processes.redis(scratch, self.redis_port))
        self.url = f"http://127.0.0.1:{web_port}"
        here = {"REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0"}
        self.worker, ready = processes.background(scratch, **here)
        keep(self.worker).start(ready)
        processes.collect_static(scratch)
        self._web = keep(processes.web(scratch, web_port, **here)).start()
        wait_until(lambda: is_listening(web_port), what="the web server listens")

    def start_redis(self) -> redis.Redis:
        self.redis.start()
        wait_until(lambda: is_listening(self.redis_port), what="Redis listens")
        return redis.Redis(port=self.redis_port, decode_responses=True)

    def call(self, method: str, path: str, *, key: str, **options: Any) -> dict[str, Any]:
        """One call of the API by a program; fails when it takes longer than a person waits."""
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": str(time.monotonic_ns())}
        answer = requests.request(method, f"{self.url}/api/v1{path}", headers=headers, timeout=20, **options)
        assert answer.ok, answer.text
        assert answer.elapsed.total_seconds() < 5
        return dict(answer.json())


@pytest.fixture
def deployment(
    tmp_path: Path, start: Keep, transactional_db: None, published_in_big_chunks: None, tiktok: Simulator
) -> Deployment:
    """Running, without Redis."""
    return Deployment(tmp_path, start)


@pytest.fixture
def publish(
    deployment: Deployment, linked: TikTokAccount, video: Media, editor: User, instance: Instance
) -> Callable[[], None]:
    """Send a post by the API, and wait until TikTok has it published."""
    key = write_api_key(instance, user=editor, actor=editor, name="program", scopes=list(KeyScope))[1]
    post = {
        "account_id": str(linked.pk), "media_ids": [str(video.pk)], "mode": "DIRECT_POST", "caption": "Hello",
        "privacy_level": "SELF_ONLY", "consent": True,
    }  # fmt: skip

    def send() -> None:
        sent = deployment.call("POST", "/posts", key=key, json=post)
        began = time.monotonic()
        path = f"/posts/{sent['id']}"
        wait_until(lambda: deployment.call("GET", path, key=key)["publish_id"], what="started", timeout_s=15)
        wait_until(lambda: deployment.call("GET", path, key=key)["state"] == "published", what="published")
        assert time.monotonic() - began < 40

    return send


def messages_sent(broker: redis.Redis) -> int:
    """How many hints reached Redis."""
    return int(broker.info("commandstats").get("cmdstat_lpush", {}).get("calls", 0))


def test_redis_is_not_there_when_everything_starts(publish: Callable[[], None], tiktok: Simulator) -> None:
    publish()
    assert [post.status for post in tiktok.posts()] == ["PUBLISH_COMPLETE"]


def test_redis_freezes_and_dies_and_comes_back(
    deployment: Deployment, publish: Callable[[], None], tiktok: Simulator
) -> None:
    broker = deployment.start_redis()
    publish()
    assert messages_sent(broker) == 1
    wait_until(lambda: "advance_post" in deployment.worker.text(), what="the worker took the hint")
    deployment.redis.freeze()
    publish()
    deployment.redis.kill()
    publish()
    broker = deployment.start_redis()
    wait_until(lambda: broker.client_list(_type="normal"), what="the worker is back")
    publish()
    assert [post.status for post in tiktok.posts()] == ["PUBLISH_COMPLETE"] * 4
    assert messages_sent(broker) == 1


PAGES = (
    "/privacy/", "/healthz", "/readyz", "/instances/new/", "/i/aurora/",
    "/i/aurora/posts/", "/i/aurora/posts/new/", "/i/aurora/media/", "/i/aurora/notifications/",
    "/i/aurora/accounts/", "/i/aurora/settings/members/", "/i/aurora/settings/general/",
)  # fmt: skip
ROUTES = ("/instance", "/accounts", "/media", "/posts")
PATIENCE_S = 5


class Visitor:
    """Opens page after page, and asks one API route after the other, while something else happens."""

    def __init__(self, url: str, owner: User, key: str) -> None:
        client = Client()
        client.force_login(owner)
        self._session = requests.Session()
        self._session.cookies.set("sessionid", client.cookies["sessionid"].value)
        bearer = {"Authorization": f"Bearer {key}"}
        self._calls: list[tuple[str, dict[str, str]]] = [(f"{url}{page}", {}) for page in PAGES]
        self._calls += [(f"{url}/api/v1{route}", bearer) for route in ROUTES]
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._walk, daemon=True)
        self.took: dict[str, list[float]] = defaultdict(list)
        self.refused: list[str] = []

    def _walk(self) -> None:
        while not self._is_over.is_set():
            for url, headers in self._calls:
                answer = self._session.get(url, headers=headers, timeout=30, allow_redirects=False)
                self.took[url].append(answer.elapsed.total_seconds())
                if answer.status_code != 200:
                    self.refused.append(f"{answer.status_code} {url} {answer.headers.get('Location', '')}")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join(timeout=60)
        slowest = max(max(times) for times in self.took.values())
        print(f"{sum(map(len, self.took.values()))} requests, the slowest took {slowest:.2f} s")  # noqa: T201
        assert not self._thread.is_alive()
        assert self.refused == []
        assert set(self.took) == {url for url, _ in self._calls}
        assert slowest < PATIENCE_S


def test_scheduled_posts_start_and_every_page_answers_without_redis(
    deployment: Deployment,
    tiktok: Simulator,
    simulated: TikTokApp,
    video: Media,
    owner: User,
    instance: Instance,
) -> None:
    """No beat at all; Redis is not there, then frozen, then killed. Every post starts within 15 s of its time."""
    key = write_api_key(instance, user=owner, actor=owner, name="program", scopes=list(KeyScope))[1]
    with Visitor(deployment.url, owner, key):
        lags = [start_lag(deployment, tiktok, simulated, instance, video, key, "absent")]
        deployment.start_redis()
        deployment.redis.freeze()
        lags.append(start_lag(deployment, tiktok, simulated, instance, video, key, "frozen"))
        deployment.redis.kill()
        lags.append(start_lag(deployment, tiktok, simulated, instance, video, key, "killed"))
        print("start lags without Redis: " + ", ".join(f"{lag:.1f} s" for lag in lags))  # noqa: T201
    assert max(lags) <= 15


def start_lag(
    deployment: Deployment, tiktok: Simulator, app: TikTokApp, instance: Instance, video: Media, key: str, name: str
) -> float:
    """Schedule one post of an account of its own and publish another at once; the longer of the two waits."""
    posts = {}
    for kind in ("scheduled", "now"):
        account = link_simulated(tiktok, app, instance, f"{name}-{kind}")
        due = datetime.now(UTC) + (timedelta(seconds=10) if kind == "scheduled" else timedelta())
        body = {
            "account_id": str(account.pk), "media_ids": [str(video.pk)], "mode": "DIRECT_POST", "caption": "Hello",
            "privacy_level": "SELF_ONLY", "consent": True,
            **({"publish_at": due.isoformat()} if kind == "scheduled" else {}),
        }  # fmt: skip
        posts[deployment.call("POST", "/posts", key=key, json=body)["id"]] = due.timestamp()

    def begun() -> dict[str, str]:
        sent = {post: deployment.call("GET", f"/posts/{post}", key=key)["publish_id"] for post in posts}
        return sent if all(sent.values()) else {}

    wait_until(begun, what=f"both have started, Redis {name}", timeout_s=40)
    created = {seen.publish_id: seen.created_at for seen in tiktok.posts()}
    return max(created[publish_id] - posts[post] for post, publish_id in begun().items())
