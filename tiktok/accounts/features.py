"""What an account can be used for, feature by feature: granted, not granted, or not asked for by the app. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tiktok.api.types import Scope


class FeatureState(StrEnum):
    """Whether a feature works."""

    GRANTED = "granted"
    NOT_GRANTED = "not_granted"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class Feature:
    """What a scope switches on, and whether it does."""

    scope: str
    name: str | Promise
    without: str | Promise
    state: FeatureState


_WORDS: Final[dict[str, tuple[Promise, Promise]]] = {
    Scope.VIDEO_PUBLISH: (_("Post directly"), _("Without it, posts wait for the account.")),
    Scope.VIDEO_UPLOAD: (_("Save drafts to the TikTok inbox"), _("Without it, drafts cannot be sent to TikTok.")),
    Scope.USER_INFO_BASIC: (_("Show name and picture"), _("Without it, the account has no picture here.")),
    Scope.USER_INFO_PROFILE: (_("Show @username and profile"), _("Without it, nothing here links to the profile.")),
    Scope.USER_INFO_STATS: (_("Show follower counts"), _("Without it, followers and likes are not shown.")),
    Scope.VIDEO_LIST: (_("List videos and their numbers"), _("Without it, Clipdesk cannot see its public videos.")),
}


def features_with_state(asked: Collection[str], granted: Collection[str]) -> list[Feature]:
    """All that Clipdesk knows of, the most needed first, then scopes of the app that it has no use for."""
    known = [Feature(scope, *words, _state(scope, asked, granted)) for scope, words in _WORDS.items()]
    others = sorted((set(asked) | set(granted)) - _WORDS.keys())
    return [*known, *(Feature(scope, scope, "", _state(scope, asked, granted)) for scope in others)]


def _state(scope: str, asked: Collection[str], granted: Collection[str]) -> FeatureState:
    if scope in granted:
        return FeatureState.GRANTED
    return FeatureState.NOT_GRANTED if scope in asked else FeatureState.NOT_ASKED
