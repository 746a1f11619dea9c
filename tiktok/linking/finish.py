"""The end of the callback: from tokens to a linked account with its profile."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _

from accounts.models import User
from instances.access import Access
from instances.roles import Permission
from instances.scoping import instance_scope
from tiktok.api import display
from tiktok.api.errors import TikTokError
from tiktok.api.types import TokenSet
from tiktok.gateway import give_back_connection, tiktok_client
from tiktok.linking import outcomes, services
from tiktok.linking.attempt import LinkAttempt
from tiktok.linking.outcomes import Outcome
from tiktok.linking.profile import sync_profile
from tiktok.linking.services import Linked, OtherTikTokUser
from tiktok.linking.tokens import ReconnectNeeded, RefreshUnderWay
from tiktok.models import AccountStatus, TikTokAccount, TikTokApp
from tiktok.throttle import RateHeld


def finish_link(
    user: User | AnonymousUser, *, attempt: LinkAttempt, app: TikTokApp, tokens: TokenSet, asked_at: datetime
) -> Outcome:
    """Check the person once more, link, read the profile, and say how it went."""
    access = attempt.access(user)
    if access is None:
        services.let_go(app, tokens, asked_at)
        return outcomes.not_allowed()
    with instance_scope(access.instance):
        return _link(access, attempt, app, tokens, asked_at)


def _link(access: Access, attempt: LinkAttempt, app: TikTokApp, tokens: TokenSet, asked_at: datetime) -> Outcome:
    reconnect = _account(attempt)
    if attempt.account and (reconnect is None or _is_unlinked_for(access, reconnect)):
        services.let_go(app, tokens, asked_at)
        return outcomes.not_allowed()
    try:
        linked = services.link_account(
            access.instance, app=app, actor=access.user, tokens=tokens, asked_at=asked_at,
            name=attempt.name, reconnect=reconnect,
        )  # fmt: skip
    except OtherTikTokUser:
        came_back = _who(tokens)
        services.let_go(app, tokens, asked_at)
        return outcomes.other_user(str(reconnect), came_back)
    return outcomes.linked(linked, _complete(linked, attempt))


def _account(attempt: LinkAttempt) -> TikTokAccount | None:
    if not attempt.account:
        return None
    return TikTokAccount.objects.select_related("credential").filter(pk=UUID(attempt.account)).first()


def _is_unlinked_for(access: Access, account: TikTokAccount) -> bool:
    """Whether somebody disconnected it while the person was at TikTok, who may reconnect but not link."""
    is_leaving = account.status in (AccountStatus.DISCONNECTING, AccountStatus.DISCONNECTED)
    return is_leaving and not access.can(Permission.ACCOUNT_MANAGE)


def _complete(linked: Linked, attempt: LinkAttempt) -> str:
    """Read the profile; what could not be done, in words. A new account without a name takes TikTok's."""
    account = linked.account
    try:
        sync_profile(account)
    except (TikTokError, ReconnectNeeded, RefreshUnderWay, RateHeld):
        return _("Its profile could not be read yet; Clipdesk tries again by itself.")
    if linked.is_new and not attempt.name and (name := account.display_name or account.username):
        account.name = name[:80]
        account.save(update_fields=["name"])
    return ""


def _who(tokens: TokenSet) -> str:
    """The name of the TikTok user who came back, if TikTok tells."""
    give_back_connection()
    try:
        info = display.get_user_info(tiktok_client(), access_token=tokens.access_token, scopes=tokens.scopes)
    except TikTokError:
        return ""
    return f"{info.display_name} (@{info.username})" if info.username else info.display_name or ""
