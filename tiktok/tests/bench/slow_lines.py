"""How many uploads one process keeps in flight where the lines are slow, and what they take."""

from typing import Final

from tiktok.tests.bench.stand import MB, Stand
from tiktok.tests.bench.table import Measure
from tiktok.tests.jobs_process import wait_until

UPLOADS: Final = 96
INSTANCES: Final = 12
SIZE: Final = 10 * MB
LINE_BYTES_PER_S: Final = 40_000.0


def rows(stand: Stand) -> list[Measure]:
    """With the settings as they come, and with as many threads as there are uploads."""
    for number in range(INSTANCES):
        instance = stand.instance()
        video = stand.video(instance, SIZE)
        for at in range(UPLOADS // INSTANCES):
            stand.submit(stand.account(instance, f"user{number}-{at}"), video)
    stand.simulator.fault("slow", "upload", times=-1, bytes_per_s=LINE_BYTES_PER_S)
    return [
        *_in_flight(stand, threads=64, note="as installed"),
        *_in_flight(stand, threads=UPLOADS, note="JOB_THREADS"),
    ]


def _in_flight(stand: Stand, *, threads: int, note: str) -> list[Measure]:
    began = stand.simulator.get("clock")["now"]
    with stand.jobs(threads=threads) as process:
        wait_until(lambda: _receiving(stand, began) >= threads, what=f"{threads} uploads in flight", timeout_s=300)
        count = _receiving(stand, began)
        memory = process.peak_memory_bytes() / MB
    return [
        Measure("uploads in flight in one process, 40 KB/s each", count, "uploads", least=64.0, note=note),
        Measure(f"memory with {threads} uploads in flight", memory, "MB", most=400.0, note=note),
    ]


def _receiving(stand: Stand, began: float) -> int:
    """Discard the data that an earlier process left in the buffers."""
    puts = stand.simulator.get("puts", outcome="receiving")["items"]
    return sum(put["at"] >= began for put in puts)
