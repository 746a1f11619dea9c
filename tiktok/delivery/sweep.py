"""The sweeper's source of due posts."""

from collections.abc import Callable
from functools import partial

from tiktok.delivery.advance import advance
from tiktok.delivery.claims import claim_due


def due_posts(room: int) -> list[Callable[[], None]]:
    """Claim up to so many due posts and return their steps."""
    return [partial(advance, claimed) for claimed in claim_due(room)]
