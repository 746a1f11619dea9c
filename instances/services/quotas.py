"""How much one instance, or one tenant, can hold. The settings named QUOTA_* say how much."""

from typing import Any

from django.db.models import QuerySet

from accounts.models import Tenant
from instances.models import Instance
from instances.refusals import QuotaReached


def lock_holder(holder: Instance | Tenant) -> None:
    """Lock the count of what this instance or tenant holds until the transaction ends."""
    type(holder)._default_manager.select_for_update(no_key=True).values_list("pk", flat=True).get(pk=holder.pk)


def need_room(rows: QuerySet[Any], *, holder: Instance | Tenant, most: int, refusal: str, code: str) -> None:
    """Raise QuotaReached with ``code`` and ``refusal`` when there are more ``rows`` than ``most``.

    Write first, then call it in the same transaction: the lock makes one of two writers wait and count the other's row.
    """
    lock_holder(holder)
    if rows.count() > most:
        raise QuotaReached(refusal, code=code)
