"""How a post's states look, those of ``PostState`` and those that only lists show."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from core.web.looks import Look
from tiktok.models import PostState

S = PostState
LOOKS: Final = {
    state.value: Look(tone, icon, state.label)
    for state, tone, icon in (
        (S.DRAFT, "neutral", "pencil"),
        (S.SCHEDULED, "accent", "calendar-time"),
        (S.DUE, "accent", "clock-play"),
        (S.INITING, "accent", "loader-2"),
        (S.UPLOADING, "accent", "cloud-upload"),
        (S.PROCESSING, "accent", "refresh"),
        (S.IN_INBOX, "good", "inbox"),
        (S.PUBLISHED, "good", "circle-check"),
        (S.WAITING_ACCOUNT, "warn", "clock-pause"),
        (S.NEEDS_ATTENTION, "warn", "alert-triangle"),
        (S.FAILED, "bad", "alert-octagon"),
        (S.CANCELLED, "neutral", "ban"),
    )
} | {
    "publishing": Look("accent", "loader-2", _("Publishing")),
    "reposted": Look("neutral", "repeat", _("Reposted")),
    "hidden": Look("warn", "eye-off", _("No longer public")),
}
