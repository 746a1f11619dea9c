"""Why an account has to be reconnected: the words behind ``TikTokAccount.status_reason``. Pure."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# TikTok's word, or the end of what it gave: nothing more is asked with these tokens.
WITHDRAWN: Final = "withdrawn"
EXPIRED: Final = "expired"
USER_DISCONNECTED: Final = "user_disconnected"
ACCOUNT_DELETED: Final = "account_deleted"
AGE_CHANGED: Final = "age_changed"
ACCOUNT_BANNED: Final = "account_banned"
DEVELOPER_REVOKED: Final = "developer_revoked"
# Ours: TikTok gave new tokens, and nobody has them. Its own answer to the old ones is that they have ended.
PAIR_LOST: Final = "pair_lost"
# Ours: a key of the ring is missing, or the value is damaged.
UNDECRYPTABLE: Final = "undecryptable"
ENDS_THE_GRANT: Final = frozenset(
    {WITHDRAWN, EXPIRED, USER_DISCONNECTED, ACCOUNT_DELETED, AGE_CHANGED, ACCOUNT_BANNED, DEVELOPER_REVOKED, PAIR_LOST}
)

_TEXTS: Final[Mapping[str, Promise]] = {
    WITHDRAWN: _("TikTok has ended the permission for this account."),
    EXPIRED: _("The permission that TikTok gave for this account has run out."),
    USER_DISCONNECTED: _("The account's owner took the permission back at TikTok."),
    ACCOUNT_DELETED: _("TikTok says that this account was deleted."),
    AGE_CHANGED: _("TikTok ended the permission because the age in the owner's profile was changed."),
    ACCOUNT_BANNED: _("TikTok has banned this account and ended the permission."),
    DEVELOPER_REVOKED: _("The permission was given back to TikTok in the name of the TikTok app."),
    PAIR_LOST: _("TikTok's answer with the next permission for this account was lost on its way."),
    "token_refused": _("TikTok refuses the stored permission for this account."),
    UNDECRYPTABLE: _("The stored permission for this account cannot be read any more."),
}
_UNKNOWN: Final = _("TikTok asks for a new permission for this account.")


def reason_text(reason: str) -> str:
    """What happened, in a sentence."""
    return str(_TEXTS.get(reason, _UNKNOWN))
