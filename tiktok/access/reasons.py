"""Explanations of why an account has to be reconnected (``TikTokAccount.status_reason``). Pure."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# TikTok ended the authorization, or it expired: nothing more is asked with these tokens.
WITHDRAWN: Final = "withdrawn"
EXPIRED: Final = "expired"
USER_DISCONNECTED: Final = "user_disconnected"
ACCOUNT_DELETED: Final = "account_deleted"
AGE_CHANGED: Final = "age_changed"
ACCOUNT_BANNED: Final = "account_banned"
DEVELOPER_REVOKED: Final = "developer_revoked"
# Ours: TikTok issued new tokens that never arrived. Its own answer to the old ones is that they have ended.
PAIR_LOST: Final = "pair_lost"
# Ours: a key of the ring is missing, or the value is damaged.
UNDECRYPTABLE: Final = "undecryptable"
ENDS_THE_GRANT: Final = frozenset(
    {WITHDRAWN, EXPIRED, USER_DISCONNECTED, ACCOUNT_DELETED, AGE_CHANGED, ACCOUNT_BANNED, DEVELOPER_REVOKED, PAIR_LOST}
)

_TEXTS: Final[Mapping[str, Promise]] = {
    WITHDRAWN: _("TikTok has ended the authorization for this account."),
    EXPIRED: _("The TikTok authorization for this account has expired."),
    USER_DISCONNECTED: _("The account owner revoked the authorization at TikTok."),
    ACCOUNT_DELETED: _("This account was deleted at TikTok."),
    AGE_CHANGED: _("TikTok ended the authorization because the age in the account owner’s profile changed."),
    ACCOUNT_BANNED: _("TikTok has banned this account and ended the authorization."),
    DEVELOPER_REVOKED: _("The authorization was revoked through the TikTok app."),
    PAIR_LOST: _("TikTok renewed this account’s tokens, but its answer was lost."),
    "token_refused": _("TikTok rejects the stored tokens of this account."),
    UNDECRYPTABLE: _("The stored tokens of this account can’t be read."),
}
_UNKNOWN: Final = _("TikTok requires a new authorization for this account.")


def reason_text(reason: str) -> str:
    """Return what happened, in a sentence."""
    return str(_TEXTS.get(reason, _UNKNOWN))
