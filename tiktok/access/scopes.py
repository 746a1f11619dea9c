"""The features that a TikTok user's consent enables, scope by scope, in plain words. Pure."""

from collections.abc import Collection, Iterable
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tiktok.api.types import Scope

FEATURES: Final[dict[str, str | Promise]] = {
    Scope.USER_INFO_BASIC: _("name and profile picture"),
    Scope.USER_INFO_PROFILE: _("@username and profile link"),
    Scope.USER_INFO_STATS: _("follower and like counts"),
    Scope.VIDEO_LIST: _("the list of videos and their statistics"),
    Scope.VIDEO_PUBLISH: _("publishing"),
    Scope.VIDEO_UPLOAD: _("sending drafts to the TikTok inbox"),
}


def features_of(scopes: Iterable[str]) -> list[str]:
    """Return the features in plain words, in the order of the consent page."""
    wanted = set(scopes)
    known = [str(text) for scope, text in FEATURES.items() if scope in wanted]
    return [*known, *sorted(wanted - FEATURES.keys())]


def missing_features(asked: Iterable[str], granted: Collection[str]) -> list[str]:
    """Return the features that the TikTok user did not allow, in the order of the consent page."""
    return [str(FEATURES.get(scope, scope)) for scope in asked if scope not in granted]


ALLOWANCES: Final[dict[str, Promise]] = {
    Scope.USER_INFO_BASIC: _("see the account’s name and profile picture"),
    Scope.USER_INFO_PROFILE: _("see its @username and profile link"),
    Scope.USER_INFO_STATS: _("see its follower, like and video counts"),
    Scope.VIDEO_LIST: _("see its public videos and their statistics"),
    Scope.VIDEO_PUBLISH: _("publish videos to it"),
    Scope.VIDEO_UPLOAD: _("send drafts to its TikTok inbox for you to finish"),
}


def allowances(scopes: Iterable[str]) -> list[str]:
    """Return what the account owner is about to allow, one line per scope: "The team may …"."""
    return [str(ALLOWANCES.get(scope, scope)) for scope in scopes]
