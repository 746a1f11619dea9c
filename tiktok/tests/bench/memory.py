"""The peak memory of the jobs process, for uploads of any size."""

from typing import Final

from tiktok.tests.bench.stand import MB, Stand
from tiktok.tests.bench.table import Measure

SMALL: Final = 100 * MB
LARGE: Final = 4000 * MB


def rows(stand: Stand) -> list[Measure]:
    """A process of its own for each size; the kernel's own high-water mark of each."""
    small, large = (_peak_mb(stand, size) for size in (SMALL, LARGE))
    what = "more peak memory of the jobs process at 4 GB than at 100 MB"
    return [Measure(what, large - small, "MB", f"{small:.4g} MB at 100 MB", large / small, most=16.0)]


def _peak_mb(stand: Stand, size_bytes: int) -> float:
    instance = stand.instance()
    post = stand.submit(stand.account(instance, instance.slug), stand.video(instance, size_bytes))
    with stand.jobs() as process:
        stand.wait_for(post, "published", timeout_s=1800)
        return process.peak_memory_bytes() / MB
