"""What the account page shows."""

from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet

from instances.access import Access
from instances.roles import Permission
from tiktok import quota
from tiktok.account.caps import RateLine, rate_lines
from tiktok.account.health import Health
from tiktok.account.history import Happening, history_of
from tiktok.linking.queries import accounts, avatar_url
from tiktok.linking.sharing import Sharing, sharing_of
from tiktok.models import Post, PostState, TikTokAccount
from tiktok.models.states import HANDED_OVER
from tiktok.publishing import lists

LATEST: Final = 10


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of the account's posts stand in a state."""

    state: str
    count: int

    @property
    def label(self) -> str:
        """ "3 · Scheduled"."""
        return f"{self.count} · {PostState(self.state).label}"


@dataclass(frozen=True, slots=True)
class AccountPage:
    """One account, as a person sees it."""

    account: TikTokAccount
    avatar_url: str
    health: Health
    sharing: Sharing
    usage: quota.Usage
    rates: list[RateLine]
    tallies: list[Tally]
    latest: list[Post]
    history: list[Happening] | None

    @property
    def posts(self) -> int:
        """All of them, but those set aside."""
        return sum(tally.count for tally in self.tallies)

    @property
    def under_way(self) -> int:
        """Posts that are at TikTok, or on the way."""
        return sum(tally.count for tally in self.tallies if tally.state in HANDED_OVER)


def find_accounts() -> QuerySet[TikTokAccount]:
    """The open instance's accounts with all that the page needs of other tables."""
    return accounts().select_related("credential__app", "instance__tenant", "linked_by")


def account_page(account: TikTokAccount, access: Access) -> AccountPage:
    """A fixed number of statements, two more where the TikTok user is linked elsewhere or a cap holds posts."""
    counts = lists.counts_by_state(account.pk)
    return AccountPage(
        account=account,
        avatar_url=avatar_url(account, access.instance.slug),
        health=Health(account),
        sharing=sharing_of(account, access.user),
        usage=quota.usage_of(account.credential),
        rates=rate_lines(account.credential),
        tallies=[Tally(state, counts[state]) for state in PostState.values if counts.get(state)],
        latest=list(lists.posts_for_list(account_id=account.pk)[:LATEST]),
        history=history_of(account) if access.can(Permission.AUDIT_VIEW) else None,
    )
