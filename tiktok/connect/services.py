"""Connect the TikTok user who came back from TikTok, or give their tokens back."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.audit import record
from accounts.models import User
from instances.acting import needs
from instances.models import Instance, NoticeKind
from instances.roles import Permission
from tiktok.access.endings import resolve_endings
from tiktok.access.notices import resolve
from tiktok.access.revoke import revoke
from tiktok.access.scopes import missing_features
from tiktok.access.status import requeue_posts, revive_accounts
from tiktok.access.tokens import store_tokens
from tiktok.api.errors import TikTokError
from tiktok.api.types import TokenSet
from tiktok.models import AccountStatus, TikTokAccount, TikTokApp, TikTokCredential


class LinkHow(StrEnum):
    """Result of connecting an account."""

    LINKED = "linked"
    UPDATED = "updated"
    RECONNECTED = "reconnected"


@dataclass(frozen=True, slots=True)
class Linked:
    """The account, what happened to it, and what the TikTok user did not allow."""

    account: TikTokAccount
    how: LinkHow
    is_new: bool
    missing: list[str]


class OtherTikTokUser(Exception):
    """Another TikTok user came back than that of ``expected``, the account to reconnect."""

    def __init__(self, expected: TikTokAccount) -> None:
        super().__init__()
        self.expected = expected


@needs(Permission.ACCOUNT_RECONNECT)
def link_account(
    instance: Instance,
    *,
    app: TikTokApp,
    actor: User,
    tokens: TokenSet,
    asked_at: datetime,
    name: str = "",
    reconnect: TikTokAccount | None = None,
) -> Linked:
    """Store the tokens and connect their TikTok user to the instance, inside its scope.

    An account that is already connected is updated and keeps its name. ``asked_at``: the database's time before the
    tokens were requested. Raises OtherTikTokUser (nothing written) if ``reconnect`` is another TikTok user.
    """
    if reconnect is not None and reconnect.credential.open_id != tokens.open_id:
        raise OtherTikTokUser(reconnect)
    with transaction.atomic():
        credential = store_tokens(app, tokens, asked_at)
        account, how, is_new = _upsert_account(instance, credential, actor, name)
        how = LinkHow.RECONNECTED if reconnect is not None else how
        missing = missing_features(app.scopes, credential.scopes)
        record(
            f"account.{how}", tenant=instance.tenant, actor=actor, instance_id=instance.pk, target=account,
            app=str(app), scopes=list(credential.scopes),
        )  # fmt: skip
    _go_on(credential)
    return Linked(account, how, is_new, missing)


def _go_on(credential: TikTokCredential) -> None:
    """Resume what waited for a new consent, in all instances."""
    revive_accounts(credential.pk)
    resolve_endings(credential.pk)
    requeue_posts(credential.pk)


def _upsert_account(
    instance: Instance, credential: TikTokCredential, actor: User, name: str
) -> tuple[TikTokAccount, LinkHow, bool]:
    account, created = TikTokAccount.objects.select_for_update().get_or_create(
        credential=credential,
        defaults={"instance": instance, "name": name or _("TikTok account"), "linked_by": actor},
    )
    if created:
        return account, LinkHow.LINKED, True
    was_gone = account.status == AccountStatus.DISCONNECTED
    account.status, account.status_reason = AccountStatus.ACTIVE, ""
    account.disconnect_at = account.disconnected_at = None
    account.linked_by = actor
    account.linked_at = timezone.now() if was_gone else account.linked_at
    account.save(
        update_fields=["status", "status_reason", "disconnect_at", "disconnected_at", "linked_by", "linked_at"]
    )
    resolve(account, NoticeKind.ENDED)
    return account, LinkHow.LINKED if was_gone else LinkHow.UPDATED, False


def links_here(app: TikTokApp, tokens: TokenSet) -> QuerySet[TikTokAccount]:
    """Return the open instance's account of this TikTok user, in any status; at most one."""
    return TikTokAccount.objects.filter(credential__app=app, credential__open_id=tokens.open_id)


def let_go(app: TikTokApp, tokens: TokenSet, asked_at: datetime) -> None:
    """Give the tokens back to TikTok, or keep them if the same TikTok user is connected elsewhere."""
    known = TikTokCredential.objects.filter(app=app, open_id=tokens.open_id, next_refresh_at__isnull=False)
    if known.exists():
        _go_on(store_tokens(app, tokens, asked_at))
        return
    try:
        revoke(app, tokens.access_token)
    except TikTokError:
        return  # they are not stored anywhere and end by themselves
