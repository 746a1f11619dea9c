"""The account that a person filters by, kept in the session per instance."""

from typing import Final
from uuid import UUID

from instances.http import InstanceRequest
from tiktok.models import TikTokAccount

SESSION_KEY: Final = "selected_accounts"
PARAMETER: Final = "account"


def select_account(request: InstanceRequest, account_id: UUID | None) -> None:
    """Remember the choice; None means all. The caller has checked that the account belongs to this instance."""
    chosen = dict(request.session.get(SESSION_KEY, {}))
    chosen.pop(str(request.instance.pk), None)
    if account_id is not None:
        chosen[str(request.instance.pk)] = str(account_id)
    request.session[SESSION_KEY] = chosen


def selected_account_id(request: InstanceRequest) -> UUID | None:
    """Return the chosen account, or None for all; ``?account=<id>`` chooses one, ``?account=`` resets."""
    if PARAMETER in request.GET:
        _choose(request, request.GET[PARAMETER])
    chosen = request.session.get(SESSION_KEY, {}).get(str(request.instance.pk))
    return parse_id(chosen or "")


def _choose(request: InstanceRequest, text: str) -> None:
    account_id = parse_id(text)
    is_ours = account_id is not None and TikTokAccount.objects.filter(pk=account_id).exists()
    if is_ours or not text:
        select_account(request, account_id)


def parse_id(text: str) -> UUID | None:
    """Parse an id from an address; None if it is not one."""
    try:
        return UUID(text)
    except ValueError:
        return None
