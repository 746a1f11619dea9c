"""Writes notifications. Call these in the transaction of the event, with the instance's scope open."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from core.jobs.clock import db_now
from instances.models import Notice, NoticeKind


def write_notice(
    instance_id: UUID, *, kind: NoticeKind, subject_id: UUID, maker_id: UUID | None, parts: dict[str, Any]
) -> None:
    """Notify the people of an instance; one INSERT. ``parts`` are codes that the kind's topic turns into words."""
    Notice.objects.create(
        instance_id=instance_id, kind=kind, subject_id=subject_id, maker_id=maker_id, parts=parts, at=db_now()
    )


def resolve_notices(subject_id: UUID, kinds: Collection[NoticeKind] = ()) -> None:
    """Mark notifications about this subject, or of these kinds, as resolved; may run twice."""
    unresolved = Notice.objects.filter(subject_id=subject_id, resolved_at=None)
    (unresolved.filter(kind__in=kinds) if kinds else unresolved).update(resolved_at=db_now())


def forget_notices(subject_id: UUID) -> None:
    """Delete the notifications of a deleted subject."""
    Notice.objects.filter(subject_id=subject_id).delete()
