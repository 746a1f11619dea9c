"""Media that TikTok downloads: the product's web server on a port of its own, and posts for every way."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pytest
from django.core.wsgi import get_wsgi_application
from PIL import Image

from accounts.models import User
from core.jobs.clock import read_db_now
from core.tests.integration.serving.front.running import Running, running
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.media.storage import inode_of
from tiktok.models import Media, MediaSource, Post, PostMode, TikTokAccount, TikTokApp
from tiktok.posts import services
from tiktok.posts.consent import Consent
from tiktok.posts.creator import fetch_creator_info
from tiktok.posts.rules import PostOptions
from tiktok.tests.factories import make_photo
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.simulator_process import SimulatedPost, Simulator

DIRECT: Final = PostMode.DIRECT_POST.value
INBOX: Final = PostMode.MEDIA_UPLOAD.value
# As patient as in a deployment: a slow download must not be cut off by a test's impatience.
PATIENT: Final[dict[str, Any]] = {"header_s": 10.0, "silence_s": 20.0, "grace_s": 10.0}


def let_pull(tiktok: Simulator, app: TikTokApp, prefix: str) -> None:
    """Set the app up as after the check of its URL prefix: TikTok downloads videos, too."""
    tiktok.trust_prefix(prefix, client_key=app.client_key)
    app.url_prefix, app.prefix_checked_at, app.prefix_problem = prefix, read_db_now(), ""
    app.video_transfer = MediaSource.PULL_FROM_URL
    app.save()


@contextmanager
def web_server(scratch: Path) -> Iterator[Running]:
    """The product's own web server, in threads of this process, on the test's database."""
    with running(scratch, get_wsgi_application(), **PATIENT) as server:
        yield server


def prefix_of(server: Running) -> str:
    return f"http://127.0.0.1:{server.port}/m/"


@pytest.fixture
def web(tmp_path: Path, transactional_db: None) -> Iterator[Running]:
    with web_server(tmp_path) as server:
        yield server


@pytest.fixture
def pulling(tiktok: Simulator, simulated: TikTokApp, web: Running) -> TikTokApp:
    """The simulator's app, from which TikTok downloads media at the web server."""
    let_pull(tiktok, simulated, prefix_of(web))
    return simulated


def jpeg(width: int = 720, height: int = 1280, *, shade: int = 0) -> bytes:
    content = BytesIO()
    Image.new("RGB", (width, height), (shade % 256, height % 256, 90)).save(content, "JPEG")
    return content.getvalue()


def make_photos(instance: Instance, count: int) -> list[Media]:
    """Checked photos whose TikTok copies are pictures, no two alike."""
    return [_with_copy(make_photo(instance), jpeg(shade=10 * number)) for number in range(count)]


def _with_copy(photo: Media, content: bytes) -> Media:
    photo.copy_file.write_bytes(content)
    stat = photo.copy_file.stat()
    photo.copy_size_bytes, photo.copy_sha256 = len(content), hashlib.sha256(content).hexdigest()
    photo.copy_mtime_ns, photo.copy_inode = stat.st_mtime_ns, inode_of(stat)
    photo.save()
    return photo


@pytest.fixture
def photos(instance: Instance, transactional_db: None) -> list[Media]:
    with instance_scope(instance):
        return make_photos(instance, 3)


Send = Callable[..., Post]


@pytest.fixture
def send(linked: TikTokAccount, editor: User, instance: Instance) -> Send:
    """Hand a post over now, as a person would: ``send(files, mode, **options)``."""

    def submit(files: Sequence[Media], mode: str = DIRECT, *, account: TikTokAccount = linked, **options: Any) -> Post:
        audience = {"privacy_level": "PUBLIC_TO_EVERYONE"} if mode == DIRECT else {}
        with instance_scope(instance):
            creator = fetch_creator_info(account) if mode == DIRECT else None
            post, _ = services.submit_post(
                account=account, files=files, options=PostOptions(mode=mode, **(audience | options)), actor=editor,
                consent=Consent(editor, creator, "web", agreed=True), when=None,
            )  # fmt: skip
        return post

    return submit


def wait_for_pull(tiktok: Simulator, publish_id: str) -> SimulatedPost:
    """Wait until TikTok has everything, or has failed."""

    def post() -> SimulatedPost:
        (found,) = tiktok.posts(publish_id=publish_id)
        return found

    wait_until(lambda: post().finished_at is not None or post().status == "FAILED", what="TikTok has downloaded")
    return post()
