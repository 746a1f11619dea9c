"""Secrets planted as tokens, keys and addresses are found in no exception and no log after any fault."""

import json
import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote_plus

import pytest
import responses

from tiktok.api import login_kit
from tiktok.api.answers import scrubber
from tiktok.api.body import FileChunkBody
from tiktok.api.chunking import Chunk
from tiktok.api.client import TikTokClient
from tiktok.api.content_posting import fetch_status, init_video, upload_chunk
from tiktok.api.display import get_user_info
from tiktok.api.errors import TikTokError
from tiktok.api.limits import Endpoint
from tiktok.api.secret import Secret
from tiktok.api.types import FileSource, VideoPostInfo
from tiktok.tests.unit.api.conftest import MakeClient
from tiktok.tests.unit.api.peer import Conversation, Peer, Script, answers, envelope, http

CANARY = "KANARI"
ACCESS = Secret(f"act.{CANARY}1!x*")
REFRESH = Secret(f"{CANARY}-2")
CLIENT_SECRET = Secret(f"{CANARY}3")
CODE = f"{CANARY}*4!a"
FOREIGN = f"https://x.example/?t={CANARY}5 act.{CANARY}6"  # not ours, but of a shape that must not be kept


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """All that was logged at the most talkative level, urllib3 included."""
    caplog.set_level(logging.DEBUG)
    return lambda: "\n".join(caplog.handler.format(record) for record in caplog.records)


def call_status(client: TikTokClient) -> object:
    return fetch_status(client, access_token=ACCESS, publish_id="p")


def call_user(client: TikTokClient) -> object:
    return get_user_info(client, access_token=ACCESS, scopes=["user.info.basic"])


def call_init(client: TikTokClient) -> object:
    info = VideoPostInfo("SELF_ONLY", "caption", True, True, True, False, False, False)
    return init_video(client, access_token=ACCESS, post_info=info, source=FileSource(1, 1, 1))


def call_fetch(client: TikTokClient) -> object:
    return login_kit.fetch_token(
        client,
        client_key="key",
        client_secret=CLIENT_SECRET,
        code=CODE,
        redirect_uri="https://x.example/",
        code_verifier=f"{CANARY}7",
    )


def call_refresh(client: TikTokClient) -> object:
    return login_kit.refresh_token(client, client_key="key", client_secret=CLIENT_SECRET, refresh_token=REFRESH)


def call_revoke(client: TikTokClient) -> object:
    login_kit.revoke_token(client, client_key="key", client_secret=CLIENT_SECRET, access_token=ACCESS)
    return None


def call_upload(client: TikTokClient) -> object:
    with FileChunkBody(Path(__file__), first=0, length=10) as body:
        return upload_chunk(
            client,
            upload_url=Secret(f"{client.base_url}/{CANARY}/?upload_token={CANARY}8"),
            body=body,
            chunk=Chunk(0, 0, 9),
            total_size=10,
            content_type="video/mp4",
        )


def reset(talk: Conversation) -> None:
    talk.body()
    talk.reset()


def stall(talk: Conversation) -> None:
    talk.body()
    talk.line.recv(1)


def odd_headers(talk: Conversation) -> None:
    talk.body()
    talk.say(b"HTTP/1.1 400 X\r\nno separator here\r\nContent-Length: 0\r\n\r\n")


def echo(shape: Callable[[str], bytes]) -> Script:
    """Say back all that came in, raw and decoded."""

    def script(talk: Conversation) -> None:
        sent = f"{talk.head.decode()} {talk.body().decode()}"
        bearer = talk.headers.get("authorization", "")
        talk.say(shape(f"{bearer} {sent} {unquote_plus(sent)} {FOREIGN}"))

    return script


def flat(said: str) -> bytes:
    return http(400, json.dumps({"error": "invalid_grant", "error_description": said, "log_id": said}).encode())


