"""How request bodies reach the application."""

import json
import socket
from collections.abc import Iterable
from pathlib import Path

import pytest

from core.tests.integration.serving.front.running import Environ, Recorder, StartResponse, request, running
from core.tests.integration.serving.front.waiting import until

PIECE = "Content-Type: application/offset+octet-stream"
FORM = "Content-Type: multipart/form-data; boundary=x"


def test_body_arrives_whole_and_its_file_has_no_name(tmp_path: Path) -> None:
    body = bytes(range(256)) * 1000
    with running(tmp_path, memory_bytes=1000) as server:
        server.ask(request("POST", "/form", body=body))

        assert server.application.bodies == [body]
        assert list(tmp_path.iterdir()) == []


def test_chunked_body_arrives_with_its_length(tmp_path: Path) -> None:
    head = b"POST /form HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    with running(tmp_path, body_bytes=100) as server:
        server.ask(head + b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n")
        server.ask(head + b"c8\r\n" + b"a" * 200 + b"\r\n0\r\n\r\n")

        lengths = [told.environ["CONTENT_LENGTH"] for told in server.application.calls]
        assert server.application.bodies == [b"abcdefg", b""]
        assert lengths == ["7", "101"]
        assert "HTTP_TRANSFER_ENCODING" not in server.application.calls[0].environ


def chunked(method: str, path: str, *headers: str, body: bytes) -> bytes:
    """A request with its body in one chunk."""
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: x",
        "Connection: close",
        "Transfer-Encoding: chunked",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("method", "headers"), [("POST", [FORM]), ("PATCH", [PIECE, "Upload-Offset: 0", "Tus-Resumable: 1.0.0"])]
)
def test_long_chunked_upload_is_411_and_reaches_no_application(tmp_path: Path, method: str, headers: list[str]) -> None:
    with running(tmp_path, body_bytes=1000) as server:
        answer = server.ask(chunked(method, "/api/v1/media", *headers, body=b"a" * 2000))
        page = server.ask(chunked(method, "/i/aurora/media/", *headers, body=b"a" * 2000))

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 411 ")
    assert b"content-type: application/problem+json" in head
    assert json.loads(body)["code"] == "length_required"
    assert page.startswith(b"HTTP/1.1 411 ")
    assert b"content-type: text/plain" in page
    assert server.application.calls == []


@pytest.mark.parametrize(("method", "headers"), [("POST", [FORM]), ("PATCH", [PIECE, "Upload-Offset: 0"])])
def test_short_chunked_upload_arrives_with_its_length(tmp_path: Path, method: str, headers: list[str]) -> None:
    with running(tmp_path, body_bytes=1000) as server:
        server.ask(chunked(method, "/api/v1/media", *headers, body=b"a" * 1000))

        (told,) = server.application.calls
        assert (told.environ["CONTENT_LENGTH"], told.body) == ("1000", b"a" * 1000)


def test_body_that_is_too_long_is_refused_by_the_application_unread(tmp_path: Path) -> None:
    with running(tmp_path, body_bytes=1000, linger_s=0.05) as server:
        answer = server.ask(request("POST", "/form", length=5_000_000, body=b"a" * 100))

        (told,) = server.application.calls
        assert (told.environ["CONTENT_LENGTH"], told.body) == ("5000000", b"")
        assert b"\r\nconnection: close\r\n" in answer


def test_sender_of_a_refused_body_sees_the_answer(tmp_path: Path) -> None:
    with running(tmp_path, body_bytes=1000, linger_s=5) as server:
        line = server.line(request("POST", "/form", length=3_000_000))
        line.send(b"a" * 3_000_000)

        assert line.answer().startswith(b"HTTP/1.1 200 ")


def test_form_with_a_file_streams_through_a_thread(tmp_path: Path) -> None:
    body = bytes(range(256)) * 10_000
    with running(tmp_path, body_bytes=1000) as server:
        line = server.line(request("POST", "/upload", FORM, length=len(body), body=body[:1000]))
        until(lambda: server.front._forms.taken == 1)
        line.send(body[1000:]).answer()

        assert server.application.bodies == [body]


