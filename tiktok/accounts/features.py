"""Features of an account, one per scope: granted, not granted, or not requested by the app. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise

from tiktok.access.scopes import SCOPES
from tiktok.api.types import USED_SCOPES


class FeatureState(StrEnum):
    """Whether a feature works."""

    GRANTED = "granted"
    NOT_GRANTED = "not_granted"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature that a scope switches on, and its state."""

    scope: str
    name: str | Promise
    without: str | Promise
    state: FeatureState


def features_with_state(asked: Collection[str], granted: Collection[str]) -> list[Feature]:
    """List the scopes that Clipdesk uses and those that the app requests or was granted, the most needed first."""
    concerned = {*USED_SCOPES, *asked, *granted}
    known = [
        Feature(scope, words.name, words.without, _state(scope, asked, granted))
        for scope, words in SCOPES.items()
        if scope in concerned
    ]
    others = sorted(concerned - SCOPES.keys())
    return [*known, *(Feature(scope, scope, "", _state(scope, asked, granted)) for scope in others)]


def _state(scope: str, asked: Collection[str], granted: Collection[str]) -> FeatureState:
    if scope in granted:
        return FeatureState.GRANTED
    return FeatureState.NOT_GRANTED if scope in asked else FeatureState.NOT_ASKED
