"""What can come of a delivery."""

from dataclasses import dataclass

from tiktok.models import DeliveryState


class Later(Exception):
    """It cannot be applied now; the message is a word for why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a delivery ends, and a word for what that meant."""

    state: DeliveryState
    word: str


def applies(word: str) -> Outcome:
    """It changed something, or what it says was known already."""
    return Outcome(DeliveryState.APPLIED, word)


def ignores(word: str) -> Outcome:
    """There was nothing to do."""
    return Outcome(DeliveryState.IGNORED, word)