def test_one_client_cannot_take_every_form_thread(tmp_path: Path) -> None:
    waiting = request("POST", "/upload", FORM, length=5000, body=b"a")
    with running(tmp_path, body_bytes=1000, forms_per_client=2, silence_s=30) as server:
        for _ in range(2):
            server.line(waiting)
        until(lambda: server.front._forms.taken == 2)

        assert server.ask(waiting).startswith(b"HTTP/1.1 503 ")


def test_form_whose_line_drops_is_an_error_for_the_application(tmp_path: Path) -> None:
    with running(tmp_path, body_bytes=1000) as server:
        server.line(request("POST", "/upload", FORM, length=5000, body=b"a" * 2000)).close()

        until(lambda: len(server.application.calls) == 1)
        assert isinstance(server.application.calls[0].error, OSError)


def test_form_that_stops_is_an_error_for_the_application(tmp_path: Path) -> None:
    with running(tmp_path, body_bytes=1000) as server:
        server.ask(request("POST", "/upload", FORM, length=5000, body=b"a" * 2000))

        assert isinstance(server.application.calls[0].error, OSError)


def test_client_waiting_for_100_continue_gets_its_refusal_first(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        line = server.line(request("POST", "/form", "Expect: 100-continue", length=3))

        assert line.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert line.send(b"abc").answer().startswith(b"HTTP/1.1 200 ")


def test_environment_keeps_bytes_and_drops_names_with_underscores(tmp_path: Path) -> None:
    lines = ["X_Forwarded_For: 6.6.6.6", "X-Twice: a", "X-Twice: b", "Cookie: a=1", "Cookie: b=2"]
    with running(tmp_path) as server:
        server.ask(request("GET", "/caf%C3%A9/%FF?q=%20x", *lines))

        environ = server.application.calls[0].environ
    assert environ["PATH_INFO"] == "/caf\xc3\xa9/\xff"
    assert environ["QUERY_STRING"] == "q=%20x"
    assert "HTTP_X_FORWARDED_FOR" not in environ
    assert (environ["HTTP_X_TWICE"], environ["HTTP_COOKIE"]) == ("a,b", "a=1; b=2")


def test_what_is_no_http_is_refused(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        assert server.line(b"\x16\x03\x01\x02\x00\x01\r\n\r\n").answer().startswith(b"HTTP/1.1 400 ")
        both = "Transfer-Encoding: chunked"
        assert server.ask(request("POST", "/", both, body=b"0\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
        assert server.application.calls == []


class Reel:
    """A file of which is known how much was read, and whether it was closed."""

    def __init__(self, size: int) -> None:
        self.left, self.is_closed = size, False

    def read(self, size: int) -> bytes:
        count = min(size, self.left)
        self.left -= count
        return b"v" * count

    def close(self) -> None:
        self.is_closed = True


def serving(reel: Reel, size: int) -> Recorder:
    application = Recorder()

    def film(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", str(size))])
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](reel, 1000)
        return wrapped

    application.answers["/film"] = film
    return application


def test_file_is_sent_without_a_thread(tmp_path: Path) -> None:
    size = 30_000_000
    reel = Reel(size)
    with running(tmp_path, serving(reel, size), page_threads=1, grace_s=30) as server:
        slow = server.line(request("GET", "/film"))
        assert slow.head().startswith(b"HTTP/1.1 200 OK")

        assert server.ask(request("GET", "/page")).endswith(b"fine")
        assert reel.left > 0
        rest = slow.answer()

    assert len(rest) > size - 70_000
    assert reel.is_closed


def test_file_whose_reader_leaves_is_closed(tmp_path: Path) -> None:
    reel = Reel(10**9)
    with running(tmp_path, serving(reel, 10**9)) as server:
        line = server.line(request("GET", "/film"))
        line.head()
        line.close()

        until(lambda: reel.is_closed)
    assert reel.left > 0


def test_reader_that_takes_nothing_is_cut_off(tmp_path: Path) -> None:
    reel = Reel(10**9)
    with running(tmp_path, serving(reel, 10**9), lowest_rate=100_000_000) as server:
        line = server.line(request("GET", "/film"))
        line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

        until(lambda: reel.is_closed)
    assert reel.left > 0
