"""The strikes on workers and Redis, in a separate thread: a frozen writer may delay all others."""

import os
import random
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import RedisError

from tiktok.tests.chaos.crew import Worker
from tiktok.tests.chaos.options import Options
from tiktok.tests.integration.proofs import processes
from tiktok.tests.integration.proofs.processes import Process
from tiktok.tests.jobs_process import wait_until

FIRST_FLUSH_S: Final = 5.0
FLUSH_EVERY_S: Final = 8.0
REDIS_STOPS_AT_S: Final = 25.0
REDIS_RESTS_S: Final = 10.0
TICK_S: Final = 0.05


@dataclass
class Broker:
    """The Redis of this run, and a line to it."""

    process: Process
    line: "Redis"


def start_broker(scratch: Path, stack: ExitStack) -> Broker:
    """A Redis at REDIS_URL, which ends with the stack."""
    port = urlsplit(os.environ["REDIS_URL"]).port or 0
    process = processes.redis(scratch, port)
    stack.callback(process.close)
    process.start()
    line = Redis(port=port, socket_timeout=1, socket_connect_timeout=1)
    stack.callback(line.close)
    wait_until(lambda: processes.is_listening(port), what="Redis listens")
    return Broker(process, line)


@dataclass
class Storm:
    """Runs until it is stopped; everything that it does follows from the seed and the time since its start."""

    options: Options
    workers: list[Worker]
    broker: Broker | None = None
    kills: int = 0
    freezes: int = 0
    flushes: int = 0
    redis_stops: int = 0
    no_victim: int = 0
    _plans: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dice = random.Random(f"storm/{self.options.seed}")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="storm", daemon=True)
        self._began = time.monotonic()

    def start(self) -> None:
        self._began = time.monotonic()
        self._at(self.options.kill_every_s, self._strike)
        if self.broker:
            for number in range(self.options.flushes):
                self._at(FIRST_FLUSH_S + number * FLUSH_EVERY_S, self._flush)
            self._at(REDIS_STOPS_AT_S, self._stop_redis)
        self._thread.start()

    def end(self) -> None:
        """End the storm: no further strikes, and frozen workers continue."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        for worker in self.workers:
            if worker.is_frozen:
                worker.thaw()

    def _at(self, seconds: float, act: Callable[[], None]) -> None:
        self._plans.append((self._began + seconds, act))

    def _in(self, seconds: float, act: Callable[[], None]) -> None:
        self._plans.append((time.monotonic() + seconds, act))

    def _run(self) -> None:
        while not self._stop.wait(TICK_S):
            now = time.monotonic()
            due = [plan for plan in self._plans if plan[0] <= now]
            self._plans = [plan for plan in self._plans if plan[0] > now]
            for _, act in due:
                act()
            for worker in self.workers:
                worker.replace_if_dead()

    # Workers

    def _strike(self) -> None:
        """Kill a worker; in a run with freezing every other one is frozen instead."""
        self._in(self.options.kill_every_s, self._strike)
        is_freeze = self.options.freeze and self._dice.random() < 0.5
        rest_s = self.options.lease_s * self._dice.uniform(1.2, 2)
        victim = self._choose()
        if victim is None:
            self.no_victim += 1
        elif is_freeze:
            self._freeze(victim, rest_s)
        else:
            self.kills += 1
            victim.kill()

    def _choose(self) -> Worker | None:
        """The seed's choice, or the next one that works; but never the last one, or nothing would ever move."""
        first = self._dice.randrange(len(self.workers))
        order = [*self.workers[first:], *self.workers[:first]]
        at_work = [worker for worker in order if not worker.is_frozen and worker.is_ready]
        return at_work[0] if len(at_work) > 1 else None

    def _freeze(self, victim: Worker, seconds: float) -> None:
        self.freezes += 1
        victim.freeze()
        self._in(seconds, victim.thaw)

    # Redis

    def _flush(self) -> None:
        if self.broker:
            try:
                self.broker.line.flushall()
            except (RedisError, OSError):
                self._in(1, self._flush)
            else:
                self.flushes += 1

    def _stop_redis(self) -> None:
        if self.broker:
            self.redis_stops += 1
            self.broker.process.kill()
            self._in(REDIS_RESTS_S, self._start_redis)

    def _start_redis(self) -> None:
        if self.broker:
            self.broker.process.start()
