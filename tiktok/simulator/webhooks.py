"""Webhooks: signed POSTs to the callback URL of an app, repeated until they are answered with 200."""

import hashlib
import heapq
import hmac
import http.client
import itertools
import json
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tiktok.simulator.entities import LOOPBACK_HOSTS, App
from tiktok.simulator.messages import Json
from tiktok.simulator.outgoing import FAULTS, answer_to

TIMEOUT_S = 10
RECORDS = 10_000


def url_fault(url: str, *, loopback: bool) -> str:
    """Return why TikTok would not register this callback URL; empty when it would."""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError as error:
        return str(error)
    if not parts.hostname or "#" in url:
        return "must be absolute"
    is_loopback = loopback and parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS
    return "" if parts.scheme == "https" or is_loopback else "callback URLs are https only"


def sign(client_secret: str, signed_at: int, body: bytes) -> str:
    """Return the value of ``TikTok-Signature``."""
    signed = f"{signed_at}.".encode() + body
    return f"t={signed_at},s={hmac.new(client_secret.encode(), signed, hashlib.sha256).hexdigest()}"


@dataclass
class Delivery:
    """One event being sent; ``statuses`` has the answer of every try, None where there was none.

    ``state`` is pending, delivered, dropped, lost (never sent) or held (until it is released).
    """

    client_key: str
    event: str
    user_openid: str
    body: bytes
    url: str
    statuses: list[int | None] = field(default_factory=list)
    state: str = "pending"

    def describe(self) -> Json:
        described = vars(self) | {"body": self.body.decode()}
        return described | {"statuses": list(self.statuses)}


def make_delivery(app: App, event: str, user_openid: str, content: Json, create_time: int) -> Delivery:
    """Return a delivery; ``content`` is JSON inside a string of the JSON."""
    body = {
        "client_key": app.client_key,
        "event": event,
        "create_time": create_time,
        "user_openid": user_openid,
        "content": json.dumps(content, separators=(",", ":")),
    }
    text = json.dumps(body, separators=(",", ":"))
    return Delivery(app.client_key, event, user_openid, text.encode(), app.webhook_url)


class Outbox:
    """Sends in a separate thread, which starts with the first delivery.

    ``sign_now`` returns the signature of a body for an app at the time of the try; ``pace`` the pause after the first
    try that failed, in seconds, and the number of tries.
    """

    def __init__(self, sign_now: Callable[[Delivery], str], pace: Callable[[], tuple[float, int]]) -> None:
        self._sign_now = sign_now
        self._pace = pace
        self._due: list[tuple[float, int, Delivery]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self.sent: deque[Delivery] = deque(maxlen=RECORDS)

    def put(self, delivery: Delivery, *, after_s: float = 0) -> Delivery:
        """Send it, unless its state says that it is lost or held."""
        self.sent.append(delivery)
        if delivery.state == "pending":
            self._plan(delivery, after_s=after_s)
        return delivery

    def release(self, *, is_reversed: bool) -> int:
        """Send the held deliveries, in the order of their events or the other way round; return how many."""
        held = [delivery for delivery in self.sent if delivery.state == "held"]
        for delivery in reversed(held) if is_reversed else held:
            delivery.state = "pending"
            self._plan(delivery, after_s=0)
        return len(held)

    def clear(self) -> None:
        """Send nothing more of the present deliveries, not even of one in progress."""
        with self._changed:
            for delivery in self.sent:
                delivery.state = "dropped"
            self._due.clear()
            self.sent.clear()

    def _plan(self, delivery: Delivery, *, after_s: float) -> None:
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + after_s, next(self._numbers), delivery))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            self._try(self._next())

    def _next(self) -> Delivery:
        """Wait for a due delivery."""
        with self._changed:
            while not self._due or self._due[0][0] > time.monotonic():
                self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
            return heapq.heappop(self._due)[2]

    def _try(self, delivery: Delivery) -> None:
        status = post(delivery, self._sign_now(delivery))
        delivery.statuses.append(status)
        pause_s, most_tries = self._pace()
        tries = len(delivery.statuses)
        if status == http.client.OK:
            delivery.state = "delivered"
        elif tries >= most_tries:
            delivery.state = "dropped"
        elif delivery.state == "pending":
            self._plan(delivery, after_s=pause_s * 2 ** (tries - 1))


def post(delivery: Delivery, signature: str) -> int | None:
    """Try once without following redirects; return None when nothing was answered."""
    headers = {"Content-Type": "application/json", "TikTok-Signature": signature}
    try:
        with answer_to("POST", delivery.url, timeout_s=TIMEOUT_S, body=delivery.body, headers=headers) as answer:
            return answer.status
    except FAULTS:
        return None
