"""The outcomes of a delivery."""

from dataclasses import dataclass

from tiktok.models import DeliveryState


class Later(Exception):
    """The delivery cannot be applied now; the message is a code for the reason."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The final state of a delivery, and a code for its meaning."""

    state: DeliveryState
    word: str


def applies(word: str) -> Outcome:
    """Return the outcome of a delivery that changed something, or repeated what was known."""
    return Outcome(DeliveryState.APPLIED, word)


def ignores(word: str) -> Outcome:
    """Return the outcome of a delivery that required nothing."""
    return Outcome(DeliveryState.IGNORED, word)
