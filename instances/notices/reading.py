"""Notices as people see them: the bell, the list, and what each person has read. The instance's scope is open."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from instances.models import Notice, NoticeRead

MOST_COUNTED: Final = 99


@dataclass(frozen=True, slots=True)
class Bell:
    """What the frame shows: unread notices, counted up to 100, and the time of the newest."""

    count: int
    newest: datetime | None

    @property
    def label(self) -> str:
        """The count as the bell shows it."""
        return f"{MOST_COUNTED}+" if self.count > MOST_COUNTED else str(self.count)


def bell_of(user: User) -> Bell:
    """One statement, however many notices there are."""
    times = list(unread_by(user).values_list("at", flat=True)[: MOST_COUNTED + 1])
    return Bell(len(times), times[0] if times else None)


def notices_for(user: User) -> QuerySet[Notice]:
    """All of the open instance since the person joined, newest first, each with ``is_read``."""
    return Notice.objects.filter(at__gte=user.date_joined).annotate(is_read=_is_read(user))


def unread_by(user: User) -> QuerySet[Notice]:
    """What the person has not read; what is settled needs no reading."""
    return Notice.objects.filter(~_is_read(user), at__gte=user.date_joined, settled_at=None)


def _is_read(user: User) -> Exists:
    return Exists(NoticeRead.objects.filter(notice=OuterRef("pk"), user=user))


def mark_read(user: User, notices: Iterable[Notice]) -> None:
    """The person has read these; again changes nothing."""
    reads = [NoticeRead(instance_id=notice.instance_id, notice=notice, user=user) for notice in notices]
    NoticeRead.objects.bulk_create(reads, batch_size=500, ignore_conflicts=True)
