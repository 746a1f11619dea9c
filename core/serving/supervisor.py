"""Keep a few child processes running until the product is stopped."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import IO, Final

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 30.0
HEALTHY_AFTER_S: Final = 60.0
TICK_S: Final = 0.1
PR_SET_PDEATHSIG: Final = 1


@dataclass
class Child:
    """A command that has to run. ``crashes`` counts the ends since it last ran for a minute."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] | None = None
    output: IO[bytes] | None = None
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    start_at: float = 0.0
    crashes: int = field(default=0)

    def start(self) -> None:
        """Start in a new session, so that Ctrl-C reaches only the supervisor."""
        self.process = subprocess.Popen(
            self.command,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT if self.output else None,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
        self.started_at = time.monotonic()

    def code(self) -> int | None:
        """Return the exit code; None while it runs or has not been started."""
        return self.process.poll() if self.process else None

    def send(self, number: signal.Signals) -> None:
        """Signal the child and everything it started."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _end_with_parent() -> None:
    """Have the kernel terminate the child with its parent, so that a killed supervisor leaves no orphans."""
    if _libc:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Starts its children, restarts crashed ones, ends all of them on SIGTERM, SIGINT or ``stop()``."""

    def __init__(self, children: Sequence[Child], *, say: Callable[[str], None], patience_s: float = 10) -> None:
        self.children = children
        self._say = say
        self._patience_s = patience_s
        self._stopping = False

    def stop(self) -> None:
        """Ask ``run`` to end; safe in a signal handler and from other threads."""
        self._stopping = True

    def run(self) -> None:
        """Run until every child has ended after a stop."""
        before = {number: signal.signal(number, self._on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            while not self._stopping:
                for child in self.children:
                    self._tend(child)
                time.sleep(TICK_S)
        finally:
            self._end_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stop()

    def _tend(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.start_at:
                child.start()
        elif (code := child.code()) is not None:
            self._note_crash(child, code, now)
        elif child.crashes and now - child.started_at > HEALTHY_AFTER_S:
            child.crashes = 0

    def _note_crash(self, child: Child, code: int, now: float) -> None:
        """Record a crash, and end the processes that the child had started."""
        child.send(signal.SIGKILL)
        pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(child.crashes, 5))
        child.process, child.start_at, child.crashes = None, now + pause_s, child.crashes + 1
        self._say(f"{child.name} ended ({_describe(code)}); starting it again in {pause_s:.0f} s")

    def _end_all(self) -> None:
        """Terminate all, wait for them together, then kill."""
        for child in self.children:
            child.send(signal.SIGTERM)
        deadline = time.monotonic() + self._patience_s
        while any(child.process and child.code() is None for child in self.children) and time.monotonic() < deadline:
            time.sleep(TICK_S)
        for child in self.children:
            child.send(signal.SIGKILL)
            if child.process:
                child.process.wait()


def _describe(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"code {code}"
