"""One run: build the world, start the product, measure it quietly, attack it, measure again, look at what is left."""

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Final

from django.conf import settings

from tiktok.tests.chaos.report import say
from tiktok.tests.hostile import evidence, machine, report
from tiktok.tests.hostile.aims import Measured, Sample, aims
from tiktok.tests.hostile.attack import Raid, Toll, attack
from tiktok.tests.hostile.bombs import edit_list_bomb
from tiktok.tests.hostile.machine import MemoryWatch
from tiktok.tests.hostile.meter import measure
from tiktok.tests.hostile.options import Options
from tiktok.tests.hostile.product import Product, running
from tiktok.tests.hostile.uploads import Crew, Sent, upload_all
from tiktok.tests.hostile.wire import Target
from tiktok.tests.hostile.world import World, build
from tiktok.tests.simulator_process import Simulator

CLIENTS: Final = 3  # visitors, attackers, honest uploads
WARM_UP_S: Final = 3.0
# Longer than any client process may take by itself.
LONGEST_S: Final = 600.0


def run(options: Options, scratch: Path, _simulator: Simulator) -> bool:
    """Whether all aims are met. Prints as it goes."""
    target = Target.of(settings.BASE_URL)
    say(f"hostile: {options}")
    world = build(options, target, scratch)
    with running(options, target, scratch) as product:
        roots = [product.web.pid, *(process.pid for process in product.processes if process is not product.web)]
        with MemoryWatch(roots) as watch:
            measured = _measured(options, world, product, scratch, watch)
    survivors = watch.survivors()
    left = [*measured.left_over, *(f"a process: {command[:80]}" for command in survivors)]
    return report.verdict(aims(Measured(measured.quiet, measured.busy, measured.uploads, watch.web_mb, left)))


def _measured(options: Options, world: World, product: Product, scratch: Path, watch: MemoryWatch) -> Measured:
    target = product.target
    with ProcessPoolExecutor(CLIENTS, mp_context=multiprocessing.get_context("spawn")) as pool:
        _warm_up(pool, target, world)
        quiet = pool.submit(measure, target, world.pages, options.quiet_s).result(LONGEST_S)
        before = machine.files_in(scratch)
        say(f"the attack begins, for {options.attack_s:.0f} s")
        crew = _crew(options, world, target)
        meter: Future[list[Sample]] = pool.submit(measure, target, world.pages, options.attack_s)
        raid: Future[Toll] = pool.submit(attack, _raid(options, world, target))
        sendings: Future[list[Sent]] = pool.submit(upload_all, crew)
        busy, toll, sent = meter.result(LONGEST_S), raid.result(LONGEST_S), sendings.result(LONGEST_S)
    report.attack(toll, sent)
    began = time.monotonic()
    waiting = machine.wait_for_none(_unchecked(), options.settle_s)
    say(f"  {time.monotonic() - began:.0f} s later {waiting} uploads are without a verdict")
    measured = Measured(quiet, busy, evidence.uploads(crew, sent), 0, evidence.left_over(product, scratch, before))
    report.pages(measured)
    report.memory(watch)
    report.faults(measured)
    return measured


def _warm_up(pool: ProcessPoolExecutor, target: Target, world: World) -> None:
    """Start all client processes before anything is measured: what they import would count as the server's time."""
    for warm in [pool.submit(measure, target, world.pages, WARM_UP_S) for _ in range(CLIENTS)]:
        warm.result(LONGEST_S)


def _unchecked() -> Iterator[int]:
    while True:
        yield evidence.unchecked()


def _crew(options: Options, world: World, target: Target) -> Crew:
    return Crew(
        target=target,
        doors=world.doors,
        count=options.crowd.uploads,
        video=world.video,
        size_bytes=options.upload_bytes,
        bytes_per_s=options.rate,
        timeout_s=options.attack_s + options.settle_s,
    )


def _raid(options: Options, world: World, target: Target) -> Raid:
    return Raid(
        target=target,
        crowd=options.crowd,
        seed=options.seed,
        duration_s=options.attack_s,
        doors=world.hostile_doors,
        files=world.files,
        edit_bomb=edit_list_bomb(world.video),
    )
