"""Finding posts: the tabs of the list with their counts, search, account, label and order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Self
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db import models
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Lower
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tiktok.accounts.labels import count_labels, has_label
from tiktok.models import AccountStatus, Post, PostState, TikTokAccount
from tiktok.posts.queries import PUBLISHING, listed_posts
from tiktok.posts.successors import has_failed

PER_PAGE: Final = 25
LONGEST_SEARCH: Final = 100


class Tab(models.TextChoices):
    """The tabs of the list, in their order; the values are ``state`` in the address."""

    ALL = "all", _("All")
    SCHEDULED = "scheduled", _("Scheduled")
    DRAFTS = "draft", _("Drafts")
    PUBLISHING = "publishing", _("Publishing")
    PUBLISHED = "published", _("Published")
    ATTENTION = "needs_attention", _("Needs attention")
    CANCELLED = "cancelled", _("Cancelled")
    DISMISSED = "dismissed", _("Dismissed")


class Sort(models.TextChoices):
    """Orders beside the tab's own."""

    REVERSE = "reverse", _("Reverse order")
    ACCOUNT = "account", _("Account")


ATTENTION_STATES: Final = frozenset({PostState.WAITING_ACCOUNT, PostState.NEEDS_ATTENTION})
STATES: Final[Mapping[Tab, frozenset[PostState]]] = {
    Tab.SCHEDULED: frozenset({PostState.SCHEDULED}),
    Tab.DRAFTS: frozenset({PostState.DRAFT}),
    Tab.PUBLISHING: PUBLISHING,
    Tab.PUBLISHED: frozenset({PostState.PUBLISHED}),
    Tab.CANCELLED: frozenset({PostState.CANCELLED}),
}
#: Each follows an index, or sorts few rows.
ORDERS: Final[Mapping[Tab, tuple[str, ...]]] = {
    Tab.ALL: ("-created_at", "-id"),
    Tab.SCHEDULED: ("publish_at", "id"),
    Tab.PUBLISHING: ("publish_at", "id"),
    Tab.PUBLISHED: ("-published_at", "-id"),
    Tab.DRAFTS: ("-updated_at", "-id"),
    Tab.ATTENTION: ("-when", "-id"),
    Tab.CANCELLED: ("-updated_at", "-id"),
    Tab.DISMISSED: ("-created_at", "-id"),
}
#: Shown even when they are empty.
ALWAYS_SHOWN: Final = frozenset(Tab) - {Tab.CANCELLED, Tab.DISMISSED}


def tab_of(state: str) -> Tab:
    """Return the tab named in an address, or the one that lists posts of this state; ALL for anything else."""
    if state in Tab.values:
        return Tab(state)
    if state == PostState.FAILED or state in ATTENTION_STATES:
        return Tab.ATTENTION
    return next((tab for tab, states in STATES.items() if state in states), Tab.ALL)


def condition_of(tab: Tab) -> Q:
    """Return which posts a tab lists. Call it inside the scope."""
    if tab == Tab.DISMISSED:
        return Q(dismissed_at__isnull=False)
    listed = Q(dismissed_at=None)
    if tab == Tab.ATTENTION:
        return listed & (Q(state__in=ATTENTION_STATES) | has_failed())
    return listed & Q(state__in=STATES[tab]) if tab in STATES else listed


@dataclass(frozen=True, slots=True)
class PostFilter:
    """Tab, search and filters of the list, as given in the address."""

    tab: Tab = Tab.ALL
    search: str = ""
    account_id: UUID | None = None
    label: str = ""
    sort: str = ""

    @classmethod
    def read(cls, data: Mapping[str, str], account_id: UUID | None) -> Self:
        """Read an address; ``account_id`` is the account that the person chose. Unknown values are ignored."""
        sort = data.get("sort", "")
        return cls(
            tab=tab_of(data.get("state", "")),
            search=data.get("q", "").strip().replace("\0", "")[:LONGEST_SEARCH],
            account_id=account_id,
            label=data.get("label", "").strip()[:LONGEST_SEARCH],
            sort=sort if sort in Sort.values else "",
        )

    def query(self, **changes: object) -> str:
        """Return the address' query with these changes, without what is usual."""
        wanted = replace(self, **changes)  # type: ignore[arg-type]
        pairs = {
            "state": "" if wanted.tab == Tab.ALL else wanted.tab.value,
            "q": wanted.search,
            "account": str(wanted.account_id or ""),
            "label": wanted.label,
            "sort": wanted.sort,
        }
        return urlencode({name: value for name, value in pairs.items() if value})

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves posts out that the tab would list."""
        return bool(self.search or self.account_id or self.label)

    @property
    def order(self) -> tuple[str | Lower, ...]:
        """The tab's order, or the chosen one."""
        usual = ORDERS[self.tab]
        if self.sort == Sort.ACCOUNT:
            return (Lower("account__name"), *usual)
        return tuple(_reversed(usual)) if self.sort == Sort.REVERSE else usual


