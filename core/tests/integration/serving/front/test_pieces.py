"""A long PATCH of a resumable upload reaches the application in pieces."""

import base64
import errno
import hashlib
import threading
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pytest

from core.serving.front import pieces, threads
from core.serving.front.pieces import CONTINUES, Held, NoRoom, Piece
from core.tests.integration.serving.front.running import Environ, Recorder, StartResponse, request, running
from core.tests.integration.serving.front.waiting import until

TUS = "Content-Type: application/offset+octet-stream"
BLOCK = 256 * 1024  # what the loop reads at once
BODY = bytes(range(256)) * 2000  # 512,000 bytes: five pieces of 100,000 and some blocks


class Store(Recorder):
    """Keeps an upload as the application does: bytes count only at its present offset."""

    def __init__(self, most: int = 10**9) -> None:
        super().__init__()
        self.data, self.most = b"", most
        self.answers["/upload"] = self.take

    def take(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        told = self.keep(environ)
        offset = int(environ["HTTP_UPLOAD_OFFSET"])
        if offset != len(self.data) or offset + len(told.body) > self.most:
            start_response("409 Conflict", [("Content-Length", "0")])
            return []
        self.data += told.body
        start_response("204 No Content", [("Upload-Offset", str(len(self.data)))])
        return []


def full_file(buffering: int, **_options: object) -> BinaryIO:
    """A file on a disk that has no room left."""
    return Path("/dev/full").open("w+b", buffering)


def patch(offset: int, body: bytes, *headers: str, length: int | None = None) -> bytes:
    return request("PATCH", "/upload", TUS, f"Upload-Offset: {offset}", *headers, body=body, length=length)


def test_long_body_arrives_in_pieces_and_gets_one_answer(tmp_path: Path) -> None:
    store = Store()
    with running(tmp_path, store) as server:
        answer = server.ask(patch(0, BODY))

    assert store.data == BODY
    assert answer.count(b"HTTP/1.1") == 1
    assert b"\r\nupload-offset: 512000\r\n" in answer
    sizes = [len(body) for body in store.bodies]
    assert sizes[0] == 0, "it asks first whether the bytes are wanted"
    assert all(100_000 <= size < 400_000 for size in sizes[1:-1])
    assert [CONTINUES in told.environ for told in store.calls] == [False, *[True] * (len(sizes) - 1)]


def test_what_arrived_before_the_line_dropped_is_kept(tmp_path: Path) -> None:
    store = Store()
    with running(tmp_path, store, silence_s=30) as server:
        line = server.line(patch(0, BODY[:170_000], length=len(BODY)))
        until(lambda: len(store.data) >= 100_000)
        line.close()

        until(lambda: len(store.data) == 170_000)
    assert store.data == BODY[:170_000]


def test_what_arrived_on_a_line_that_stalls_is_kept(tmp_path: Path) -> None:
    store = Store()
    with running(tmp_path, store) as server:
        answer = server.ask(patch(0, BODY[:5000], length=len(BODY)))

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert store.data == BODY[:5000]


def test_old_piece_is_handed_on_before_it_is_full(tmp_path: Path) -> None:
    store = Store()
    with running(tmp_path, store, piece_s=0.0, silence_s=30) as server:
        server.line(patch(0, BODY[:2000], length=len(BODY)))

        until(lambda: store.data == BODY[:2000])


def test_refused_upload_is_never_received(tmp_path: Path) -> None:
    store = Store()
    with running(tmp_path, store) as server:
        line = server.line(patch(7, b"", "Expect: 100-continue", length=len(BODY)))

        assert line.answer().startswith(b"HTTP/1.1 409 ")
    assert store.bodies == [b""]


def test_refusal_in_the_middle_is_the_answer(tmp_path: Path) -> None:
    store = Store(most=300_000)
    with running(tmp_path, store, linger_s=5) as server:
        answer = server.ask(patch(0, BODY))

    assert answer.startswith(b"HTTP/1.1 409 ")
    assert 0 < len(store.data) <= 300_000
    assert store.data == BODY[: len(store.data)]


def test_upload_under_a_checksum_stays_whole(tmp_path: Path) -> None:
    store = Store()
    digest = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
    with running(tmp_path, store, body_bytes=1000) as server:
        server.ask(patch(0, BODY, f"Upload-Checksum: sha256 {digest}"))

    assert store.bodies == [BODY]


def test_bad_offset_is_left_to_the_application(tmp_path: Path) -> None:
    application = Recorder()
    with running(tmp_path, application) as server:
        server.ask(request("PATCH", "/upload", TUS, "Upload-Offset: -1", body=b"abc"))

    assert application.bodies == [b"abc"]


def test_uploads_and_pages_do_not_wait_for_each_other(tmp_path: Path) -> None:
    application = Recorder()
    release = application.hold("/long", b"long")
    with running(tmp_path, application, page_threads=1, upload_threads=1) as server:
        page = server.line(request("GET", "/long"))
        until(lambda: server.front._pages.taken == 1)
        assert server.ask(request("POST", "/uploads", "Tus-Resumable: 1.0.0")).endswith(b"fine")
        release.set()
        assert page.answer().endswith(b"long")

        release.clear()
        upload = server.line(request("HEAD", "/long", "Tus-Resumable: 1.0.0"))
        until(lambda: server.front._uploads.taken == 1)
        assert server.ask(request("GET", "/page")).endswith(b"fine")
        release.set()
        assert upload.answer().startswith(b"HTTP/1.1 200 ")


def test_slow_uploads_hold_no_thread(tmp_path: Path) -> None:
    store = Store()
    with running(tmp_path, store, upload_threads=1, silence_s=30) as server:
        for _ in range(30):
            server.line(patch(0, b"", length=len(BODY)))
        until(lambda: len(store.calls) == 30)

        assert server.ask(patch(0, BODY)).startswith(b"HTTP/1.1 204 ")
    assert store.data == BODY


def test_uploads_let_pages_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "PATIENCE_S", 30.0)
    application = Recorder()
    release = application.hold("/page", b"fine")
    with running(tmp_path, application, page_threads=2) as server:
        page = server.line(request("GET", "/page"))
        until(lambda: server.front._pages.taken == 1)
        upload = server.line(request("POST", "/uploads", "Tus-Resumable: 1.0.0"))
        until(lambda: server.front._uploads.taken == 1)
        assert server.ask(request("GET", "/other")).endswith(b"fine")
        release.set()
        assert page.answer().endswith(b"fine")
        assert upload.answer().endswith(b"fine")

    assert [told.environ["PATH_INFO"] for told in application.calls] == ["/other", "/page", "/uploads"]


