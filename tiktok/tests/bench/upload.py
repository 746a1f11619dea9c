"""A large upload by the product's own jobs process, beside ``curl -T`` of the same file to the same server."""

import os
import subprocess
from pathlib import Path
from statistics import median
from typing import Final

from instances.models import Instance
from tiktok.models import Media
from tiktok.tests.bench.stand import MB, Stand
from tiktok.tests.bench.table import Measure

SIZE: Final = 1000 * MB
ROUNDS: Final = int(os.environ.get("ROUNDS", "5"))
LINE_BYTES_PER_S: Final = 100e6 / 8


def unshaped(stand: Stand) -> list[Measure]:
    """As fast as the loopback takes it, with a server that hashes what it gets and one that only counts."""
    measures = []
    for hashes in (True, False):
        stand.simulator.settings(hash_uploads=hashes)
        found = _pairs(stand, ROUNDS)
        note = "the server hashes" if hashes else "the server only counts bytes"
        measures.append(_measure(f"upload of 1 GB, {note}", found, least=0.85 if hashes else None))
    return measures


def shaped(stand: Stand) -> list[Measure]:
    """On a line of 100 Mbit/s."""
    for endpoint in ("upload", "sink"):
        stand.simulator.fault("slow", endpoint, times=-1, bytes_per_s=LINE_BYTES_PER_S)
    return [_measure("upload of 1 GB at 100 Mbit/s", _pairs(stand, 1), least=0.98)]


def _measure(what: str, pairs: list[tuple[float, float]], *, least: float | None) -> Measure:
    """The ratio is the median of the pairs' ratios, since other load disturbs both of a pair alike."""
    ours, curls = median(ours for ours, _ in pairs), median(curl for _, curl in pairs)
    ratio = median(ours / curl for ours, curl in pairs)
    baseline = f"{curls / MB:.4g} MB/s by curl -T"
    return Measure(what, ours / MB, "MB/s", baseline, ratio, least=least, is_ratio_aimed_at=True)


def _pairs(stand: Stand, rounds: int) -> list[tuple[float, float]]:
    """Bytes per second of (the product, curl), one after the other; a first round warms both up."""
    instance = stand.instance()
    video = stand.video(instance, SIZE)
    pairs = []
    with stand.jobs():
        for number in range(rounds + (rounds > 1)):
            ours = _ours(stand, instance, video, f"{instance.slug}-{number}")
            pairs.append((ours, _curl(stand, video.file)))
    return pairs[-rounds:]


def _ours(stand: Stand, instance: Instance, video: Media, username: str) -> float:
    """From the first PUT to the last byte, by TikTok's clock: every call and commit between two chunks counts."""
    post = stand.submit(stand.account(instance, username), video)
    stand.wait_for(post, "published")
    (seen,) = stand.simulator.posts(user=username)
    began = stand.simulator.puts(seen.publish_id)[0].at
    return SIZE / ((seen.finished_at or 0) - began)


def _curl(stand: Stand, file: Path) -> float:
    command = ["curl", "-sS", "-T", str(file), "-o", "/dev/null", "-w", "%{http_code} %{time_total}"]
    said = subprocess.run([*command, f"{stand.simulator.base_url}/_sink"], check=True, capture_output=True, text=True)
    status, seconds = said.stdout.split()
    if status != "201":
        raise OSError(f"the sink answered {status}")
    return SIZE / float(seconds)
