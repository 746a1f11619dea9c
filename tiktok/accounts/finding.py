"""Accounts in the command palette."""

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from instances.http import InstanceRequest
from instances.palette import MOST_FOUND, Group, Hit
from tiktok.accounts.queries import account_status
from tiktok.accounts.queries import accounts as all_accounts
from tiktok.models import AccountStatus


def find_accounts(request: InstanceRequest, text: str) -> Group:
    """Return accounts by name or username; one statement."""
    found = all_accounts().exclude(status=AccountStatus.DISCONNECTED)
    named = found.filter(Q(name__icontains=text) | Q(username__icontains=text.removeprefix("@"))).order_by("name")
    return Group(
        _("Accounts"),
        [
            Hit(
                account.name,
                reverse("tiktok:account", args=[request.instance.slug, account.pk]),
                "brand-tiktok",
                f"@{account.username} · {account_status(account)[1]}"
                if account.username
                else account_status(account)[1],
            )
            for account in named[:MOST_FOUND]
        ],
    )