def _reversed(order: Iterable[str]) -> Iterable[str]:
    return (name[1:] if name.startswith("-") else f"-{name}" for name in order)


@dataclass(frozen=True, slots=True)
class TabLink:
    """A tab with how many posts it would list."""

    tab: Tab
    count: int
    query: str
    is_current: bool

    @property
    def label(self) -> str | Promise:
        """The tab's name."""
        return self.tab.label


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of posts, the counts of all tabs, and what else could be chosen.

    ``accounts``: linked ones and the chosen one; ``labels``: with the number of accounts that have each.
    """

    filter: PostFilter
    page: "Page[Post]"
    tabs: list[TabLink]
    accounts: list[TikTokAccount]
    labels: list[tuple[str, int]]

    @property
    def account(self) -> TikTokAccount | None:
        """The account that was chosen."""
        return next((account for account in self.accounts if account.pk == self.filter.account_id), None)


def list_posts(wanted: PostFilter, page: str = "") -> Listing:
    """List posts; four statements, however many there are. Counts are of what search, account and label leave."""
    accounts = list(TikTokAccount.objects.order_by("name", "pk"))
    if wanted.account_id not in {account.pk for account in accounts}:
        wanted = replace(wanted, account_id=None)
    found = matching(wanted, accounts)
    rows = listed_posts().filter(found, condition_of(wanted.tab)).order_by(*wanted.order)
    tabs = _tabs(wanted, Post.objects.filter(found))
    pages = Paginator(rows, PER_PAGE)
    pages.count = next(link.count for link in tabs if link.is_current)  # known already
    return Listing(
        filter=wanted,
        page=pages.get_page(page),
        tabs=tabs,
        accounts=[each for each in accounts if _is_linked(each) or each.pk == wanted.account_id],
        labels=count_labels(account.labels for account in accounts),
    )


def _is_linked(account: TikTokAccount) -> bool:
    return account.status != AccountStatus.DISCONNECTED


def _tabs(wanted: PostFilter, posts: "QuerySet[Post]") -> list[TabLink]:
    counts = posts.order_by().aggregate(**{tab.name: Count("pk", filter=condition_of(tab)) for tab in Tab})
    return [
        TabLink(tab, counts[tab.name], wanted.query(tab=tab, sort=""), tab == wanted.tab)
        for tab in Tab
        if tab in ALWAYS_SHOWN or counts[tab.name] or tab == wanted.tab
    ]


def matching(wanted: PostFilter, accounts: Iterable[TikTokAccount]) -> Q:
    """Return which posts search, account and label leave; each word is in the texts or in the account's names."""
    condition = Q(account_id=wanted.account_id) if wanted.account_id else Q()
    if wanted.label:
        condition &= Q(account_id__in=[account.pk for account in accounts if has_label(account.labels, wanted.label)])
    for word in wanted.search.split():
        named = [account.pk for account in accounts if _has_word(account, word)]
        condition &= _in_texts(word) | Q(account_id__in=named)
    return condition


def _has_word(account: TikTokAccount, word: str) -> bool:
    return word.casefold() in f"{account.name}\n{account.display_name}\n@{account.username}".casefold()


def _in_texts(word: str) -> Q:
    """SQLite ignores the case of ASCII letters only, so other words are looked for in several spellings."""
    condition = Q(caption__icontains=word) | Q(title__icontains=word)
    for spelling in sorted({word.lower(), word.upper(), word.title()} - {word}) if not word.isascii() else ():
        condition |= Q(caption__icontains=spelling) | Q(title__icontains=spelling)
    return condition
