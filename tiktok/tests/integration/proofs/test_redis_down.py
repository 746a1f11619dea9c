"""Redis refuses, freezes or goes away: requests answer, and due posts start by the sweep."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
import requests

from accounts.models import User
from instances.models import Instance
from instances.roles import KeyScope
from instances.services.api_keys import write_api_key
from tiktok.models import Media, TikTokAccount
from tiktok.tests.integration.proofs import processes
from tiktok.tests.integration.proofs.processes import Process, free_port, is_listening
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.simulator_process import Simulator

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
Keep = Callable[[Process], Process]


class Deployment:
    """Web and worker, which look for Redis at a port where nobody listens yet."""

    def __init__(self, scratch: Path, keep: Keep) -> None:
        self.redis_port, web_port = free_port(), free_port()
        self.redis = keep(processes.redis(scratch, self.redis_port))
        self._url = f"http://127.0.0.1:{web_port}"
        here = {"REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0"}
        self.worker, ready = processes.background(scratch, **here)
        keep(self.worker).start(ready)
        self._web = keep(processes.web(scratch, web_port, **here)).start()
        wait_until(lambda: is_listening(web_port), what="the web server listens")

    def start_redis(self) -> redis.Redis:
        self.redis.start()
        wait_until(lambda: is_listening(self.redis_port), what="Redis listens")
        return redis.Redis(port=self.redis_port, decode_responses=True)

    def call(self, method: str, path: str, *, key: str, **options: Any) -> dict[str, Any]:
        """One call of the API by a program; fails when it takes longer than a person waits."""
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": str(time.monotonic_ns())}
        answer = requests.request(method, f"{self._url}/api/v1{path}", headers=headers, timeout=20, **options)
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
