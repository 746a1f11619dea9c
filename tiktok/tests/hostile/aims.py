"""The aims of a run and whether they are met. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

HEALTH: Final = "healthz"
HEALTH_P99_S: Final = 1.0
PAGES_FACTOR: Final = 2.0
MEMORY_MB: Final = 600.0


@dataclass(frozen=True)
class Sample:
    """One honest request. ``seconds`` is the whole time allowed where it was not answered with 200."""

    name: str
    seconds: float
    status: int


@dataclass(frozen=True)
class Upload:
    """An honest upload in the end: ``sha256`` of what was sent, and of the file on disk, "" if there is none."""

    sha256: str
    stored: str
    what: str = ""

    @property
    def is_right(self) -> bool:
        """Whether it became media with the same bytes."""
        return self.stored == self.sha256


@dataclass(frozen=True)
class Measured:
    """The measurements of a run. Memory is resident MB of the web processes without the children that probe files."""

    quiet: Sequence[Sample]
    busy: Sequence[Sample]
    uploads: Sequence[Upload]
    web_mb: float
    left_over: Sequence[str] = field(default_factory=list)


@dataclass(frozen=True)
class Aim:
    """One line of the table."""

    what: str
    measured: str
    wanted: str
    is_met: bool


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of all values does not exceed; infinite without values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.inf


def seconds(samples: Sequence[Sample], *, health: bool) -> list[float]:
    """Return the times of /healthz, or of all other pages."""
    return [sample.seconds for sample in samples if (sample.name == HEALTH) == health]


def failures(samples: Sequence[Sample]) -> int:
    """Count the requests that were not answered with 200."""
    return sum(sample.status != 200 for sample in samples)


def aims(measured: Measured) -> list[Aim]:
    """Return all aims, in the table's order."""
    health = quantile(seconds(measured.busy, health=True), 0.99)
    quiet = quantile(seconds(measured.quiet, health=False), 0.95)
    busy = quantile(seconds(measured.busy, health=False), 0.95)
    failed, right = failures(measured.busy), sum(upload.is_right for upload in measured.uploads)
    left = ", ".join(measured.left_over) or "nothing"
    return [
        Aim("/healthz, p99", _time(health), f"at most {_time(HEALTH_P99_S)}", health <= HEALTH_P99_S),
        Aim(
            f"pages, p95 (quiet: {_time(quiet)})",
            _time(busy),
            f"at most {_time(PAGES_FACTOR * quiet)}",
            math.isfinite(quiet) and busy <= PAGES_FACTOR * quiet,
        ),
        Aim("honest requests not answered with 200", f"{failed} of {len(measured.busy)}", "0", not failed),
        Aim(
            "honest uploads stored with the right SHA-256",
            f"{right} of {len(measured.uploads)}",
            "all",
            right == len(measured.uploads) > 0,
        ),
        Aim("web memory", f"{measured.web_mb:.0f} MB", f"under {MEMORY_MB:.0f} MB", 0 < measured.web_mb < MEMORY_MB),
        Aim("left over", left, "nothing", not measured.left_over),
    ]


def _time(value: float) -> str:
    return f"{value * 1000:.0f} ms" if math.isfinite(value) else "never measured"
