"""The end of the callback: from tokens to a connected account with its profile."""

from datetime import datetime

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from instances.access import Access
from instances.scoping import instance_scope
from tiktok.access.gateway import call_without_credential
from tiktok.api import display
from tiktok.api.errors import TikTokError
from tiktok.api.types import TokenSet
from tiktok.connect import outcomes, services
from tiktok.connect.attempt import LinkAttempt, NotAllowed
from tiktok.connect.complete import complete
from tiktok.connect.links.finish import link_by_link
from tiktok.connect.outcomes import Outcome
from tiktok.connect.refusal import refusal
from tiktok.connect.services import OtherTikTokUser
from tiktok.models import AccountStatus, TikTokAccount, TikTokApp


def check_attempt(user: User | AnonymousUser, attempt: LinkAttempt) -> Access:
    """Check the attempt before the code is exchanged. Raises NotAllowed."""
    access = attempt.check(user)
    with instance_scope(access.instance):
        attempt.check_account(access)
    return access


def finish_link(
    user: User | AnonymousUser, *, attempt: LinkAttempt, app: TikTokApp, tokens: TokenSet, asked_at: datetime
) -> Outcome:
    """Check the person again, connect the account, read its profile and return the outcome."""
    try:
        access = attempt.check(user)
        with instance_scope(access.instance):
            if attempt.link:
                return link_by_link(access, user, attempt=attempt, app=app, tokens=tokens, asked_at=asked_at)
            return _link(access, attempt, app, tokens, asked_at)
    except NotAllowed as refused:
        services.let_go(app, tokens, asked_at)
        return refusal(refused)


def _link(access: Access, attempt: LinkAttempt, app: TikTokApp, tokens: TokenSet, asked_at: datetime) -> Outcome:
    reconnect = attempt.check_account(access)
    if not tokens.scopes:
        services.let_go(app, tokens, asked_at)
        return outcomes.fault("no_scopes")
    try:
        linked = services.link_account(
            access.instance, app=app, actor=access.user, tokens=tokens, asked_at=asked_at,
            name=attempt.name, reconnect=reconnect,
        )  # fmt: skip
    except OtherTikTokUser as other:
        came_back, linked_as = _who(tokens), _linked_as(app, tokens)
        services.let_go(app, tokens, asked_at)
        return outcomes.other_user(expected=_called(other.expected), came_back=came_back, linked_as=linked_as)
    return outcomes.linked(linked, complete(linked, named=bool(attempt.name)))


def _called(account: TikTokAccount) -> str:
    """Return the team's name of the account, with TikTok's."""
    return f"{account.name} (@{account.username})" if account.username else account.name


def _linked_as(app: TikTokApp, tokens: TokenSet) -> str:
    """Return the name of the connected account of this TikTok user, "" if there is none."""
    account = services.links_here(app, tokens).exclude(status=AccountStatus.DISCONNECTED).first()
    return _called(account) if account else ""


def _who(tokens: TokenSet) -> str:
    """Return the name of the TikTok user who came back, if TikTok reports it."""
    try:
        info = call_without_credential(
            lambda client: display.get_user_info(client, access_token=tokens.access_token, scopes=tokens.scopes)
        )
    except TikTokError:
        return ""
    return f"{info.display_name} (@{info.username})" if info.username else info.display_name or ""
