"""Colours and icons of the states of media."""

from typing import Final

from django.utils.translation import pgettext_lazy

from core.web.looks import Look

LOOKS: Final = {
    "media_checking": Look("accent", "loader-2", pgettext_lazy("media", "Checking…")),
    "media_refused": Look("bad", "alert-octagon", pgettext_lazy("media", "Can’t be used")),
    "media_ready": Look("good", "circle-check", pgettext_lazy("media", "Ready for TikTok")),
}
