"""Content of Home: posts of today, needing attention, coming up, and published."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.utils import timezone

from tiktok.models import AccountStatus, Post, PostState, TikTokAccount
from tiktok.posts.listing import ORDERS, Tab, condition_of
from tiktok.posts.queries import PUBLISHING, linked_accounts, listed_posts

MOST_TODAY: Final = 12
MOST_PAST: Final = 3  # of them, while others are still to come
MOST_READ: Final = 200
MOST_ATTENTION: Final = 8
MOST_ACCOUNTS: Final = 6
MOST_UPCOMING: Final = 5
MOST_PUBLISHED: Final = 5
PUBLISHED_WITHIN: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Section:
    """A few posts out of ``count``."""

    posts: list[Post]
    count: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return max(0, self.count - len(self.posts))


@dataclass(frozen=True, slots=True)
class Home:
    """Everything on Home.

    ``broken``: accounts that need a reconnect; ``upcoming``: scheduled after today; ``published``: in the last 30 days.
    """

    has_accounts: bool
    broken: list[TikTokAccount]
    today: Section
    attention: Section
    upcoming: Section
    published: Section

    @property
    def attention_count(self) -> int:
        """Posts and accounts that need attention."""
        return self.attention.count + len(self.broken)

    @property
    def sections(self) -> tuple[Section, ...]:
        """All of them, from the top of the page."""
        return self.today, self.attention, self.upcoming, self.published

    def __iter__(self) -> Iterator[Post]:
        """Iterate over all posts shown; one may come twice."""
        return (post for section in self.sections for post in section.posts)


def read_home(zone: ZoneInfo) -> Home:
    """Read Home of the open instance; six statements, however many posts there are."""
    now = timezone.now()
    accounts = list(linked_accounts())
    start, end = _today(now, zone)
    conditions = {
        "today": _is_of_today(start, end),
        "attention": condition_of(Tab.ATTENTION),
        "upcoming": condition_of(Tab.SCHEDULED) & Q(publish_at__gte=end),
        "published": condition_of(Tab.PUBLISHED) & Q(published_at__gt=now - PUBLISHED_WITHIN),
    }
    counts = Post.objects.order_by().aggregate(**{name: Count("pk", filter=each) for name, each in conditions.items()})

    def section(name: str, order: tuple[str, ...], most: int) -> Section:
        rows = listed_posts().filter(conditions[name]).order_by(*order)
        return Section(list(rows[:most]), counts[name])

    return Home(
        has_accounts=bool(accounts),
        broken=[account for account in accounts if account.status == AccountStatus.RECONNECT_NEEDED],
        today=_around(section("today", ("when", "id"), MOST_READ), now),
        attention=section("attention", ORDERS[Tab.ATTENTION], MOST_ATTENTION),
        upcoming=section("upcoming", ORDERS[Tab.SCHEDULED], MOST_UPCOMING),
        published=section("published", ORDERS[Tab.PUBLISHED], MOST_PUBLISHED),
    )


def _around(today: Section, now: datetime) -> Section:
    """Keep the posts around this moment; what is being published counts as now."""

    def at(post: Post) -> datetime:
        when: datetime = post.when  # type: ignore[attr-defined]
        return now if post.state in PUBLISHING else when

    posts = sorted(today.posts, key=at)
    past = sum(at(post) < now for post in posts)
    start = max(0, min(past - MOST_PAST, len(posts) - MOST_TODAY))
    return Section(posts[start : start + MOST_TODAY], today.count)


def _today(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return where the calendar day of ``zone`` starts, and where the next one does."""
    day = now.astimezone(zone).date()
    return datetime.combine(day, time(), tzinfo=zone), datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)


def _is_of_today(start: datetime, end: datetime) -> Q:
    """Match posts published or planned between these times, and all that are being published now."""
    planned = Q(publish_at__gte=start, publish_at__lt=end) & (
        Q(state=PostState.SCHEDULED) | condition_of(Tab.ATTENTION)
    )
    published = Q(state=PostState.PUBLISHED, published_at__gte=start, published_at__lt=end)
    return Q(dismissed_at=None) & (planned | published | Q(state__in=PUBLISHING))
