"""The data of the account page."""

from dataclasses import dataclass

from django.db.models import QuerySet

from instances.access import Access
from instances.roles import Permission
from tiktok.access import quota
from tiktok.accounts.page.caps import RateLine, rate_lines
from tiktok.accounts.page.health import Health
from tiktok.accounts.page.history import Happening, history_of
from tiktok.accounts.page.posts import PostsOfAccount, posts_of
from tiktok.accounts.queries import accounts, avatar_url
from tiktok.accounts.sharing import Sharing, sharing_of
from tiktok.models import TikTokAccount


@dataclass(frozen=True, slots=True)
class AccountPage:
    """One account as a person sees it."""

    account: TikTokAccount
    avatar_url: str
    health: Health
    sharing: Sharing
    usage: quota.Usage
    rates: list[RateLine]
    posts: PostsOfAccount
    history: list[Happening] | None


def find_accounts() -> QuerySet[TikTokAccount]:
    """Return the open instance's accounts with the related rows that the page needs."""
    return accounts().select_related("credential__app", "instance__tenant", "linked_by")


def account_page(account: TikTokAccount, access: Access) -> AccountPage:
    """Read all in a fixed number of statements; two more if the user is connected elsewhere or a limit holds posts."""
    return AccountPage(
        account=account,
        avatar_url=avatar_url(account, access.instance.slug),
        health=Health(account),
        sharing=sharing_of(account, access.user),
        usage=quota.usage_of(account.credential),
        rates=rate_lines(account.credential),
        posts=posts_of(account),
        history=history_of(account) if access.can(Permission.AUDIT_VIEW) else None,
    )
