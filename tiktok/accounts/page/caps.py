"""TikTok's limits as they stand for one account."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tiktok.access import throttle
from tiktok.api.limits import Endpoint
from tiktok.models import TikTokCredential

LABELS: Final[dict[Endpoint, Promise]] = {
    Endpoint.VIDEO_INIT: _("Uploads begun"),
    Endpoint.CREATOR_INFO: _("Posting options read"),
    Endpoint.STATUS_FETCH: _("States of posts read"),
    Endpoint.USER_INFO: _("Profile read"),
}


@dataclass(frozen=True, slots=True)
class RateLine:
    """Calls of the last minute against what TikTok allows."""

    label: Promise
    spent: throttle.Spent


def rate_lines(credential: TikTokCredential) -> list[RateLine]:
    """One line per limited call; one statement."""
    spent = throttle.spent_by(credential.pk)
    return [RateLine(label, spent[endpoint]) for endpoint, label in LABELS.items()]
