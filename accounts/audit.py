"""Writes the audit log."""

from typing import Any
from uuid import UUID

from django.db import models, transaction

from accounts.models import AuditLogEntry, Tenant, TenantMembership, User


def record(
    action: str,
    *,
    tenant: Tenant,
    actor: User | None,
    instance_id: UUID | None = None,
    target: models.Model | None = None,
    **detail: str | int | bool | list[str] | None,
) -> AuditLogEntry:
    """Write one line in the transaction of the act it records.

    ``action`` is noun.verb (``member.removed``). ``actor`` None means Clipdesk itself. Details are plain values:
    never a token, a secret or a caption. Raises RuntimeError outside a transaction, since a line that can be
    written without its act proves nothing.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("record() belongs into the transaction of the act")
    target_fields: dict[str, Any] = {}
    if target is not None:
        target_fields = {"target_type": target._meta.model_name or "", "target_id": str(target.pk)}
    return AuditLogEntry.objects.create(
        tenant=tenant,
        instance_id=instance_id,
        actor=actor,
        actor_label=actor.email if actor else "Clipdesk",
        action=action,
        detail=detail,
        **target_fields,
    )


def record_about_person(
    action: str, *, person: User, actor: User | None, by_staff: bool = False, **detail: Any
) -> None:
    """Write the line into the log of every tenant that the person belongs to."""
    detail |= {"person": person.email, "by_staff": by_staff}
    for place in TenantMembership.objects.filter(user=person).select_related("tenant"):
        record(action, tenant=place.tenant, actor=actor, target=person, **detail)
