"""How long the web server takes to answer what knocks at /webhooks/tiktok/, good and bad."""

import json
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from tiktok.tests.bench.stand import Stand
from tiktok.tests.bench.table import Measure
from tiktok.tests.integration.proofs.processes import free_port, is_listening, web
from tiktok.tests.integration.webhooks.post import URL, delivery, signature
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.simulator_process import CLIENT_KEY, CLIENT_SECRET

EACH = 100
AT_ONCE = 8
Knock = tuple[bytes, str]


def rows(_stand: Stand) -> list[Measure]:
    """Each kind a hundred times, eight connections at once; the slowest answer counts."""
    port = free_port()
    with tempfile.TemporaryDirectory() as scratch:
        server = web(Path(scratch), port).start()
        try:
            wait_until(lambda: is_listening(port), what="the web server listens")
            _knock(port, _good(0))
            return [_measure(port, kind, make) for kind, make in KINDS.items()]
        finally:
            server.close()


def _good(number: int) -> Knock:
    body = delivery(CLIENT_KEY, number=number)
    return body, signature(body, CLIENT_SECRET)


def _bad(make: Callable[[bytes], str]) -> Callable[[int], Knock]:
    def one(number: int) -> Knock:
        body = delivery(CLIENT_KEY, number=-number)
        return body, make(body)

    return one


def _of_other_shape(body: bytes) -> Callable[[int], Knock]:
    return lambda _number: (body, signature(body, CLIENT_SECRET))


KINDS: dict[str, Callable[[int], Knock]] = {
    "good": lambda number: _good(number + 1),
    "the same again": lambda _number: _good(1),
    "forged": _bad(lambda body: signature(body, "a guess")),
    "stale": _bad(lambda body: signature(body, CLIENT_SECRET, at=time.time() - 1e7)),
    "of no app of ours": _of_other_shape(delivery("nobody")),
    "10 MB": _of_other_shape(delivery(CLIENT_KEY, padding="x" * 10_000_000)),
    "not JSON": _of_other_shape(b"no json" * 30_000),
    "nested 100,000 deep": _of_other_shape(b"[" * 100_000),
    "about a post": lambda number: _posting(number),
    "an unknown event": lambda number: _unknown(number),
}


def _posting(number: int) -> Knock:
    content = {"publish_id": f"v_pub_file~{number}", "publish_type": "DIRECT_POST"}
    body = delivery(CLIENT_KEY, event="post.publish.complete", content=content)
    return body, signature(body, CLIENT_SECRET)


def _unknown(number: int) -> Knock:
    body = json.dumps(json.loads(delivery(CLIENT_KEY, event="user.levitated", number=number))).encode()
    return body, signature(body, CLIENT_SECRET)


def _measure(port: int, kind: str, make: Callable[[int], Knock]) -> Measure:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda number: _knock(port, make(number)), range(EACH)))
    slowest, statuses = max(took for _, took in answers), sorted({status for status, _ in answers})
    note = f"{median(took for _, took in answers):.3g} ms median, answered {', '.join(map(str, statuses))}"
    return Measure(f"webhook {kind}: slowest of {EACH}, {AT_ONCE} at once", slowest, "ms", most=1000, note=note)


def _knock(port: int, knock: Knock) -> tuple[int, float]:
    """The status and the milliseconds to it."""
    body, header = knock
    began = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    with closing(connection):
        with suppress(ConnectionError):  # who refuses a body unread closes while it is being sent
            connection.request("POST", URL, body, {"TikTok-Signature": header, "Content-Type": "application/json"})
        status = connection.getresponse().status
    return status, (time.perf_counter() - began) * 1000
