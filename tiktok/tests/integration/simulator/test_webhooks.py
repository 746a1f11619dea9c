"""The simulated TikTok tells an app what happened: signed, repeated until it is answered with 200."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlencode

import pytest

from tiktok.tests.integration.simulator.talk import Talk
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.simulator_process import CLIENT_KEY, CLIENT_SECRET, ControlError, Simulator


class Receiver(ThreadingHTTPServer):
    """An app's callback URL: keeps what came, answers ``statuses`` in turn and the last of them for ever."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Knock)
        self.statuses = [200]
        self.came: list[tuple[str, str, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook/?a=1"


class Knock(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((self.path, self.headers["TikTok-Signature"], body))
        self.send_response(self.server.statuses[0] if len(self.server.statuses) == 1 else self.server.statuses.pop(0))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    with Receiver() as receiver:
        thread = Thread(target=receiver.serve_forever, args=[0.02])
        thread.start()
        yield receiver
        receiver.shutdown()
        thread.join()


@pytest.fixture
def receiver(tiktok: Simulator) -> Iterator[Receiver]:
    with receiving() as receiver:
        tiktok.settings(webhook_pause_s=0.01)
        tiktok.create_app(webhook_url=receiver.url)
        yield receiver


def settled(tiktok: Simulator, count: int = 1) -> list[str]:
    """How the deliveries ended, once all of them have."""
    wait_until(
        lambda: [item["state"] for item in tiktok.webhooks()].count("pending") == 0 and len(tiktok.webhooks()) == count,
        what="webhooks settled",
    )
    return [item["state"] for item in tiktok.webhooks()]


def test_disconnect_webhook_is_signed_over_the_raw_bytes(tiktok: Simulator, receiver: Receiver, maren: str) -> None:
    open_id = tiktok.grant(maren).open_id

    tiktok.revoke(maren)

    assert settled(tiktok) == ["delivered"]
    [(path, signature, raw)] = receiver.came
    signed_at, digest = (part.partition("=")[2] for part in signature.split(","))
    wanted = hmac.new(CLIENT_SECRET.encode(), signed_at.encode() + b"." + raw, hashlib.sha256).hexdigest()
    assert (path, digest, abs(int(signed_at) - time.time()) < 60) == ("/hook/?a=1", wanted, True)
    body = json.loads(raw)
    assert abs(body.pop("create_time") - time.time()) < 60
    assert body == {
        "client_key": CLIENT_KEY, "event": "authorization.removed", "user_openid": open_id, "content": '{"reason":1}',
    }  # fmt: skip


def test_what_is_not_answered_with_200_comes_again_with_the_same_body(
    tiktok: Simulator, receiver: Receiver, maren: str
) -> None:
    receiver.statuses = [500, 401, 302, 200]

    tiktok.announce("post.publish.complete", user=maren, content={"publish_id": "v_1"}, create_time=5)

    assert settled(tiktok) == ["delivered"]
    assert tiktok.webhooks()[0]["statuses"] == [500, 401, 302, 200]
    assert len({raw for _, _, raw in receiver.came}) == 1
    assert json.loads(receiver.came[0][2])["create_time"] == 5


def test_patience_has_an_end(tiktok: Simulator, receiver: Receiver, maren: str) -> None:
    tiktok.settings(webhook_tries=3)
    receiver.statuses = [503]

    tiktok.announce("post.publish.complete", user=maren)

    assert settled(tiktok) == ["dropped"]
    assert len(receiver.came) == 3


def test_unreachable_callback_is_a_failed_try(tiktok: Simulator, maren: str) -> None:
    with receiving() as gone:
        url = gone.url
    tiktok.settings(webhook_pause_s=0.01, webhook_tries=2)
    tiktok.create_app(webhook_url=url)

    tiktok.announce("post.publish.complete", user=maren, times=2)

    assert settled(tiktok, 2) == ["dropped", "dropped"]
    assert tiktok.webhooks()[0]["statuses"] == [None, None]


def test_our_own_revoke_is_announced_as_ours(
    talk: Talk, tiktok: Simulator, receiver: Receiver, maren: str, token: str
) -> None:
    fields = {"client_key": CLIENT_KEY, "client_secret": CLIENT_SECRET, "token": token}

    assert talk.oauth("revoke", fields).status == 200

    assert settled(tiktok) == ["delivered"]
    assert json.loads(receiver.came[0][2])["content"] == '{"reason":5}'


def test_app_without_a_callback_gets_no_webhook(tiktok: Simulator, maren: str) -> None:
    tiktok.grant(maren)
    tiktok.revoke(maren)

    assert tiktok.webhooks() == []
    with pytest.raises(ControlError, match="webhook_url"):
        tiktok.announce("post.publish.complete", user=maren)


@pytest.mark.parametrize("url", ["http://clip.example.com/", "ftp://127.0.0.1/", "/webhooks/", "http://[", "https://"])
def test_callbacks_are_https_addresses(tiktok: Simulator, url: str) -> None:
    with pytest.raises(ControlError, match=r"https|absolute|Invalid"):
        tiktok.create_app(webhook_url=url)


def form(**fields: str) -> tuple[str, dict[str, str]]:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return urlencode({"user": "maren", "client_key": CLIENT_KEY} | fields), kind


def test_connected_apps_page_ends_access_with_its_reason(
    talk: Talk, tiktok: Simulator, receiver: Receiver, maren: str
) -> None:
    tiktok.grant(maren)
    shown = talk.send("GET", "/connected-apps/").body.decode()
    body, kind = form(reason="4")

    answer = talk.send("POST", "/connected-apps/", body, kind | {"Origin": tiktok.base_url})

    assert ("Maren Bakes" in shown, 'name="user" value="maren"' in shown) == (True, True)
    assert (answer.status, answer.headers["Location"]) == (303, "/connected-apps/")
    assert settled(tiktok) == ["delivered"]
    assert json.loads(receiver.came[0][2])["content"] == '{"reason":4}'
    assert "No app has access" in talk.send("GET", "/connected-apps/").body.decode()


@pytest.mark.parametrize(
    ("fields", "origin", "status"),
    [({}, "https://evil.example", 403), ({"reason": "9"}, "", 400), ({"user": "nobody"}, "", 404)],
)
def test_page_of_connected_apps_refuses_what_is_not_its_own(
    talk: Talk, tiktok: Simulator, maren: str, fields: dict[str, str], origin: str, status: int
) -> None:
    tiktok.grant(maren)
    body, kind = form(**fields)

    answer = talk.send("POST", "/connected-apps/", body, kind | ({"Origin": origin} if origin else {}))

    assert (answer.status, len(tiktok.get("grants")["items"])) == (status, 1)
