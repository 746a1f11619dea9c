"""The results of a benchmark, and their table."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

HEADINGS: Final = ("what", "measured", "baseline", "ratio", "aim", "verdict")


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the table.

    ``ratio`` is ``value / baseline`` of the same run, as the row defines it. ``least`` and ``most`` are the aim, on
    the ratio where ``is_ratio_aimed_at`` and on the value otherwise; without either the line only informs.
    """

    what: str
    value: float
    unit: str
    baseline: str = ""
    ratio: float | None = None
    least: float | None = None
    most: float | None = None
    is_ratio_aimed_at: bool = False
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the aim is reached; None without an aim."""
        if self.least is None and self.most is None:
            return None
        found = (self.ratio if self.is_ratio_aimed_at else self.value) or 0.0
        return (self.least is None or found >= self.least) and (self.most is None or found <= self.most)

    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else f"{self.ratio:.3g}"
        what = f"{self.what} ({self.note})" if self.note else self.what
        return what, f"{self.value:.4g} {self.unit}", self.baseline, ratio, self._aim(), self._verdict()

    def _aim(self) -> str:
        unit = "" if self.is_ratio_aimed_at else f" {self.unit}"
        aims = [(self.least, "≥"), (self.most, "≤")]
        return ", ".join(f"{sign} {number:g}{unit}" for number, sign in aims if number is not None)

    def _verdict(self) -> str:
        return {True: "met", False: "falls short", None: ""}[self.is_met]


def markdown(measures: Iterable[Measure]) -> str:
    """The table."""
    lines = [HEADINGS, tuple("---" for _ in HEADINGS), *(measure.cells() for measure in measures)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
