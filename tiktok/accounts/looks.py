"""How the states of accounts look; the words are those of ``AccountStatus``, with what is shown beyond them."""

from typing import Final

from django.utils.translation import pgettext_lazy

from core.web.looks import Look
from tiktok.models import AccountStatus
from tiktok.models.account import EXPIRING, LIMITED

S = AccountStatus
LOOKS: Final = {
    S.ACTIVE.value: Look("good", "circle-check", S.ACTIVE.label),
    EXPIRING: Look("warn", "hourglass", pgettext_lazy("account", "Expires soon")),
    LIMITED: Look("warn", "shield-lock", pgettext_lazy("account", "Can’t publish")),
    S.RECONNECT_NEEDED.value: Look("bad", "plug-connected-x", S.RECONNECT_NEEDED.label),
    S.DISCONNECTING.value: Look("neutral", "loader-2", S.DISCONNECTING.label),
    S.DISCONNECTED.value: Look("neutral", "plug-x", S.DISCONNECTED.label),
    "sandbox": Look("neutral", "flask", pgettext_lazy("account", "Sandbox")),
}
