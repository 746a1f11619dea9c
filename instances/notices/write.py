"""Writing notices. Call these inside the transaction of what they tell, with the instance's scope open."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from core.jobs.clock import db_now
from instances.models import Notice, NoticeKind


def write_notice(
    instance_id: UUID, *, kind: NoticeKind, subject_id: UUID, maker_id: UUID | None, parts: dict[str, Any]
) -> None:
    """Tell the people of an instance; one INSERT. ``parts`` are codes that ``settings.NOTICE_WORDS`` understands."""
    Notice.objects.create(
        instance_id=instance_id, kind=kind, subject_id=subject_id, maker_id=maker_id, parts=parts, at=db_now()
    )


def settle_notices(subject_id: UUID, kinds: Collection[NoticeKind] = ()) -> None:
    """Nobody has to do anything about this subject any more, or about these kinds; again changes nothing."""
    unsettled = Notice.objects.filter(subject_id=subject_id, settled_at=None)
    (unsettled.filter(kind__in=kinds) if kinds else unsettled).update(settled_at=db_now())


def forget_notices(subject_id: UUID) -> None:
    """The subject itself is gone."""
    Notice.objects.filter(subject_id=subject_id).delete()
