"""The bell, the list of notifications, and what each person has read. Needs the instance's scope."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from instances.models import Notice, NoticeRead

MOST_COUNTED: Final = 99


@dataclass(frozen=True, slots=True)
class Bell:
    """The number of unread notifications, counted up to 100, and the time of the newest."""

    count: int
    newest: datetime | None

    @property
    def label(self) -> str:
        """Return the count, "99+" where it is higher."""
        return f"{MOST_COUNTED}+" if self.count > MOST_COUNTED else str(self.count)


def bell_of(user: User) -> Bell:
    """Return the person's bell; one statement."""
    times = list(unread_by(user).values_list("at", flat=True)[: MOST_COUNTED + 1])
    return Bell(len(times), times[0] if times else None)


def notices_for(user: User) -> QuerySet[Notice]:
    """Return the instance's notifications since the person joined, newest first, each with ``is_read``."""
    return Notice.objects.filter(at__gte=user.date_joined).annotate(is_read=_is_read(user))


def unread_by(user: User) -> QuerySet[Notice]:
    """Return unread notifications, without the resolved ones."""
    return Notice.objects.filter(~_is_read(user), at__gte=user.date_joined, resolved_at=None)


def _is_read(user: User) -> Exists:
    return Exists(NoticeRead.objects.filter(notice=OuterRef("pk"), user=user))


def mark_subject_read(user: User, subject_id: UUID) -> None:
    """Mark what the person was notified about this post, account or video as read; pages that show it call this."""
    mark_read(user, unread_by(user).filter(subject_id=subject_id))


def mark_read(user: User, notices: Iterable[Notice]) -> None:
    """Mark these notifications as read; may run twice."""
    reads = [NoticeRead(instance_id=notice.instance_id, notice=notice, user=user) for notice in notices]
    NoticeRead.objects.bulk_create(reads, batch_size=500, ignore_conflicts=True)
