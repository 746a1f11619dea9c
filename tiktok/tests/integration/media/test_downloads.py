"""Download addresses: what TikTok gets from them, for how long, and what nobody finds in a log."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
import requests
from django.core.wsgi import get_wsgi_application
from django.test import Client

from core.serving.front.threads import WsgiApplication
from core.tests.integration.serving.front.running import Line, Running, running
from core.tests.integration.serving.front.waiting import until
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.media.served import served_file
from tiktok.models import CapabilityURL, Media, Post, Submission, TikTokAccount
from tiktok.models.capability import revoke, revoke_unserved
from tiktok.tests.factories import make_account, make_media, make_photo, make_post, make_submission
from tiktok.tests.fixtures_downloads import PATIENT
from tiktok.tests.fixtures_posts import Clock

CONTENT = bytes(range(250)) * 4
Issue = Callable[..., str]


@pytest.fixture
def account(instance: Instance) -> TikTokAccount:
    with instance_scope(instance):
        return make_account(instance)


@pytest.fixture
def clip_media(instance: Instance) -> Media:
    with instance_scope(instance):
        return make_media(instance, content=CONTENT)


@pytest.fixture
def post(account: TikTokAccount) -> Post:
    with instance_scope(account.instance):
        return make_post(account)


@pytest.fixture
def submission(post: Post) -> Submission:
    with instance_scope(post.instance):
        return make_submission(post, source="PULL_FROM_URL", publish_id="")


@pytest.fixture
def issue(submission: Submission) -> Issue:
    """The path of a new address for a file."""

    def issue_one(media: Media) -> str:
        (url,) = CapabilityURL.issue(submission, [served_file(media)], prefix="/m/")
        return url.reveal()

    return issue_one


def body_of(response: object) -> bytes:
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def is_served() -> bool:
    return CapabilityURL.objects.get().first_served_at is not None


def test_download_is_whole_and_counts_as_served(client: Client, issue: Issue, clip_media: Media) -> None:
    response = client.get(issue(clip_media))
    assert (response.status_code, body_of(response)) == (200, CONTENT)
    assert response["Content-Length"] == str(len(CONTENT))
    assert (response["Content-Type"], response["Cache-Control"]) == ("video/mp4", "no-store")
    assert is_served()


def test_photo_is_its_tiktok_copy(client: Client, issue: Issue, instance: Instance) -> None:
    with instance_scope(instance):
        photo = make_photo(instance, content=b"with EXIF")
        stat = photo.copy_file.stat()
        photo.copy_mtime_ns, photo.copy_inode = stat.st_mtime_ns, stat.st_ino
        photo.save()
    response = client.get(issue(photo))
    assert (response["Content-Type"], body_of(response)) == ("image/jpeg", bytes(500))


@pytest.mark.parametrize(
    ("asked", "status", "part", "named"),
    [
        ("bytes=0-0", 206, CONTENT[:1], "bytes 0-0/1000"),
        ("bytes=-100", 206, CONTENT[-100:], "bytes 900-999/1000"),
        ("bytes=250-", 206, CONTENT[250:], "bytes 250-999/1000"),
        ("bytes=10-19", 206, CONTENT[10:20], "bytes 10-19/1000"),
        ("bytes=1000-", 416, b"", "bytes */1000"),
    ],
)
def test_range_is_answered_as_asked(
    client: Client, issue: Issue, clip_media: Media, asked: str, status: int, part: bytes, named: str
) -> None:
    response = client.get(issue(clip_media), headers={"range": asked})
    assert (response.status_code, response["Content-Range"]) == (status, named)
    assert (body_of(response) if status == 206 else response.content) == part
    assert response["Cache-Control"] == "no-store"


def test_head_names_the_file_and_does_not_count_as_served(
    client: Client, issue: Issue, clip_media: Media, submission: Submission
) -> None:
    path = issue(clip_media)
    response = client.head(path)
    assert (response.status_code, response["Content-Length"]) == (200, "1000")
    assert not is_served()
    assert revoke_unserved(submission)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_other_methods_are_refused_and_serve_nothing(
    client: Client, issue: Issue, clip_media: Media, method: str
) -> None:
    assert getattr(client, method)(issue(clip_media)).status_code == 405
    assert not is_served()


def test_address_ends_65_minutes_after_the_init(client: Client, issue: Issue, clip_media: Media, clock: Clock) -> None:
    path = issue(clip_media)
    clock.advance(65 * 60 - 1)
    assert client.head(path).status_code == 200
    clock.advance(2)
    assert (client.head(path).status_code, client.get(path).status_code) == (404, 404)
    assert not is_served()


def test_revoked_address_is_not_found(
    client: Client, issue: Issue, clip_media: Media, submission: Submission, instance: Instance
) -> None:
    path = issue(clip_media)
    assert client.get(path).status_code == 200
    with instance_scope(instance):
        revoke(Submission.objects.all())
    assert (client.head(path).status_code, client.get(path).status_code) == (404, 404)


def test_served_address_is_not_revoked_as_unserved(
    client: Client, issue: Issue, clip_media: Media, submission: Submission
) -> None:
    path = issue(clip_media)
    client.get(path)
    assert not revoke_unserved(submission)
    assert client.get(path).status_code == 200


def test_address_revoked_since_it_was_looked_up_is_not_served(
    issue: Issue, clip_media: Media, submission: Submission
) -> None:
    address = CapabilityURL.valid(issue(clip_media).removeprefix("/m/"))
    assert address is not None
    assert revoke_unserved(submission)
    assert not address.start_serving()
    assert not is_served()


def test_unknown_address_is_not_found(client: Client, db: None) -> None:
    assert client.get(f"/m/{'x' * 43}").status_code == 404


@pytest.mark.parametrize("harm", ["touched", "gone"])
def test_file_that_was_touched_since_the_init_is_not_served(
    client: Client, issue: Issue, clip_media: Media, harm: str
) -> None:
    path = issue(clip_media)
    clip_media.file.unlink()
    if harm == "touched":
        clip_media.file.write_bytes(CONTENT[::-1])
    assert client.get(path).status_code == 404
    assert not is_served()


def test_later_parts_of_a_download_write_nothing(client: Client, issue: Issue, clip_media: Media) -> None:
    path = issue(clip_media)
    client.get(path, headers={"range": "bytes=0-9"})
    first = CapabilityURL.objects.get().first_served_at
    client.get(path, headers={"range": "bytes=10-19"})
    assert CapabilityURL.objects.get().first_served_at == first


def test_only_the_hash_of_a_token_is_stored(issue: Issue, clip_media: Media) -> None:
    token = issue(clip_media).removeprefix("/m/")
    row = CapabilityURL.objects.values().get()
    assert token not in str(row)
    assert len(token) == 43


# On the web server


def asking(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()


def read_slowly(line: Line) -> int:
    """How many bytes come, at about 40 MB a second, until the connection ends or breaks."""
    received, pause = 0, threading.Event()
    with suppress(ConnectionError):
        while block := line.socket.recv(65_536):
            received += len(block)
            pause.wait(65_536 / 40e6)
    return received


def big(instance: Instance, size: int) -> Media:
    """A file of mostly holes."""
    with instance_scope(instance):
        media = make_media(instance, content=b"")
        with media.file.open("r+b") as file:
            file.truncate(size)
        stat = media.file.stat()
        media.size_bytes, media.mtime_ns, media.inode = size, stat.st_mtime_ns, stat.st_ino
        media.save()
    return media


@pytest.mark.django_db(transaction=True)
def test_revoked_download_ends_within_its_next_blocks(
    web: Running, issue: Issue, instance: Instance, caplog: pytest.LogCaptureFixture
) -> None:
    size = 300_000_000
    line = web.line(asking(issue(big(instance, size))))
    line.head()
    with instance_scope(instance):
        revoke(Submission.objects.all())
    received = read_slowly(line)
    assert received < size
    until(lambda: "GET /m/" in caplog.text)
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.django_db(transaction=True)
def test_downloads_in_flight_take_no_thread_from_pages(
    issue_many: Callable[[int], list[str]], transactional_db: None, tmp_path: Path
) -> None:
    application: WsgiApplication = get_wsgi_application()
    with running(tmp_path, application, **(PATIENT | {"page_threads": 1})) as server:
        lines = [server.line(asking(path)) for path in issue_many(20)]
        assert all(line.head().startswith(b"HTTP/1.1 200") for line in lines)
        answer = server.ask(asking("/terms/"))
        assert answer.startswith(b"HTTP/1.1 200")


@pytest.fixture
def issue_many(submission: Submission, instance: Instance) -> Callable[[int], list[str]]:
    def issue_some(count: int) -> list[str]:
        file = served_file(big(instance, 50_000_000))
        return [url.reveal() for url in CapabilityURL.issue(submission, [replace(file)] * count, prefix="/m/")]

    return issue_some


@pytest.mark.django_db(transaction=True)
def test_no_log_line_has_a_token(
    web: Running, issue: Issue, clip_media: Media, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = issue(clip_media)
    token = path.removeprefix("/m/")
    (console,) = [each for each in logging.getLogger("clipdesk.access").handlers if each.name == "console"]
    written = StringIO()
    monkeypatch.setattr(console, "stream", written)
    base = f"http://127.0.0.1:{web.port}"
    assert requests.get(base + path, timeout=10).content == CONTENT
    clip_media.file.unlink()
    assert requests.get(base + path, timeout=10).status_code == 404
    assert requests.post(base + path, timeout=10).status_code == 403
    until(lambda: '"POST /m/***" 403' in written.getvalue())
    logged = written.getvalue()
    assert (logged.count("/m/***") >= 3, token in logged) == (True, False)
