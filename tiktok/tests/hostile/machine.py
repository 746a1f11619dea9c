"""The kernel's data about processes, connections and files: memory of process trees, and what is left over."""

import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from tiktok.media import probe_child

EVERY_S: Final = 0.25
PROBE: Final = "probe_child"
JOBS: Final = "manage.py jobs"
SUPERVISOR: Final = "manage.py up"
OPEN: Final = frozenset({"01", "08"})  # ESTABLISHED, CLOSE_WAIT
PAGE_MB: Final = os.sysconf("SC_PAGE_SIZE") / 1_000_000


def step_back() -> None:
    """Call it once in a process of clients, which would be on another machine: the product goes first."""
    os.setsid()
    probe_child.step_back()


@dataclass(frozen=True)
class Running:
    """A process at one moment."""

    pid: int
    parent: int
    command: str
    resident_mb: float


def processes() -> dict[int, Running]:
    """Return all processes except zombies, by their ids."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError, IndexError, ValueError):
                running = _read(folder)
                found[running.pid] = running
    return found


def _read(folder: Path) -> Running:
    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    if not command:
        raise ValueError("a zombie or a kernel thread")
    parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    resident = int((folder / "statm").read_text().split()[1])
    return Running(int(folder.name), parent, command, resident * PAGE_MB)


def tree(root: int, found: dict[int, Running]) -> list[Running]:
    """Return a process and all its descendants; parents come first."""
    children: dict[int, list[int]] = defaultdict(list)
    for running in found.values():
        children[running.parent].append(running.pid)
    members, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        if pid in found:
            members.append(found[pid])
            waiting += children[pid]
    return members


def split_memory(root: int, found: dict[int, Running]) -> tuple[float, float, float]:
    """Return resident MB of web processes, of background work, and of the children that probe files."""
    probes = {member.pid for other in _with(PROBE, root, found) for member in tree(other.pid, found)}
    jobs = {member.pid for other in _with(JOBS, root, found) for member in tree(other.pid, found)} - probes
    web = {member.pid for member in tree(root, found) if SUPERVISOR not in member.command} - probes - jobs
    totals = (sum(found[pid].resident_mb for pid in pids) for pids in (web, jobs, probes))
    return tuple(totals)  # type: ignore[return-value]


def _with(words: str, root: int, found: dict[int, Running]) -> list[Running]:
    return [member for member in tree(root, found) if words in member.command]


@dataclass
class MemoryWatch:
    """Peaks of resident memory while it runs; ``roots`` are process ids, the first of them leads the web processes."""

    roots: list[int]
    web_mb: float = 0.0
    jobs_mb: float = 0.0
    probes_mb: float = 0.0
    seen: dict[int, str] = field(default_factory=dict)
    _end: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_fault: object) -> None:
        self._end.set()
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(EVERY_S):
            self._look(processes())

    def _look(self, found: dict[int, Running]) -> None:
        web, jobs, probes = split_memory(self.roots[0], found)
        for root in self.roots[1:]:
            others = split_memory(root, found)
            jobs, probes = jobs + others[0] + others[1], probes + others[2]
        self.web_mb, self.jobs_mb = max(self.web_mb, web), max(self.jobs_mb, jobs)
        self.probes_mb = max(self.probes_mb, probes)
        for root in self.roots:
            self.seen |= {member.pid: member.command for member in tree(root, found)}

    def survivors(self) -> list[str]:
        """Return the commands of processes seen before that still run."""
        now = processes()
        return [command for pid, command in self.seen.items() if pid in now and now[pid].command == command]


def open_connections(port: int) -> int:
    """Count the connections that a server at this port still holds open."""
    wanted = f":{port:04X}"
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return sum(row[1].endswith(wanted) and row[3] in OPEN for row in rows)


def wait_for_none(count: "Iterable[int]", timeout_s: float) -> int:
    """Ask ``count``, an endless iterator, until it gives 0 or the time is over; the last number."""
    end = time.monotonic() + timeout_s
    for number in count:
        if not number or time.monotonic() > end:
            return number
        time.sleep(EVERY_S)
    return 0


def files_in(folder: Path) -> set[str]:
    """Return the paths of all files in a folder, relative to it."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
