"""Find accounts among hundreds: search, status, label and order, for the Accounts page and the account switcher.

Rows are compared in Python: SQLite folds the case of ASCII only and cannot search lists in JSON. One light row for
each of the instance's accounts costs one statement, which yields all counts too.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tiktok.accounts.labels import count_labels, has_label
from tiktok.models import AccountStatus, TikTokAccount, shown_status
from tiktok.models.account import EXPIRING, LIMITED

CARDS: Final = "cards"
TABLE: Final = "table"
VIEWS: Final = (CARDS, TABLE)
PER_PAGE: Final = 24  # if there are more accounts, they are shown as a table unless the person chose cards
LONGEST_SEARCH: Final = 100
# Accounts that need attention come first.
BY_TROUBLE: Final = (
    AccountStatus.RECONNECT_NEEDED.value,
    LIMITED,
    EXPIRING,
    AccountStatus.DISCONNECTING.value,
    AccountStatus.ACTIVE.value,
    AccountStatus.DISCONNECTED.value,
)
SORTS: Final = ("name", "status", "recent")


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """Search, filters and order of the list, as given in the address."""

    search: str = ""
    status: str = ""
    label: str = ""
    sort: str = SORTS[0]
    view: str = ""

    @classmethod
    def read(cls, data: Mapping[str, str]) -> Self:
        """Parse the query string, ignoring values that are not valid."""
        status, sort, view = data.get("status", ""), data.get("sort", ""), data.get("view", "")
        return cls(
            search=data.get("q", "").strip()[:LONGEST_SEARCH],
            status=status if status in BY_TROUBLE else "",
            label=data.get("label", "").strip()[:LONGEST_SEARCH],
            sort=sort if sort in SORTS else SORTS[0],
            view=view if view in VIEWS else "",
        )

    @property
    def query(self) -> str:
        """The query string, without defaults."""
        usual = AccountFilter()
        pairs = {"q": self.search, "status": self.status, "label": self.label}
        pairs |= {"sort": self.sort if self.sort != usual.sort else "", "view": self.view}
        return urlencode({name: value for name, value in pairs.items() if value})

    @property
    def is_narrow(self) -> bool:
        """Whether it hides any account."""
        return bool(self.search or self.status or self.label)


@dataclass(frozen=True, slots=True)
class Line:
    """The columns of an account by which it is found."""

    pk: UUID
    name: str
    display_name: str
    username: str
    labels: list[str]
    status: str  # of shown_status()
    linked_at: datetime
    app_id: UUID

    def has_words(self, words: Iterable[str]) -> bool:
        """Whether each of these case-folded words occurs in a name or a label."""
        text = "\n".join((self.name, self.display_name, f"@{self.username}", *self.labels)).casefold()
        return all(word in text for word in words)

    def has_label(self, label: str) -> bool:
        """Compare without regard to case."""
        return has_label(self.labels, label)


@dataclass(frozen=True, slots=True)
class Chip:
    """A status to filter by, with the number of accounts it would show."""

    value: str
    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the accounts found, and the other filters on offer.

    ``total``: all accounts of the instance; ``has_several_apps``: whether they were connected through more than one.
    """

    filter: AccountFilter
    view: str
    page: "Page[Line]"
    counts: Mapping[str, int]
    labels: list[tuple[str, int]]
    total: int
    has_several_apps: bool

    def query_as(self, view: str) -> str:
        """Return the query string for the same filter in another view."""
        return replace(self.filter, view=view).query

    @property
    def ids(self) -> list[UUID]:
        """The ids of this page's accounts, in order."""
        return [line.pk for line in self.page]

    @property
    def chips(self) -> list[Chip]:
        """All, then every status in use, those that need attention first."""
        every = Chip("", _("All %(count)d") % {"count": sum(self.counts.values())}, not self.filter.status)
        shown = [word for word in BY_TROUBLE if self.counts.get(word) or word == self.filter.status]
        return [
            every,
            *(Chip(word, _say(word, self.counts.get(word, 0)), word == self.filter.status) for word in shown),
        ]


def _say(status: str, count: int) -> str:
    texts = {
        "reconnect_needed": _("%(count)d to reconnect"),
        "limited": ngettext("%(count)d can’t publish", "%(count)d can’t publish", count),
        "expiring": ngettext("%(count)d expires soon", "%(count)d expire soon", count),
        "disconnecting": ngettext("%(count)d being disconnected", "%(count)d being disconnected", count),
        "active": ngettext("%(count)d active", "%(count)d active", count),
        "disconnected": ngettext("%(count)d disconnected", "%(count)d disconnected", count),
    }
    return texts[status] % {"count": count}


def list_accounts(
    wanted: AccountFilter, page: str = "", *, per_page: int = PER_PAGE, without: Collection[str] = ()
) -> Listing:
    """Find accounts in one statement; each count says how many accounts choosing that status would show."""
    lines = [line for line in _lines() if line.status not in without]
    words = wanted.search.casefold().split()
    left = [line for line in lines if line.has_words(words) and (not wanted.label or line.has_label(wanted.label))]
    shown = [line for line in left if not wanted.status or line.status == wanted.status]
    view = wanted.view or (TABLE if len(lines) > PER_PAGE else CARDS)
    return Listing(
        filter=wanted,
        view=view,
        page=Paginator(_sorted(shown, wanted.sort), per_page).get_page(page),
        counts=Counter(line.status for line in left),
        labels=labels_in_use(lines),
        total=len(lines),
        has_several_apps=len({line.app_id for line in lines}) > 1,
    )


def labels_in_use(lines: Iterable[Line] | None = None) -> list[tuple[str, int]]:
    """Return the open instance's labels with the number of accounts that have them."""
    return count_labels(line.labels for line in (_lines() if lines is None else lines))


def _lines() -> list[Line]:
    columns = ("pk", "name", "display_name", "username", "labels", "linked_at", "status")
    rows = TikTokAccount.objects.values_list(
        *columns, "credential__refresh_expires_at", "credential__scopes", "credential__app_id"
    )
    return [
        Line(pk, name, display_name, username, labels, shown_status(status, ends_at, scopes), linked_at, app_id)
        for pk, name, display_name, username, labels, linked_at, status, ends_at, scopes, app_id in rows
    ]


def _sorted(lines: list[Line], sort: str) -> list[Line]:
    lines = sorted(lines, key=lambda line: (line.name.casefold(), line.linked_at, line.pk))
    if sort == "status":
        lines.sort(key=lambda line: BY_TROUBLE.index(line.status))
    if sort == "recent":
        lines.sort(key=lambda line: line.linked_at, reverse=True)
    return lines
