"""The line itself, against a host on loopback that misbehaves on purpose."""

import socket
import threading
import time

import pytest

from tiktok.api import client as client_module
from tiktok.api.client import TikTokClient
from tiktok.api.content_posting import fetch_status
from tiktok.api.errors import (
    AccessTokenInvalid,
    AnswerLost,
    ConnectionFailed,
    ErrorKind,
    TikTokError,
    UnreadableAnswer,
)
from tiktok.api.secret import Secret
from tiktok.api.types import PublishStatus
from tiktok.tests.unit.api.conftest import MakeClient
from tiktok.tests.unit.api.peer import Conversation, Peer, answers, envelope, http

STATUS = envelope({"status": "PROCESSING_UPLOAD", "uploaded_bytes": 5})
TOKEN = Secret("act.token")


def ask(client: TikTokClient) -> PublishStatus:
    return fetch_status(client, access_token=TOKEN, publish_id="p")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def test_calls_of_one_thread_share_a_connection(make_client: MakeClient) -> None:
    with Peer(*answers(STATUS, envelope(code="invalid_publish_id", status=400), STATUS)) as peer:
        client = make_client(peer.url)
        ask(client)
        with pytest.raises(TikTokError):
            ask(client)
        ask(client)

    assert (peer.connections, len(peer.heads)) == (1, 3)


def test_each_thread_has_its_own_connection(make_client: MakeClient) -> None:
    with Peer(*answers(STATUS, STATUS)) as peer:
        client = make_client(peer.url)
        ask(client)
        client.close()  # the peer serves one connection after the other

        def in_thread() -> None:
            ask(client)
            client.close()

        thread = threading.Thread(target=in_thread)
        thread.start()
        thread.join()

    assert peer.connections == 2


