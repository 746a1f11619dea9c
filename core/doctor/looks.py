"""Colours and icons of the states of findings."""

from typing import Final

from django.utils.translation import pgettext_lazy

from core.web.looks import Look

LOOKS: Final = {
    "ok": Look("good", "circle-check", pgettext_lazy("check", "OK")),
    "warning": Look("warn", "alert-triangle", pgettext_lazy("check", "Warning")),
    "fault": Look("bad", "alert-octagon", pgettext_lazy("check", "Error")),
    "cannot_tell": Look("neutral", "help-circle", pgettext_lazy("check", "Unknown")),
}