SCRIPTS: list[Script] = [
    reset,
    stall,
    odd_headers,
    *answers(http(302, location=f"http://127.0.0.1:1/{CANARY}"), envelope({}, code=ACCESS.reveal(), status=400)),
    echo(lambda said: http(500, said.encode())),
    echo(lambda said: http(200, f'"{said}'.encode())),
    echo(lambda said: envelope({"status": 5, "upload_url": said, "publish_id": said, "user": said})),
    echo(lambda said: envelope({}, code="invalid_params", message=said, status=400)),
    echo(lambda said: envelope({}, code=said.split()[0], message=said, status=400)),
    echo(lambda said: http(400, json.dumps({"error": said, "error_description": said}).encode())),
    echo(flat),
]
CALLS = [call_status, call_user, call_init, call_fetch, call_refresh, call_revoke, call_upload]


def shown(error: BaseException) -> str:
    """Return an exception as a log could show it, and the local variables of the libraries' frames."""
    seen = [str(error), repr(error), repr(vars(error)), "".join(traceback.format_exception(error))]
    chained: BaseException | None = error
    while chained:
        captured = traceback.TracebackException.from_exception(chained, capture_locals=True, lookup_lines=False)
        seen += [f"{frame.name}: {frame.locals}" for frame in captured.stack if "/urllib3/" in frame.filename]
        seen += [f"{frame.name}: {frame.locals}" for frame in captured.stack if "/requests/" in frame.filename]
        chained = chained.__cause__ or chained.__context__
    return "\n".join(seen)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("script", SCRIPTS)
def test_no_secret_gets_into_an_exception_or_a_log(
    make_client: MakeClient, logged: Callable[[], str], call: Callable[[TikTokClient], object], script: Script
) -> None:
    found = ""
    with Peer(script) as peer:
        client = make_client(peer.url, read_timeout_s=0.05)
        try:
            found = repr(call(client))
        except TikTokError as error:
            found = shown(error)
        client.close()

    assert CANARY not in found
    assert CANARY not in logged()
    assert len(peer.heads) == 1


@pytest.mark.parametrize("call", CALLS)
def test_no_secret_gets_out_when_there_is_no_line(
    make_client: MakeClient, logged: Callable[[], str], call: Callable[[TikTokClient], object]
) -> None:
    with Peer() as peer:
        url = peer.url
    with pytest.raises(TikTokError) as raised:
        call(make_client(url))
    assert CANARY not in shown(raised.value)
    assert CANARY not in logged()


def test_what_a_body_raises_brings_no_address_along(make_client: MakeClient) -> None:
    def fail(offset: int) -> None:
        raise RuntimeError("lease lost")

    chunk = FileChunkBody(Path(__file__), first=0, length=10, before_block=fail)
    with Peer(*answers(http(206))) as peer, chunk as body:
        client = make_client(peer.url)
        with pytest.raises(RuntimeError) as raised:
            upload_chunk(
                client,
                upload_url=Secret(f"{peer.url}/{CANARY}"),
                body=body,
                chunk=Chunk(0, 0, 9),
                total_size=10,
                content_type="video/mp4",
            )
    assert CANARY not in shown(raised.value)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"{CODE} of {CLIENT_SECRET.reveal()}\r\nis bad: https://x.example/y", "*** of *** is bad: (address)"),
        ("KANARI%2A4%21a", "***"),
        ("rft.abc*! and clt.x", "*** and ***"),
        ("x" * 5000, "x" * 300),
    ],
)
def test_tiktoks_text_is_kept_without_the_secrets(text: str, kept: str) -> None:
    assert scrubber([CLIENT_SECRET, Secret(CODE), Secret("")])(text) == kept


def test_secret_that_comes_back_as_code_or_log_id_is_not_kept(
    mocked: responses.RequestsMock, client: TikTokClient
) -> None:
    said = {"error": CLIENT_SECRET.reveal(), "log_id": REFRESH.reveal()}
    mocked.post(f"{client.base_url}{Endpoint.OAUTH_TOKEN}", json=said, status=400)
    with pytest.raises(TikTokError) as raised:
        call_refresh(client)
    assert (raised.value.code, raised.value.log_id) == ("unreadable-code", "")
