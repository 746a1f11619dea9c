"""One chunk on its way, against a host on loopback: what is sent, what comes back, what breaks."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tiktok.api.body import BLOCK_SIZE, FileChunkBody, FileTooShort
from tiktok.api.chunking import Chunk
from tiktok.api.client import TikTokClient
from tiktok.api.content_posting import break_off_uploads, upload_chunk
from tiktok.api.errors import AnswerLost, ConnectionFailed, ErrorKind, OperatorFault
from tiktok.api.login_kit import revoke_token
from tiktok.api.secret import Secret
from tiktok.api.types import ChunkAnswer
from tiktok.tests.unit.api.conftest import MakeClient
from tiktok.tests.unit.api.peer import Conversation, Peer, answers, http

SIZE = 3_000_000
CHUNK = Chunk(1, 1_000_000, 1_999_999)
PATH = "/video/?upload_id=1&upload_token=canary-4711"


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "video.mp4"
    path.write_bytes(os.urandom(SIZE))
    return path


def send(
    client: TikTokClient,
    video: Path,
    *,
    url: str = "",
    before_block: Callable[[int], None] | None = None,
    read_timeout_s: float | None = None,
) -> ChunkAnswer:
    with FileChunkBody(video, first=CHUNK.first, length=CHUNK.length, before_block=before_block) as body:
        return upload_chunk(
            client,
            upload_url=Secret(url or client.base_url + PATH),
            body=body,
            chunk=CHUNK,
            total_size=SIZE,
            content_type="video/mp4",
            read_timeout_s=read_timeout_s,
        )


def test_chunk_goes_out_with_its_length_and_range_and_no_token(make_client: MakeClient, video: Path) -> None:
    received: list[bytes] = []

    def store(talk: Conversation) -> None:
        received.append(talk.body())
        talk.say(http(206, content_range=f"bytes 0-1999999/{SIZE}"))

    with Peer(store) as peer:
        answer = send(make_client(peer.url), video)

    assert answer == ChunkAnswer(206, 2_000_000)
    assert received == [video.read_bytes()[1_000_000:2_000_000]]
    head = peer.heads[0].decode().split("\r\n")
    assert head[0] == f"PUT {PATH} HTTP/1.1"
    assert sorted(head[1:-2]) == [
        "Accept-Encoding: identity",
        "Accept: */*",
        "Content-Length: 1000000",
        "Content-Range: bytes 1000000-1999999/3000000",
        "Content-Type: video/mp4",
        f"Host: 127.0.0.1:{peer.port}",
        "User-Agent: Clipdesk",
    ]


def test_file_is_read_in_256_kb_blocks_as_the_bytes_leave(make_client: MakeClient, video: Path) -> None:
    offsets: list[int] = []
    with Peer(*answers(http(206))) as peer:
        send(make_client(peer.url), video, before_block=offsets.append)

    assert offsets == list(range(1_000_000, 2_000_000, BLOCK_SIZE))


def test_chunks_share_a_connection(make_client: MakeClient, video: Path) -> None:
    with Peer(*answers(http(206, b'{"any": "body"}'), http(206), http(201))) as peer:
        client = make_client(peer.url)
        assert [send(client, video).status_code for _ in range(3)] == [206, 206, 201]

    assert peer.connections == 1


@pytest.mark.parametrize("status", [201, 206, 301, 307, 400, 403, 404, 416, 429, 500, 502, 503])
def test_every_status_is_returned_and_no_redirect_followed(make_client: MakeClient, video: Path, status: int) -> None:
    with (
        Peer(*answers(http(201))) as other,
        Peer(*answers(http(status, b"<html>", location=f"{other.url}/"))) as peer,
    ):
        assert send(make_client(peer.url), video) == ChunkAnswer(status, None)
        assert other.connections == 0


@pytest.mark.parametrize(
    ("content_range", "uploaded"),
    [
        ("bytes 0-2000000/3000000", 2_000_000),  # a count
        ("bytes 0-1999999/3000000", 2_000_000),  # the last index of this chunk
        ("bytes 0-999999/3000000", 1_000_000),  # the last index of the one before
        ("bytes 0-1000000/3000000", 1_000_000),
        ("bytes 0-1234567/3000000", 1_234_567),
        ("bytes 0-3000001/3000000", None),
        ("bytes 0-2000000/9999999", None),
        ("bytes 0-2000000/*", None),
        ("bytes */3000000", None),
        ("2000000", None),
        ("bytes 0-99999999999999999999/3000000", None),
        ("", None),
    ],
)
def test_progress_is_read_as_a_count(
    make_client: MakeClient, video: Path, content_range: str, uploaded: int | None
) -> None:
    with Peer(*answers(http(416, content_range=content_range))) as peer:
        assert send(make_client(peer.url), video) == ChunkAnswer(416, uploaded)


class LeaseLost(Exception):
    pass


@pytest.mark.parametrize(
    "error", [LeaseLost(), BrokenPipeError(), ConnectionResetError(), TimeoutError(), OSError(5, "x")]
)
@pytest.mark.parametrize("block", [0, 2])
def test_what_the_callback_raises_comes_out_and_hangs_up(
    make_client: MakeClient, video: Path, error: Exception, block: int
) -> None:
    received: list[int] = []

    def count(talk: Conversation) -> None:
        received.append(len(talk.body()))

    def fail(offset: int) -> None:
        if offset == CHUNK.first + block * BLOCK_SIZE:
            raise error

    with Peer(count) as peer, pytest.raises(type(error)) as raised:
        send(make_client(peer.url), video, before_block=fail)

    assert raised.value is error
    assert raised.value.__context__ is None
    assert received == [block * BLOCK_SIZE]


def test_file_that_was_cut_comes_out_as_that(make_client: MakeClient, video: Path) -> None:
    os.truncate(video, CHUNK.first + BLOCK_SIZE)
    with Peer(lambda talk: talk.hang_up()) as peer, pytest.raises(FileTooShort):
        send(make_client(peer.url), video)


def test_refused_connection_sent_nothing(make_client: MakeClient, video: Path) -> None:
    with Peer() as peer:
        url = peer.url
    offsets: list[int] = []
    with pytest.raises(ConnectionFailed):
        send(make_client(url), video, before_block=offsets.append)
    assert offsets == []


def reset_midway(talk: Conversation) -> None:
    talk.body(300_000)
    talk.reset()


def close_after_all(talk: Conversation) -> None:
    talk.body()
    talk.hang_up()


def say_nothing(talk: Conversation) -> None:
    talk.body()
    talk.line.recv(1)  # until the client hangs up


def say_half(talk: Conversation) -> None:
    talk.body()
    talk.say(b"HTTP/1.1 20")
    talk.hang_up()


@pytest.mark.parametrize("script", [reset_midway, close_after_all, say_nothing, say_half])
def test_broken_line_is_a_lost_answer_that_may_not_just_be_repeated(
    make_client: MakeClient, video: Path, script: Callable[[Conversation], None]
) -> None:
    with Peer(script) as peer:
        client = make_client(peer.url)
        with pytest.raises(AnswerLost) as raised:
            send(client, video, read_timeout_s=0.3)
        client.close()

    assert (raised.value.kind, raised.value.may_repeat) == (ErrorKind.UNCLEAR, False)
    assert raised.value.__context__ is None


def test_early_refusal_is_read_even_though_sending_breaks(make_client: MakeClient, video: Path) -> None:
    said = threading.Event()

    def refuse_early(talk: Conversation) -> None:
        talk.say(http(403, connection="close"))
        said.set()
        talk.body()

    with Peer(refuse_early) as peer:
        answer = send(make_client(peer.url), video, before_block=lambda offset: wait(said, offset))

    assert answer.status_code == 403


def wait(event: threading.Event, offset: int) -> None:
    if offset > CHUNK.first:
        assert event.wait(5)


def test_slow_connection_gets_the_read_time_out(video: Path) -> None:
    """urllib3 sends under the connect time-out, which is for a whole block."""
    go_on = threading.Event()

    def read_late(talk: Conversation) -> None:
        assert go_on.wait(5)
        talk.body()
        talk.say(http(206))

    with Peer(read_late) as peer:
        client = TikTokClient(peer.url, connect_timeout_s=0.1, read_timeout_s=5)
        timer = threading.Timer(0.4, go_on.set)
        timer.start()
        big = Chunk(0, 0, 20_000_000 - 1)
        os.truncate(video, big.length)
        with FileChunkBody(video, first=0, length=big.length) as body:
            answer = upload_chunk(
                client,
                upload_url=Secret(client.base_url + PATH),
                body=body,
                chunk=big,
                total_size=big.length,
                content_type="video/mp4",
            )
        client.close()
        timer.join()

    assert answer.status_code == 206


def test_good_answer_whose_body_does_not_end_still_counts(make_client: MakeClient, video: Path) -> None:
    def cut(talk: Conversation) -> None:
        talk.body()
        talk.say(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\nhalf")
        talk.hang_up()

    with Peer(cut) as peer:
        assert send(make_client(peer.url), video).status_code == 201


def test_no_byte_goes_to_a_foreign_host(client: TikTokClient, video: Path) -> None:
    offsets: list[int] = []
    with pytest.raises(OperatorFault, match="upload-address-refused"):
        send(client, video, url="https://evil.example/?upload_token=canary", before_block=offsets.append)
    assert offsets == []


def test_body_of_another_length_is_a_bug(client: TikTokClient, video: Path) -> None:
    with FileChunkBody(video, first=0, length=5) as body, pytest.raises(ValueError):
        upload_chunk(
            client,
            upload_url=Secret("https://open-upload.tiktokapis.com/x"),
            body=body,
            chunk=CHUNK,
            total_size=SIZE,
            content_type="video/mp4",
        )


def test_uploads_are_broken_off_from_another_thread(make_client: MakeClient, video: Path) -> None:
    never = threading.Event()

    def swallow(talk: Conversation) -> None:
        talk.body()
        break_off_uploads()
        assert never.wait(30)

    with Peer(swallow) as peer:
        with pytest.raises(AnswerLost):
            send(make_client(peer.url), video, read_timeout_s=60)
        never.set()


def test_calls_other_than_uploads_are_not_broken_off(make_client: MakeClient, video: Path) -> None:
    def think(talk: Conversation) -> None:
        talk.body()
        break_off_uploads()
        talk.say(http(200, b"{}"))

    with Peer(*answers(http(206)), think) as peer:
        client = make_client(peer.url)
        send(client, video)  # on the same connection
        revoke_token(client, client_key="key", client_secret=Secret("secret"), access_token=Secret("act.1"))

    assert (peer.connections, len(peer.heads)) == (1, 2)