def test_pieces_of_many_uploads_share_a_bounded_memory(tmp_path: Path) -> None:
    uploads, may_write = {f"/{n}": Store() for n in range(12)}, threading.Event()
    application = Recorder()

    def take(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["CONTENT_LENGTH"] != "0":
            may_write.wait(20)
        return uploads[environ["PATH_INFO"]].take(environ, start_response)

    application.answers = dict.fromkeys(uploads, take)
    bounds = {"piece_bytes": 400_000, "pieces_bytes": 500_000, "small_piece_bytes": 10_000, "silence_s": 30}
    with running(tmp_path, application, **bounds) as server:
        lines = [server.line() for _ in uploads]
        senders = [
            threading.Thread(target=line.send, args=[patch(0, BODY).replace(b"/upload", path.encode(), 1)])
            for line, path in zip(lines, uploads, strict=True)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        until(lambda: server.front._uploads.taken == 12)
        assert server.front.held.now < 500_000 + 12 * BLOCK, "6 MB wait, and at most one block of each beyond the bound"
        assert list(tmp_path.iterdir()) == [], "the files have no names"
        may_write.set()
        assert [line.answer()[:12] for line in lines] == [b"HTTP/1.1 204"] * 12
        until(lambda: server.front.held.now == 0)

    assert [store.data for store in uploads.values()] == [BODY] * 12


def test_full_disk_ends_an_upload_that_memory_cannot_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store()
    with running(tmp_path, store, pieces_bytes=0, small_piece_bytes=0) as server:
        server.ask(patch(0, BODY[:1000]))
        monkeypatch.setattr(pieces, "TemporaryFile", partial(full_file, 0))
        answer = server.ask(patch(1000, BODY[1000:]))

        assert answer.startswith(b"HTTP/1.1 507 ")
        until(lambda: server.front.held.now == 0)
    assert store.data == BODY[:1000]


def test_piece_on_a_full_disk_can_be_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "TemporaryFile", partial(full_file, -1))
    held = Held(most=0)
    piece = Piece(held, 0, tmp_path)
    piece.add(b"a few bytes")

    with pytest.raises(NoRoom):
        piece.rewound()
    piece.close()
    piece.close()
    assert held.now == 0


def test_upload_without_a_free_descriptor_gets_503(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(**_options: object) -> BinaryIO:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(pieces, "TemporaryFile", none_left)
    with running(tmp_path, Store(), pieces_bytes=0, small_piece_bytes=0) as server:
        answer = server.ask(patch(0, BODY))

    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nretry-after: 5\r\n" in answer
