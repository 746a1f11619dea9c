"""What every page's frame shows about TikTok."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest

from instances.http import InstanceRequest
from tiktok.linking.queries import account_status, accounts, avatar_url
from tiktok.linking.selection import selected_account_id
from tiktok.models import AccountStatus, TikTokAccount
from tiktok.publishing import quarantine

REAL_API: Final = "https://open.tiktokapis.com"


def tiktok(request: HttpRequest) -> dict[str, Any]:
    """``is_simulated``: whatever speaks TikTok's API here is not TikTok, and every page says so.

    ``quarantined_since``: nothing is sent, and every page of an instance says so.
    """
    return {"is_simulated": settings.TIKTOK_API_BASE_URL != REAL_API, "quarantined_since": quarantine.since}


def rail_accounts(request: InstanceRequest) -> dict[str, Any]:
    """The instance's accounts for the left rail, by name, and which of them the person looks at."""
    chosen = selected_account_id(request)
    slug = request.instance.slug
    shown = accounts().exclude(status=AccountStatus.DISCONNECTED)
    return {
        "accounts": [_entry(account, slug, is_selected=account.pk == chosen) for account in shown],
        "all_accounts_url": "?account=",
        "all_accounts_selected": chosen is None,
    }


def _entry(account: TikTokAccount, slug: str, *, is_selected: bool) -> dict[str, Any]:
    status, label = account_status(account)
    return {
        "id": account.pk,
        "name": account.name,
        "username": account.username,
        "avatar_url": avatar_url(account, slug),
        "status": status,
        "status_label": label,
        "is_sandbox": account.credential.app.is_sandbox,
        "selected": is_selected,
    }
