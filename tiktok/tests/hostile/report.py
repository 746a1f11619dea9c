"""The report of a run."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from tiktok.tests.chaos.report import say
from tiktok.tests.hostile.aims import Aim, Measured, Sample, failures, quantile
from tiktok.tests.hostile.attack import Toll
from tiktok.tests.hostile.machine import MemoryWatch
from tiktok.tests.hostile.uploads import Sent

TOLD: Final = 10


def attack(toll: Toll, sendings: Sequence[Sent]) -> None:
    """Describe the server's reactions to attackers, and the honest uploads."""
    for what, count in sorted(toll.counts.items()):
        say(f"  {count:6} {what}")
    answers = sum((sent.answers for sent in sendings), Counter[str]())
    took = sorted(sent.seconds for sent in sendings)
    say(
        f"  honest uploads received: {sum(sent.is_complete for sent in sendings)} of {len(sendings)}, the last after"
        f" {took[-1]:.0f} s; answers other than success: {dict(answers) or 'none'}"
    )


def pages(measured: Measured) -> None:
    """Times of each page, quiet and under attack."""
    say(f"  {'page':16}{'quiet p50':>12}{'p95':>10}{'attack p50':>14}{'p95':>10}{'p99':>10}{'not 200':>10}")
    for name in dict.fromkeys(sample.name for sample in measured.quiet):
        quiet, busy = ([one for one in of if one.name == name] for of in (measured.quiet, measured.busy))
        say(
            f"  {name:16}{_ms(quiet, 0.5):>12}{_ms(quiet, 0.95):>10}{_ms(busy, 0.5):>14}{_ms(busy, 0.95):>10}"
            f"{_ms(busy, 0.99):>10}{failures(busy):>10}"
        )


def _ms(samples: Sequence[Sample], share: float) -> str:
    return f"{quantile([sample.seconds for sample in samples], share) * 1000:.0f} ms"


def memory(watch: MemoryWatch) -> None:
    """Peaks of resident memory."""
    say(
        f"  peak memory: web {watch.web_mb:.0f} MB, background {watch.jobs_mb:.0f} MB,"
        f" children that probe {watch.probes_mb:.0f} MB"
    )


def faults(measured: Measured) -> None:
    """Why honest uploads did not become media."""
    for what, count in Counter(upload.what for upload in measured.uploads if not upload.is_right).most_common(TOLD):
        say(f"  {count:6} uploads: {what or 'other bytes'}")


def verdict(found: Sequence[Aim]) -> bool:
    """Print the table of aims; whether all are met."""
    for aim in found:
        say(f"  {'met' if aim.is_met else 'NOT MET':8} {aim.what:48} {aim.measured:>16}   {aim.wanted}")
    missed = [aim.what for aim in found if not aim.is_met]
    say("all aims are met" if not missed else f"NOT MET: {', '.join(missed)}")
    return not missed
