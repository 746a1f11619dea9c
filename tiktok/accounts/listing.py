"""Finding accounts among hundreds: search, status, label and order, for the cards and for the account switcher.

Compared here and not in the database: SQLite folds only ASCII's case and knows no lists in JSON, and one light row
for each of an instance's accounts costs one statement, from which all counts come too.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tiktok.accounts.labels import count_labels, key_of
from tiktok.models import AccountStatus, TikTokAccount, shown_status
from tiktok.models.account import EXPIRING, LIMITED

PER_PAGE: Final = 24
LONGEST_SEARCH: Final = 100
# What needs somebody comes first.
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
    """What somebody looks for; as it stands in the address."""

    search: str = ""
    status: str = ""
    label: str = ""
    sort: str = SORTS[0]

    @classmethod
    def read(cls, data: Mapping[str, str]) -> Self:
        """From an address; what makes no sense is left out."""
        status, sort = data.get("status", ""), data.get("sort", "")
        return cls(
            search=data.get("q", "").strip()[:LONGEST_SEARCH],
            status=status if status in BY_TROUBLE else "",
            label=data.get("label", "").strip()[:LONGEST_SEARCH],
            sort=sort if sort in SORTS else SORTS[0],
        )

    @property
    def query(self) -> str:
        """The address it came from, without what is as usual."""
        usual = AccountFilter()
        pairs = {"q": self.search, "status": self.status, "label": self.label}
        pairs |= {"sort": self.sort} if self.sort != usual.sort else {}
        return urlencode({name: value for name, value in pairs.items() if value})

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.search or self.status or self.label)


@dataclass(frozen=True, slots=True)
class Line:
    """An account as far as it is needed to find it."""

    pk: UUID
    name: str
    display_name: str
    username: str
    labels: list[str]
    status: str  # as shown_status says it
    linked_at: datetime
    app_id: UUID

    def has_words(self, words: Iterable[str]) -> bool:
        """Whether each of these folded words stands in a name or a label."""
        text = "\n".join((self.name, self.display_name, f"@{self.username}", *self.labels)).casefold()
        return all(word in text for word in words)

    def has_label(self, label: str) -> bool:
        """Whatever its case."""
        return key_of(label) in map(key_of, self.labels)


@dataclass(frozen=True, slots=True)
class Chip:
    """A status to choose, with how many accounts it would show."""

    value: str
    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of what was found, and what could be chosen instead.

    ``total``: all accounts of the instance; ``has_several_apps``: whether they were linked through more than one app.
    """

    filter: AccountFilter
    page: "Page[Line]"
    counts: Mapping[str, int]
    labels: list[tuple[str, int]]
    total: int
    has_several_apps: bool

    @property
    def ids(self) -> list[UUID]:
        """The accounts of this page, in order."""
        return [line.pk for line in self.page]

    @property
    def chips(self) -> list[Chip]:
        """All, then every status that somebody is in, what needs somebody first."""
        every = Chip("", _("All %(count)d") % {"count": sum(self.counts.values())}, not self.filter.status)
        shown = [word for word in BY_TROUBLE if self.counts.get(word) or word == self.filter.status]
        return [
            every,
            *(Chip(word, _say(word, self.counts.get(word, 0)), word == self.filter.status) for word in shown),
        ]


def _say(status: str, count: int) -> str:
    texts = {
        "reconnect_needed": ngettext("%(count)d needs a reconnect", "%(count)d need a reconnect", count),
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
    """One statement. The counts are of what search and label leave, so that they say what choosing one would show."""
    lines = [line for line in _lines() if line.status not in without]
    words = wanted.search.casefold().split()
    left = [line for line in lines if line.has_words(words) and (not wanted.label or line.has_label(wanted.label))]
    shown = [line for line in left if not wanted.status or line.status == wanted.status]
    return Listing(
        filter=wanted,
        page=Paginator(_sorted(shown, wanted.sort), per_page).get_page(page),
        counts=Counter(line.status for line in left),
        labels=labels_in_use(lines),
        total=len(lines),
        has_several_apps=len({line.app_id for line in lines}) > 1,
    )


def labels_in_use(lines: Iterable[Line] | None = None) -> list[tuple[str, int]]:
    """The open instance's labels with the number of accounts that carry them."""
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
