"""Apply deliveries once more, for staff: harmless, since a delivery changes nothing that it has changed before."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from accounts.audit import record
from accounts.models import Tenant, User
from core.jobs.clock import db_now
from tiktok.models import DeliveryState, WebhookDelivery


def replay_deliveries(rows: Iterable[WebhookDelivery], *, actor: User) -> list[UUID]:
    """Have the deliveries applied again by a worker; return their ids. Each writes its audit lines."""
    return [row.pk for row in rows if _replay(row, actor)]


def _replay(row: WebhookDelivery, actor: User) -> bool:
    with transaction.atomic():
        again = {"state": DeliveryState.WAITING, "attempts": 0, "outcome": "", "applied_at": None}
        if not WebhookDelivery.objects.filter(pk=row.pk).update(next_attempt_at=db_now(), **again):
            return False
        for tenant, instance_id in _concerned(row).items():
            record(
                "webhook.replayed", tenant=tenant, actor=actor, instance_id=instance_id, target=row,
                event=row.event, app=row.app.name, by_staff=True,
            )  # fmt: skip
    return True


def _concerned(row: WebhookDelivery) -> dict[Tenant, UUID | None]:
    """Return the tenants whose app or post it is, with the post's instance."""
    tenants: dict[Tenant, UUID | None] = {row.app.tenant: None} if row.app.tenant else {}
    if row.post:
        tenants[row.post.instance.tenant] = row.post.instance_id
    return tenants
