"""The end of the callback for an account owner who used a connect link."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from accounts.models import User
from instances.access import Access
from tiktok.access.scopes import missing_features
from tiktok.api.types import TokenSet
from tiktok.connect import services
from tiktok.connect.attempt import LinkAttempt
from tiktok.connect.complete import complete
from tiktok.connect.links import outcomes
from tiktok.connect.links.queries import link_by_id, standing_of
from tiktok.connect.links.services import LinkUnusable, claim_link, note_use
from tiktok.connect.outcomes import Outcome, fault
from tiktok.connect.services import Linked
from tiktok.models import AccountStatus, ConnectLink, TikTokAccount, TikTokApp


def link_by_link(
    access: Access, person: User | AnonymousUser, *, attempt: LinkAttempt, app: TikTokApp, tokens: TokenSet,
    asked_at: datetime,
) -> Outcome:  # fmt: skip
    """Connect in the name of the link's creator and use the link up, in one transaction, inside the instance's scope.

    An account that is already connected and active leaves the link open. Of two callbacks at once one wins.
    """
    if not tokens.scopes:
        services.let_go(app, tokens, asked_at)
        return fault("no_scopes")
    link = attempt.find_link()
    if link is not None and (present := _present(app, tokens)):
        services.let_go(app, tokens, asked_at)
        return outcomes.already(link, present, missing_features(app.scopes, tokens.scopes))
    try:
        link, linked = _link_once(access, person, attempt, app, tokens, asked_at)
    except LinkUnusable:
        services.let_go(app, tokens, asked_at)
        return outcomes.unusable(standing_of(link_by_id(UUID(attempt.link))).state)
    return outcomes.linked(link, linked, complete(linked, named=bool(attempt.name)))


def _present(app: TikTokApp, tokens: TokenSet) -> TikTokAccount | None:
    """Return the instance's active account of this TikTok user."""
    return services.links_here(app, tokens).filter(status=AccountStatus.ACTIVE).first()


def _link_once(
    access: Access, person: User | AnonymousUser, attempt: LinkAttempt, app: TikTokApp, tokens: TokenSet,
    asked_at: datetime,
) -> tuple[ConnectLink, Linked]:  # fmt: skip
    with transaction.atomic():
        link = claim_link(UUID(attempt.link))
        linked = services.link_account(
            access.instance, app=app, actor=access.user, tokens=tokens, asked_at=asked_at, name=attempt.name
        )
        note_use(link, linked.account, by=person if isinstance(person, User) else None)
    return link, linked
