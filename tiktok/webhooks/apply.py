"""Applying a stored delivery: claimed like a mail, finished once, again changes nothing."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from core.jobs.backoff import wait_after
from core.jobs.clock import db_now
from core.jobs.lease import take_attempt
from tiktok.models import DeliveryState, WebhookDelivery
from tiktok.webhooks import removal
from tiktok.webhooks.outcome import Later, Outcome, ignores

log = logging.getLogger(__name__)
MOST_ATTEMPTS: Final = 20
FIRST_WAIT: Final = timedelta(minutes=1)  # longer than one attempt takes, so it is the claim's lease too
LONGEST_WAIT: Final = timedelta(hours=1)

HANDLERS: Final[Mapping[str, Callable[[WebhookDelivery], Outcome]]] = {
    "authorization.removed": removal.authorization_removed,
}
# Polling learns these by itself.
POSTING: Final = "post.publish."


def due_deliveries(room: int) -> list[Callable[[], None]]:
    """A sweep source: what applies up to so many due deliveries, the one that waits longest first."""
    due = WebhookDelivery.objects.filter(next_attempt_at__lte=db_now())
    return [partial(apply, row) for row in due.order_by("next_attempt_at")[:room] if claim(row)]


def apply_one(delivery_id: UUID) -> None:
    """Apply it if it is due and nobody else does."""
    row = WebhookDelivery.objects.filter(pk=delivery_id, next_attempt_at__lte=db_now()).first()
    if row is not None and claim(row):
        apply(row)


def claim(row: WebhookDelivery) -> bool:
    """Take it for a minute, longer each time; what never ends well is given up."""
    if row.attempts >= MOST_ATTEMPTS:
        log.error("webhook delivery %s (%s) is given up after %s attempts", row.pk, row.event, row.attempts)
        finish(row, Outcome(DeliveryState.GIVEN_UP, row.outcome))
        return False
    mine = WebhookDelivery.objects.filter(pk=row.pk, state=DeliveryState.WAITING)
    wait = wait_after(row.attempts + 1, first=FIRST_WAIT, longest=LONGEST_WAIT)
    return take_attempt(mine, row.attempts, wait)


def apply(row: WebhookDelivery) -> None:
    """Do what a claimed delivery asks for, and finish it."""
    try:
        finish(row, _outcome(row))
    except Later as later:
        log.warning("webhook delivery %s (%s) comes again: %s", row.pk, row.event, later)
        WebhookDelivery.objects.filter(pk=row.pk).update(outcome=str(later)[:40])


def _outcome(row: WebhookDelivery) -> Outcome:
    handler = HANDLERS.get(row.event)
    if handler is not None:
        return handler(row)
    return ignores("polled_instead" if row.event.startswith(POSTING) else "unknown_event")


def finish(row: WebhookDelivery, outcome: Outcome) -> None:
    """Write what came of it, once."""
    WebhookDelivery.objects.filter(pk=row.pk, state=DeliveryState.WAITING).update(
        state=outcome.state, outcome=outcome.word, next_attempt_at=None, applied_at=db_now()
    )
