"""TikTok's limits as they stand for one account."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tiktok.access import throttle
from tiktok.api.limits import Endpoint
from tiktok.models import TikTokCredential

LABELS: Final[dict[Endpoint, Promise]] = {
    Endpoint.VIDEO_INIT: _("Uploads started"),
    Endpoint.CREATOR_INFO: _("Posting options"),
    Endpoint.STATUS_FETCH: _("Status checks"),
    Endpoint.USER_INFO: _("Profile syncs"),
}


@dataclass(frozen=True, slots=True)
class RateLine:
    """Calls in the last minute, against TikTok's limit."""

    label: Promise
    spent: throttle.Spent


def rate_lines(credential: TikTokCredential) -> list[RateLine]:
    """Return one line per limited call, in one statement."""
    spent = throttle.spent_by(credential.pk)
    return [RateLine(label, spent[endpoint]) for endpoint, label in LABELS.items()]
