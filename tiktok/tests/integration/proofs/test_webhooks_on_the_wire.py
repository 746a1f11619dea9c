"""Webhooks as they come over the wire to a deployment's web server: framing that Django's test client cannot do."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tiktok.models import WebhookDelivery
from tiktok.tests.factories import TikTokAppFactory
from tiktok.tests.integration.proofs.processes import Process, free_port, is_listening, web
from tiktok.tests.integration.webhooks.post import URL, delivery, signature
from tiktok.tests.jobs_process import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
HEAD = f"POST {URL} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\n"


@pytest.fixture
def server(tmp_path: Path, transactional_db: None) -> Iterator[tuple[Process, int]]:
    """The web server and its port."""
    TikTokAppFactory.create(client_key="our-key")
    port = free_port()
    process = web(tmp_path, port).start()
    wait_until(lambda: is_listening(port), what="the web server listens")
    yield process, port
    process.close()


def knock(port: int, headers: str, sent: bytes, *, then_close: bool = False) -> int:
    """Return the status, 0 without waiting for one; ``sent`` is all that is ever sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(f"{HEAD}{headers}\r\n".encode("latin-1") + sent)
        return 0 if then_close else int(line.recv(64).split()[1])


def chunked(body: bytes) -> bytes:
    middle = len(body) // 2
    pieces = (body[:middle], body[middle:], b"")
    return b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces)


def test_odd_framing_is_answered_and_never_with_a_500(server: tuple[Process, int]) -> None:
    process, port = server
    wait_until(lambda: knock(port, "Content-Length: 0\r\n", b"") == 400, what="the application is loaded")
    body, other, large = delivery("our-key"), delivery("our-key", n=2), delivery("our-key", padding="x" * 10_000_000)
    signed, length = f"TikTok-Signature: {signature(body)}\r\n", f"Content-Length: {len(body)}\r\n"
    in_chunks = "Transfer-Encoding: chunked\r\n"

    answers = {
        "plain": knock(port, signed + length, body),
        "in chunks": knock(port, f"tiktok-signature: {signature(other)}\r\n{in_chunks}", chunked(other)),
        "header twice": knock(port, signed + signed + length, body),
        "header not ASCII": knock(port, f"TikTok-Signature: t=1,s=é\r\n{length}", body),
        "ten megabytes announced": knock(port, "Content-Length: 10000000\r\n", b"{"),
        "ten megabytes in chunks": knock(port, in_chunks, chunked(large)[:4_000_000]),
        "a length that is none": knock(port, signed + "Content-Length: many\r\n", body),
        "broken chunks": knock(port, signed + in_chunks, b"zz\r\n" + body),
        "cut off": knock(port, signed + f"Content-Length: {len(body) + 9}\r\n", body, then_close=True),
    }

    assert answers == {
        "plain": 200, "in chunks": 200, "header twice": 401, "header not ASCII": 401, "ten megabytes announced": 413,
        "ten megabytes in chunks": 413, "a length that is none": 400, "broken chunks": 400, "cut off": 0,
    }  # fmt: skip
    assert {bytes(row.body, "utf-8") for row in WebhookDelivery.objects.all()} == {body, other}
    process.stop()
    assert '" 500 ' not in process.text()
    assert "Traceback" not in process.text()
