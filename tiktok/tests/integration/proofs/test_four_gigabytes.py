"""A 4 GB video by way of the web server, its publishing process killed three times (``make large``; minutes)."""

import base64
import os
import random
import struct
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests

from accounts.models import User
from instances.models import Instance
from instances.roles import KeyScope
from instances.scoping import instance_scope
from instances.services.api_keys import write_api_key
from tiktok.models import Media, Post, PostState, TikTokAccount, TikTokApp
from tiktok.tests.fixtures_posts import Submit, history, link_simulated, reread
from tiktok.tests.integration.proofs import processes
from tiktok.tests.integration.proofs.conftest import CHUNK
from tiktok.tests.integration.proofs.processes import Process, free_port, is_listening
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.simulator_process import Simulator

pytestmark = [pytest.mark.deep, pytest.mark.timeout(3600), pytest.mark.django_db(transaction=True)]
Keep = Callable[[Process], Process]
TakeIn = Callable[[Path], str]
MB = 1_000_000
SIZE = 4 * 1024**3 - 12_345  # TikTok takes 4 GB; the last chunk is an odd one
CHUNKS = SIZE // CHUNK
SEED = int(os.environ.get("SEED", "1"))
KILLED = sorted(random.Random(SEED).sample(range(CHUNKS), 3))
PATIENCE_S = 1200.0


@pytest.fixture
def film(clip: Path, tmp_path: Path) -> Path:
    """The clip and a ``free`` box that fills it up: mostly holes that take no disk, no two megabytes alike."""
    path = tmp_path / "film.mp4"
    start = clip.stat().st_size
    with path.open("wb") as file:
        file.write(clip.read_bytes() + struct.pack(">I4sQ", 1, b"free", SIZE - start))
        os.truncate(file.fileno(), SIZE)
        for at in range(MB, SIZE - 40, MB):
            file.seek(at)
            file.write(f"megabyte {at}".encode())
    return path


@pytest.fixture
def take_in(tmp_path: Path, start: Keep, owner: User, instance: Instance, transactional_db: None) -> Iterator[TakeIn]:
    """Upload a file to the web server in one request of tus; return the media's id. The file is deleted again."""
    port = free_port()
    start(processes.web(tmp_path, port)).start()
    wait_until(lambda: is_listening(port), what="the web server listens")
    _key, plain = write_api_key(instance, user=owner, actor=None, name="a program", scopes=list(KeyScope))
    headers = {"Authorization": f"Bearer {plain}", "Tus-Resumable": "1.0.0"}

    def send(path: Path) -> str:
        name = base64.b64encode(path.name.encode()).decode()
        told = {"Upload-Length": str(path.stat().st_size), "Upload-Metadata": f"filename {name}"}
        made = requests.post(f"http://127.0.0.1:{port}/api/v1/media/uploads", headers=headers | told, timeout=60)
        assert made.status_code == 201, made.text
        kind = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        with path.open("rb") as file:
            taken = requests.patch(
                urljoin(made.url, made.headers["Location"]), data=file, headers=headers | kind, timeout=PATIENCE_S
            )
        assert taken.status_code == 204, taken.text
        return taken.headers["Clipdesk-Media-Id"]

    yield send
    with instance_scope(instance):
        for media in Media.objects.all():
            media.file.unlink(missing_ok=True)


@pytest.fixture
def publisher(tmp_path: Path, start: Keep, published_in_big_chunks: None) -> tuple[Process, str]:
    """``manage.py jobs``, or on PostgreSQL the Celery worker, with the lease of a deployment; not started yet."""
    process, ready = processes.background(tmp_path, PUBLISH_LEASE_S="30")
    return start(process), ready


def is_under_way(tiktok: Simulator, chunk: int) -> bool:
    return bool(tiktok.get("puts", first=str(chunk * CHUNK), status="None")["items"])


def finish(post: Post, instance: Instance) -> None:
    wait_until(lambda: reread(post, instance).state == PostState.PUBLISHED, what="published", timeout_s=PATIENCE_S)


def publish_small(publisher: tuple[Process, str], small: Post, instance: Instance) -> float:
    """Return the peak memory for a clip of a few kilobytes, in MB."""
    process, ready = publisher
    process.start(ready)
    finish(small, instance)
    peak = process.peak_memory_bytes() / MB
    process.kill()
    return peak


def publish_killed(publisher: tuple[Process, str], film: Post, instance: Instance, tiktok: Simulator) -> list[float]:
    """The most that each of the four processes took, in MB."""
    process, ready = publisher
    peaks = []
    for chunk in KILLED:
        process.start(ready)
        wait_until(partial(is_under_way, tiktok, chunk), what=f"chunk {chunk}", timeout_s=PATIENCE_S)
        peaks.append(process.peak_memory_bytes() / MB)
        process.kill()
        assert reread(film, instance).state == PostState.UPLOADING
    process.start(ready)
    finish(film, instance)
    return [*peaks, process.peak_memory_bytes() / MB]


def report(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Print for the person who runs this, visible without ``-s``."""
    with capsys.disabled():
        sys.stdout.write(f"\n{text}\n")


def test_four_gigabytes_and_three_kills(
    publisher: tuple[Process, str], take_in: TakeIn, film: Path, clip: Path, submit: Submit,
    simulated: TikTokApp, linked: TikTokAccount, tiktok: Simulator, instance: Instance,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with instance_scope(instance):
        large, small = (Media.objects.get(pk=take_in(path)) for path in (film, clip))
    film.unlink()
    assert (large.size_bytes, large.duration_ms, large.problems) == (SIZE, small.duration_ms, small.problems)
    other = link_simulated(tiktok, simulated, instance, "small")
    base = publish_small(publisher, submit(account=other, media=small, privacy_level="SELF_ONLY"), instance)
    tiktok.clear_faults()
    for chunk in KILLED:
        tiktok.fault("slow", "upload", user="maren", skip=chunk, bytes_per_s=2 * MB)

    post = submit(media=large, privacy_level="SELF_ONLY")
    peaks = publish_killed(publisher, post, instance, tiktok)

    assert [(call.status, call.code) for call in tiktok.requests("video_init", user="maren")] == [(200, "ok")]
    (seen,) = tiktok.posts(user="maren")
    assert (seen.status, seen.video_size, seen.sha256) == ("PUBLISH_COMPLETE", SIZE, large.sha256)
    puts = tiktok.puts(seen.publish_id)
    assert [put.first for put in puts if put.stored] == [number * CHUNK for number in range(CHUNKS)]
    assert [put.first for put in puts if not put.stored] == [chunk * CHUNK for chunk in KILLED]
    assert history(post, instance) == ["draft", "due", "initing", "uploading", "processing", "published"]
    shown = ", ".join(f"{peak:.1f}" for peak in peaks)
    cut = [at for at, put in enumerate(puts) if not put.stored]
    pauses = ", ".join(f"{puts[at + 1].at - puts[at].at:.1f}" for at in cut)
    report(f"seed {SEED}: killed in chunks {KILLED} of {CHUNKS}, each sent again {pauses} s later", capsys)
    report(f"peak memory {shown} MB; {base:.1f} MB for a clip", capsys)
    assert max(peaks) - base < 16
