"""The words for each OAuth scope: the one table behind pages, API and docs. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tiktok.api.types import Scope


@dataclass(frozen=True, slots=True)
class ScopeWords:
    """The words for an OAuth scope.

    ``feature`` is a noun for lists, ``name`` a line of its own, ``reason`` why it is requested, ``without`` the effect
    of not allowing it.
    """

    feature: Promise
    name: Promise
    reason: Promise
    without: Promise


#: The most needed first.
SCOPES: Final[dict[str, ScopeWords]] = {
    Scope.VIDEO_PUBLISH: ScopeWords(
        _("publishing"), _("Publish videos and photos"),
        _("To publish the videos and photos that the team schedules for the account."),
        _("Without it, posts to the account wait."),
    ),
    Scope.VIDEO_UPLOAD: ScopeWords(
        _("drafts in the TikTok inbox"), _("Send drafts to the TikTok inbox"),
        _("To send drafts, which you finish and publish in the TikTok app."),
        _("Without it, drafts for the account’s TikTok inbox wait."),
    ),
    Scope.USER_INFO_BASIC: ScopeWords(
        _("name and profile picture"), _("See name and picture"),
        _("To show which account is connected."),
        _("Without it, the account has no picture in Clipdesk."),
    ),
    Scope.USER_INFO_PROFILE: ScopeWords(
        _("@username and profile link"), _("See @username and profile link"),
        _("To tell accounts apart and to link to the profile on TikTok."),
        _("Without it, nothing in Clipdesk links to the profile."),
    ),
    Scope.USER_INFO_STATS: ScopeWords(
        _("follower and like counts"), _("See follower, like and video counts"),
        _("To show the number of followers beside the account."),
        _("Without it, Clipdesk does not show followers and likes."),
    ),
    Scope.VIDEO_LIST: ScopeWords(
        _("the list of videos"), _("See public videos and their numbers"),
        _("To find a post on the profile if TikTok does not say whether it was published."),
        _("Without it, the team has to check on TikTok whether such a post was published."),
    ),
}  # fmt: skip


def feature_of(scope: str) -> str:
    """Name what a scope allows, or the scope itself if it is unknown."""
    return str(SCOPES[scope].feature) if scope in SCOPES else scope


def features_of(scopes: Iterable[str]) -> list[str]:
    """Name what these scopes allow, the most needed first."""
    wanted = set(scopes)
    known = [scope for scope in SCOPES if scope in wanted]
    return [feature_of(scope) for scope in (*known, *sorted(wanted - SCOPES.keys()))]


def missing_features(asked: Iterable[str], granted: Collection[str]) -> list[str]:
    """Name what the TikTok user did not allow, in the order of ``asked``."""
    return [feature_of(scope) for scope in asked if scope not in granted]


@dataclass(frozen=True, slots=True)
class Request:
    """One line of what an account owner is asked to allow."""

    name: str
    reason: str


def requests_for(scopes: Iterable[str]) -> list[Request]:
    """Say for each requested scope what it allows and why Clipdesk asks for it."""
    words = {scope: SCOPES.get(scope) for scope in scopes}
    return [Request(str(each.name), str(each.reason)) if each else Request(scope, "") for scope, each in words.items()]
