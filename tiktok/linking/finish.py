"""The end of the callback: from tokens to a linked account with its profile."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

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
from tiktok.linking.complete import complete
from tiktok.linking.connect_links.finish import link_by_link
from tiktok.linking.outcomes import Outcome
from tiktok.linking.refusal import refusal
from tiktok.linking.services import OtherTikTokUser
from tiktok.models import AccountStatus, TikTokAccount, TikTokApp


def finish_link(
    user: User | AnonymousUser, *, attempt: LinkAttempt, app: TikTokApp, tokens: TokenSet, asked_at: datetime
) -> Outcome:
    """Check the person once more, link, read the profile, and say how it went."""
    access = attempt.access(user)
    if access is None:
        services.let_go(app, tokens, asked_at)
        return refusal(attempt)
    with instance_scope(access.instance):
        if attempt.link:
            return link_by_link(access, user, attempt=attempt, app=app, tokens=tokens, asked_at=asked_at)
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
    return outcomes.linked(linked, complete(linked, named=bool(attempt.name)))


def _account(attempt: LinkAttempt) -> TikTokAccount | None:
    if not attempt.account:
        return None
    return TikTokAccount.objects.select_related("credential").filter(pk=UUID(attempt.account)).first()


def _is_unlinked_for(access: Access, account: TikTokAccount) -> bool:
    """Whether somebody disconnected it while the person was at TikTok, who may reconnect but not link."""
    is_leaving = account.status in (AccountStatus.DISCONNECTING, AccountStatus.DISCONNECTED)
    return is_leaving and not access.can(Permission.ACCOUNT_MANAGE)


def _who(tokens: TokenSet) -> str:
    """The name of the TikTok user who came back, if TikTok tells."""
    give_back_connection()
    try:
        info = display.get_user_info(tiktok_client(), access_token=tokens.access_token, scopes=tokens.scopes)
    except TikTokError:
        return ""
    return f"{info.display_name} (@{info.username})" if info.username else info.display_name or ""
