"""The outcomes of a delivery."""

from dataclasses import dataclass
from uuid import UUID

from tiktok.models import DeliveryState


class Later(Exception):
    """The delivery cannot be applied now; the message is a code for the reason. ``post_id`` as for Outcome."""

    def __init__(self, word: str, *, post_id: UUID | None = None) -> None:
        super().__init__(word)
        self.post_id = post_id


@dataclass(frozen=True, slots=True)
class Outcome:
    """The final state of a delivery, and a code for its meaning; ``post_id`` is the post that it is about, if any."""

    state: DeliveryState
    word: str
    post_id: UUID | None = None


def applies(word: str, *, post_id: UUID | None = None) -> Outcome:
    """Return the outcome of a delivery that changed something, or repeated what was known."""
    return Outcome(DeliveryState.APPLIED, word, post_id)


def ignores(word: str, *, post_id: UUID | None = None) -> Outcome:
    """Return the outcome of a delivery that required nothing."""
    return Outcome(DeliveryState.IGNORED, word, post_id)
