"""Options of a run, and how many clients of each kind they make."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

# An attack lasts as long as an upload takes on its slow line, and this much longer.
MARGIN_S: Final = 10.0
UPLOADS_PER_INSTANCE: Final = 10


@dataclass(frozen=True)
class Crowd:
    """How many clients of each kind attack or work at the same time."""

    half_sent: int
    uploads: int
    readers: int
    edit_bombs: int
    json_bombs: int

    @property
    def instances(self) -> int:
        """Instances that the uploads are spread over."""
        return max(2, -(-self.uploads // UPLOADS_PER_INSTANCE))


WHOLE: Final = Crowd(half_sent=1000, uploads=200, readers=50, edit_bombs=30, json_bombs=16)


@dataclass(frozen=True)
class Options:
    """One run. Rates are bytes per second; ``scale`` applies to the number of clients."""

    setup: str
    seed: int
    scale: float
    upload_bytes: int
    rate: int
    quiet_s: float
    settle_s: float
    workers: int = 1
    lease_s: int = 30
    threads: int = 16

    @property
    def crowd(self) -> Crowd:
        """The numbers of WHOLE, scaled, and at least two of each kind."""
        return Crowd(**{kind: max(2, round(count * self.scale)) for kind, count in asdict(WHOLE).items()})

    @property
    def attack_s(self) -> float:
        """How long the attackers hold on."""
        return self.upload_bytes / self.rate + MARGIN_S

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in asdict(self).items())


def parse(arguments: Sequence[str]) -> Options:
    """Return the options of a command line."""
    parser = argparse.ArgumentParser(prog="python -m tiktok.tests.hostile", description="Hostile clients, all at once.")
    parser.add_argument("--setup", choices=["embedded", "services"], default="embedded")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the clients, between 0 and 1")
    parser.add_argument("--upload-bytes", type=int, default=3_000_000, help="size of each honest upload")
    parser.add_argument("--rate", type=int, default=50_000, help="bytes per second of each honest upload")
    parser.add_argument("--quiet-s", type=float, default=8.0, help="how long the quiet server is measured")
    parser.add_argument("--settle-s", type=float, default=120.0, help="longest wait for uploads and their checks")
    found = parser.parse_args(arguments)
    if not 0 < found.scale <= 1:
        parser.error("--scale must be more than 0 and at most 1")
    return Options(**vars(found))
