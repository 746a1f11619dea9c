"""Reactivation of accounts whose tokens could not be read without a key that is back."""

from instances.scoping import unscoped
from tiktok.access.reasons import UNDECRYPTABLE
from tiktok.access.status import revive_accounts
from tiktok.models import AccountStatus, TikTokAccount, TikTokCredential
from tiktok.models.fields import Undecryptable


def revive_readable() -> None:
    """Reactivate accounts that only waited for a key of the ring, and requeue their posts. May run often."""
    with unscoped(reason="a key that is back brings back the accounts of every instance"):
        unreadable = TikTokAccount.objects.filter(
            status=AccountStatus.RECONNECT_NEEDED, status_reason=UNDECRYPTABLE
        ).values("credential_id")
        waiting = list(TikTokCredential.objects.filter(pk__in=unreadable, withdrawn_at=None))
    for credential in waiting:
        if _is_readable(credential):
            revive_accounts(credential.pk)


def _is_readable(credential: TikTokCredential) -> bool:
    try:
        return None not in (credential.access_token, credential.refresh_token)
    except Undecryptable:
        return False
