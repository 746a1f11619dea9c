"""The look of a state: colour, label and icon. Apps register the looks of their states."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Look(NamedTuple):
    """``tone``: "good", "warn", "bad", "accent" or "neutral"; ``icon``: a name of the sprite."""

    tone: str
    icon: str
    label: str | Promise


UNKNOWN: Final = Look("neutral", "help-circle", _("Unknown"))
_looks: Final[dict[str, Look]] = {}


def register(looks: Mapping[str, Look]) -> None:
    """Register looks. Call it in ``AppConfig.ready()``. Raises ValueError for a state that has a look."""
    if twins := _looks.keys() & looks.keys():
        raise ValueError(f"two looks for {sorted(twins)}")
    _looks.update(looks)


def look_of(state: str) -> Look:
    """Return the state's look; a question mark for an unregistered one."""
    return _looks.get(str(state), UNKNOWN)


def registered_looks() -> Mapping[str, Look]:
    """Return every state that has a look."""
    return dict(_looks)