def test_request_says_what_tiktok_wants_and_nothing_from_the_environment(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("default login someone password canary\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    cookie = http(200, b'{"data": {"status": "FAILED"}, "error": {"code": "ok"}}', set_cookie="a=b")

    with Peer(*answers(cookie, STATUS)) as peer:
        client = make_client(peer.url)
        ask(client)
        ask(client)

    head = peer.heads[1].decode().split("\r\n")
    assert head[0] == "POST /v2/post/publish/status/fetch/ HTTP/1.1"
    assert sorted(head[1:-2]) == [
        "Accept-Encoding: identity",
        "Accept: */*",
        "Authorization: Bearer act.token",
        "Content-Length: 19",
        "Content-Type: application/json; charset=UTF-8",
        f"Host: 127.0.0.1:{peer.port}",
        "User-Agent: Clipdesk",
    ]


def test_refused_connection_sent_nothing(make_client: MakeClient) -> None:
    with pytest.raises(ConnectionFailed) as raised:
        ask(make_client(f"http://127.0.0.1:{free_port()}"))
    assert (raised.value.kind, raised.value.may_repeat) == (ErrorKind.NET, True)


def test_tls_handshake_that_times_out_sent_nothing(make_client: MakeClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ConnectionFailed):
        ask(make_client(f"https://127.0.0.1:{silent.getsockname()[1]}", connect_timeout_s=0.1))


def test_tls_handshake_that_is_refused_sent_nothing(make_client: MakeClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            line, _ = listener.accept()
            with line:
                line.recv(1 << 16)
                line.sendall(http(400))

        thread = threading.Thread(target=refuse)
        thread.start()
        with pytest.raises(ConnectionFailed):
            ask(make_client(f"https://127.0.0.1:{listener.getsockname()[1]}"))
        thread.join()


def reset(talk: Conversation) -> None:
    talk.body()
    talk.reset()


def close(talk: Conversation) -> None:
    talk.body()
    talk.hang_up()


def stall(talk: Conversation) -> None:
    talk.line.recv(1 << 16)
    talk.line.recv(1)  # until the client hangs up


def cut(talk: Conversation) -> None:
    talk.body()
    talk.say(STATUS[:-10])
    talk.hang_up()


def cut_word(talk: Conversation) -> None:
    talk.body()
    talk.say(b"HTTP/1.1 20")
    talk.hang_up()


def gibberish(talk: Conversation) -> None:
    talk.body()
    talk.say(b"\x00\x01 nonsense\r\n\r\n")
    talk.hang_up()


@pytest.mark.parametrize("script", [reset, close, stall, cut, cut_word, gibberish])
def test_answer_that_does_not_come_whole_is_lost(make_client: MakeClient, script: object) -> None:
    assert callable(script)
    with Peer(script) as peer:
        client = make_client(peer.url, read_timeout_s=0.2)
        with pytest.raises(AnswerLost) as raised:
            ask(client)
        client.close()

    assert (raised.value.kind, raised.value.may_repeat) == (ErrorKind.UNCLEAR, True)
    assert raised.value.__context__ is None


def test_kept_connection_that_breaks_in_use_is_a_lost_answer_too(make_client: MakeClient) -> None:
    with Peer(*answers(STATUS), reset) as peer:
        client = make_client(peer.url)
        ask(client)
        with pytest.raises(AnswerLost):
            ask(client)


def test_closed_connection_is_replaced(make_client: MakeClient) -> None:
    def say_and_close(talk: Conversation) -> None:
        talk.body()
        talk.say(STATUS)
        talk.hang_up()

    with Peer(say_and_close, *answers(STATUS)) as peer:
        client = make_client(peer.url)
        ask(client)
        wait_until_readable(client)
        assert ask(client).uploaded_bytes == 5

    assert peer.connections == 2


def wait_until_readable(client: TikTokClient) -> None:
    """Until the peer's end of the kept connection has arrived."""
    manager = client.session.get_adapter("http://").poolmanager  # type: ignore[attr-defined]
    pool = manager.pools[next(iter(manager.pools.keys()))]
    line = pool.pool.queue[-1].sock
    assert line.recv(1, socket.MSG_PEEK) == b""


@pytest.mark.parametrize("is_chunked", [True, False])
def test_huge_answer_is_cut_off(make_client: MakeClient, is_chunked: bool) -> None:
    def flood(talk: Conversation) -> None:
        talk.body()
        length = b"Transfer-Encoding: chunked" if is_chunked else b"Content-Length: 100000000"
        talk.say(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n\r\n")
        block = b"10000\r\n" + b" " * 65536 + b"\r\n" if is_chunked else b" " * 65536
        while True:
            talk.say(block)

    with Peer(flood) as peer, pytest.raises(UnreadableAnswer, match="answer-too-large"):
        ask(make_client(peer.url))


def test_answer_in_drips_ends_at_the_cap_on_time(make_client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def drip(talk: Conversation) -> None:
        talk.body()
        talk.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            talk.say(b" ")

    monkeypatch.setattr(client_module.read_capped, "__kwdefaults__", {"max_bytes": 1 << 20, "max_s": 0.1})
    began = time.monotonic()
    with Peer(drip) as peer, pytest.raises(AnswerLost):
        ask(make_client(peer.url))
    assert time.monotonic() - began < 3


def test_redirect_is_not_followed(make_client: MakeClient) -> None:
    with Peer(*answers(STATUS)) as other, Peer(*answers(http(302, location=f"{other.url}/"))) as peer:
        with pytest.raises(UnreadableAnswer):
            ask(make_client(peer.url))
        assert other.connections == 0


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX: y", "ä"])
def test_token_that_no_header_can_carry_is_invalid(client: TikTokClient, token: str) -> None:
    with pytest.raises(AccessTokenInvalid) as raised:
        fetch_status(client, access_token=Secret(token), publish_id="p")
    assert str(raised.value) == "access_token_invalid (no answer)"


@pytest.mark.parametrize(
    "base_url",
    [
        "http://open.tiktokapis.com",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "",
        "open.tiktokapis.com",
        "https://u:p@x.example",
    ],
)
def test_plain_http_is_for_loopback_only(base_url: str) -> None:
    with pytest.raises(ValueError):
        TikTokClient(base_url)
    with pytest.raises(ValueError):
        TikTokClient(authorize_url=base_url)


TIKTOK = "https://open.tiktokapis.com"
LOCAL = "http://127.0.0.1:9000"


@pytest.mark.parametrize(
    ("base_url", "upload_url", "allowed"),
    [
        (TIKTOK, "https://open-upload.tiktokapis.com/video/?upload_id=1&upload_token=X", True),
        (TIKTOK, "https://upload.us.tiktokapis.com/x", True),
        (TIKTOK, "https://UPLOAD.tiktokapis.com:443/x", True),
        (TIKTOK, "https://open-upload.tiktokapis.com:8443/x", False),
        (TIKTOK, "http://open-upload.tiktokapis.com/x", False),
        (TIKTOK, "https://tiktokapis.com/x", False),
        (TIKTOK, "https://eviltiktokapis.com/x", False),
        (TIKTOK, "https://open-upload.tiktokapis.com.evil.example/x", False),
        (TIKTOK, "https://open-upload.tiktokapis.com@evil.example/x", False),
        (TIKTOK, "https://evil.example\\.tiktokapis.com/x", False),
        (TIKTOK, "https://evil.example#.tiktokapis.com/x", False),
        (TIKTOK, "https://evil.example/x?.tiktokapis.com", False),
        (TIKTOK, "https://open-upload.tiktokapis.com./x", False),
        (TIKTOK, f"{LOCAL}/x", False),
        (TIKTOK, "", False),
        (LOCAL, f"{LOCAL}/upload/?t=1", True),
        (LOCAL, "https://open-upload.tiktokapis.com/x", True),
        (LOCAL, "http://127.0.0.1:9001/x", False),
        (LOCAL, "http://127.0.0.2:9000/x", False),
        (LOCAL, "http://localhost:9000/x", False),
        (LOCAL, "https://127.0.0.1:9000/x", False),
        ("https://tiktok.example:8443", "https://tiktok.example:8443/x", True),
        ("https://tiktok.example:8443", "http://tiktok.example:8443/x", False),
        ("https://tiktok.example:8443", "https://tiktok.example/x", False),
        ("https://tiktok.example:8443", "https://up.tiktok.example:8443/x", False),
    ],
)
def test_bytes_go_to_tiktoks_hosts_or_the_very_host_of_another_base(
    base_url: str, upload_url: str, allowed: bool
) -> None:
    assert TikTokClient(base_url).may_upload_to(upload_url) == allowed
    assert TikTokClient(base_url).may_upload_to(Secret(upload_url)) == allowed
