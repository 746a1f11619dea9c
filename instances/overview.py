"""All instances of a person with their state, which apps above register."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Self
from urllib.parse import urlencode
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.core.paginator import Page, Paginator

from accounts.models import User
from instances.models import Instance
from instances.queries import instances_of

PER_PAGE: Final = 50
LONGEST_SEARCH: Final = 100
SORTS: Final = ("alarms", "name", "next")
ALARMED: Final = "alarms"
LAST: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tally:
    """A number of accounts in one state; ``state`` names the look, ``text`` the count."""

    state: str
    text: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """A warning: ``tone`` "bad" or "warn", ``path`` below the instance to the page that solves it."""

    tone: str
    text: str
    path: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of one instance: accounts, warnings, next and last post."""

    accounts: int = 0
    tallies: tuple[Tally, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    next_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One instance. ``is_locked``: nothing of it is shown until the person sets up two-factor sign-in."""

    instance: Instance
    overview: Overview = field(default_factory=Overview)
    is_locked: bool = False

    def has_words(self, words: Sequence[str]) -> bool:
        """Return whether each of these casefolded words is in its name, address or tenant."""
        text = f"{self.instance.name}\n{self.instance.slug}\n{self.instance.tenant.name}".casefold()
        return all(word in text for word in words)

    @property
    def alarm_rank(self) -> tuple[int, int]:
        """Return a sort key: most alarms of tone "bad" first, then most alarms."""
        tones = [alarm.tone for alarm in self.overview.alarms]
        return -tones.count("bad"), -len(tones)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Search, filter and order of the list, as in the page's address."""

    search: str = ""
    show: str = ""
    sort: str = SORTS[0]

    @classmethod
    def read(cls, data: Mapping[str, str]) -> Self:
        """Read them from an address; invalid values are ignored."""
        show, sort = data.get("show", ""), data.get("sort", "")
        return cls(
            search=data.get("q", "").strip()[:LONGEST_SEARCH],
            show=show if show == ALARMED else "",
            sort=sort if sort in SORTS else SORTS[0],
        )

    @property
    def query(self) -> str:
        """Return the query string without default values."""
        pairs = {"q": self.search, "show": self.show, "sort": self.sort if self.sort != SORTS[0] else ""}
        return urlencode({name: value for name, value in pairs.items() if value})


@dataclass(frozen=True, slots=True)
class Desk:
    """One page of a person's instances. ``total``: all of them; ``alarmed``: found ones with an alarm."""

    wanted: Wanted
    page: "Page[Row]"
    total: int
    found: int
    alarmed: int
    has_tenants: bool  # several of them: rows are grouped by tenant


Teller = Callable[[Sequence[Instance]], Mapping[UUID, Overview]]
_tellers: Final[list[Teller]] = []


def register(teller: Teller) -> None:
    """Add a source of instance states. Call it in ``AppConfig.ready()``."""
    _tellers.append(teller)


def desk_of(user: User, wanted: Wanted, page: str = "") -> Desk:
    """Return one page of the instances that the person may open; a fixed number of statements."""
    rows = rows_of(user)
    words = wanted.search.casefold().split()
    found = [row for row in rows if row.has_words(words)]
    alarmed = [row for row in found if row.overview.alarms]
    has_tenants = len({row.instance.tenant_id for row in rows}) > 1
    shown = _sorted(alarmed if wanted.show == ALARMED else found, wanted.sort)
    if has_tenants:
        shown.sort(key=lambda row: (row.instance.tenant.name.casefold(), row.instance.tenant_id))
    return Desk(
        wanted=wanted,
        page=Paginator(shown, PER_PAGE).get_page(page),
        total=len(rows),
        found=len(found),
        alarmed=len(alarmed),
        has_tenants=has_tenants,
    )


def rows_of(user: User) -> list[Row]:
    """Return the instances that the person may open, by name, each with its overview."""
    instances = list(instances_of(user))
    are_strict = any(instance.tenant.require_two_factor for instance in instances)
    is_locked_out = are_strict and not is_mfa_enabled(user)
    locked = {each.pk for each in instances if is_locked_out and each.tenant.require_two_factor}
    open_ones = [instance for instance in instances if instance.pk not in locked]
    told = {pk: overview for tell in _tellers for pk, overview in tell(open_ones).items()}
    return [Row(each, told.get(each.pk, Overview()), is_locked=each.pk in locked) for each in instances]


def _sorted(rows: list[Row], sort: str) -> list[Row]:
    rows = sorted(rows, key=lambda row: (row.instance.name.casefold(), row.instance.slug))
    if sort == "alarms":
        rows.sort(key=lambda row: row.alarm_rank)
    if sort == "next":
        rows.sort(key=lambda row: row.overview.next_at or LAST)
    return rows
