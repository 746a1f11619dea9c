"""What the sweeper asks: due posts, claimed and ready to be worked on."""

from collections.abc import Callable
from functools import partial

from tiktok.delivery.advance import advance
from tiktok.delivery.claims import claim_due


def due_posts(room: int) -> list[Callable[[], None]]:
    """The steps of up to so many due posts."""
    return [partial(advance, claimed) for claimed in claim_due(room)]
