"""Clients that send or read slowly, or not at all, make no one wait and are disconnected."""

import json
import threading
from pathlib import Path

from core.tests.integration.serving.front.running import Recorder, request, running
from core.tests.integration.serving.front.waiting import until

STALLED = request("POST", "/form", length=1000, body=b"ab")


def test_half_sent_bodies_keep_no_page_waiting(tmp_path: Path) -> None:
    with running(tmp_path, page_threads=1, silence_s=30) as server:
        for _ in range(40):
            server.line(STALLED)

        assert server.ask(request("GET", "/page")).endswith(b"\r\n\r\nfine")
        assert server.ask(request("GET", "/healthz")).endswith(b"\r\n\r\nfine")
        assert [told.environ["PATH_INFO"] for told in server.application.calls] == ["/page", "/healthz"]


def test_health_check_answers_while_every_page_thread_is_taken(tmp_path: Path) -> None:
    application = Recorder()
    release = application.hold("/long")
    with running(tmp_path, application, page_threads=1, queue=1) as server:
        waiting = [server.line(request("GET", "/long")) for _ in range(2)]
        until(lambda: server.front._pages.taken == 2)

        assert server.ask(request("GET", "/healthz")).endswith(b"fine")
        refused = server.ask(request("GET", "/page"))
        release.set()
        assert [line.answer()[:12] for line in waiting] == [b"HTTP/1.1 200"] * 2

    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nretry-after: 5\r\n" in refused


def test_half_sent_headers_are_cut_off(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        assert server.line(b"GET / HTTP/1.1\r\nHost: x\r\nX-A").answer().startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert server.application.calls == []


def test_connection_that_says_nothing_is_closed(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        assert server.line().answer() == b""


def test_second_request_of_a_connection_has_the_same_time(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        line = server.line(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert line.until(b"fine").startswith(b"HTTP/1.1 200 OK")

        assert line.send(b"GET / HT").answer().startswith(b"HTTP/1.1 408 ")


def test_body_that_stops_is_answered_and_closed(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        assert server.ask(STALLED).startswith(b"HTTP/1.1 408 ")
        assert server.application.calls == []


def test_body_below_the_lowest_rate_is_cut_off(tmp_path: Path) -> None:
    with running(tmp_path, silence_s=5, grace_s=0.2, lowest_rate=10_000_000) as server:
        line = server.line(request("POST", "/form", length=100_000, body=b"a"))
        drip = threading.Event()

        def send_on() -> None:
            while not drip.wait(0.02):
                try:
                    line.send(b"a")
                except OSError:
                    return

        sender = threading.Thread(target=send_on)
        sender.start()
        try:
            assert line.head().startswith(b"HTTP/1.1 408 ")
        finally:
            drip.set()
            sender.join()


def test_headers_may_not_grow_for_ever(tmp_path: Path) -> None:
    with running(tmp_path, header_bytes=5000) as server:
        grown = b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 6000
        many = request("GET", "/", *[f"X-{n}: 1" for n in range(200)])

        assert server.line(grown).answer().startswith(b"HTTP/1.1 431 ")
        assert server.ask(grown + b"\r\n\r\n").startswith(b"HTTP/1.1 431 ")
        assert server.ask(many).startswith(b"HTTP/1.1 431 ")
        assert server.application.calls == []


def test_one_client_cannot_take_every_connection(tmp_path: Path) -> None:
    with running(tmp_path, connections_per_client=5, silence_s=30) as server:
        for _ in range(5):
            server.line(STALLED)

        refused = server.line().answer()
        other = server.line(request("GET", "/"), source="127.0.0.2").answer()

    assert refused.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"Retry-After: 5\r\n" in refused
    assert other.startswith(b"HTTP/1.1 200 ")


def test_process_keeps_to_its_number_of_connections(tmp_path: Path) -> None:
    with running(tmp_path, connections=3, silence_s=30) as server:
        for n in range(3):
            server.line(STALLED, source=f"127.0.0.{n + 2}")

        assert server.line().answer().startswith(b"HTTP/1.1 503 ")


def test_behind_a_proxy_requests_are_counted_by_its_clients(tmp_path: Path) -> None:
    def of(client: str) -> bytes:
        return request("POST", "/form", f"X-Forwarded-For: {client}", length=1000, body=b"ab")

    with running(tmp_path, proxies=1, requests_per_client=2, connections_per_client=1, silence_s=30) as server:
        for _ in range(2):
            server.line(of("192.0.2.1"))
        until(lambda: server.front._requests["192.0.2.1"] == 2)

        refused = server.ask(request("GET", "/", "X-Forwarded-For: 198.51.100.7, 192.0.2.1"))
        other = server.ask(request("GET", "/", "X-Forwarded-For: 192.0.2.2"))

    assert refused.startswith(b"HTTP/1.1 503 ")
    assert other.startswith(b"HTTP/1.1 200 ")


def test_program_gets_a_problem_for_what_the_server_itself_refuses(tmp_path: Path) -> None:
    with running(tmp_path, header_bytes=5000) as server:
        refused = {
            431: server.line(b"GET /api/v1/posts HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 6000).answer(),
            408: server.ask(request("POST", "/api/v1/posts", length=100, body=b"a")),
            400: server.ask(b"GET /api/v1/posts HTTP/1.1\r\nHost: x\r\nno header\r\n\r\n"),
        }

    for status, answer in refused.items():
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(f"HTTP/1.1 {status} ".encode())
        assert b"content-type: application/problem+json" in head.lower()
        problem = json.loads(body)
        assert (problem["status"], problem["errors"]) == (status, [])
        assert problem["code"] == {
            431: "headers_too_large", 408: "request_timeout", 400: "bad_request",
        }[status]  # fmt: skip
