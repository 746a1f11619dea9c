"""Labels, tones and icons of the states of connect links."""

from typing import Final

from django.utils.translation import pgettext_lazy

from core.web.looks import Look

LOOKS: Final = {
    "link_open": Look("accent", "link", pgettext_lazy("connect link", "Open")),
    "link_used": Look("good", "circle-check", pgettext_lazy("connect link", "Used")),
    "link_revoked": Look("neutral", "link-off", pgettext_lazy("connect link", "Revoked")),
    "link_expired": Look("neutral", "hourglass", pgettext_lazy("connect link", "Expired")),
    "linked": Look("good", "plug-connected", pgettext_lazy("connect link", "Connected")),
    "link_maker_gone": Look("warn", "user-x", pgettext_lazy("connect link", "Creator lost access")),
}
