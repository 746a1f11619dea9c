"""What the sweeper asks: a due post, claimed and ready to be worked on."""

from collections.abc import Callable
from functools import partial

from tiktok.publishing.claims import claim
from tiktok.publishing.steps import advance


def due_post() -> Callable[[], None] | None:
    """The next due post's step, or None when nothing is due."""
    claimed = claim()
    return partial(advance, claimed) if claimed else None
