"""Apply stored deliveries: claimed like an email, finished once; applying one again changes nothing."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from core.jobs.backoff import wait_after
from core.jobs.clock import db_now
from core.jobs.lease import take_attempt
from tiktok.api.webhooks import posting_event
from tiktok.models import DeliveryState, WebhookDelivery
from tiktok.webhooks import posting, removal
from tiktok.webhooks.outcome import Later, Outcome, ignores

log = logging.getLogger(__name__)
MOST_ATTEMPTS: Final = 20
FIRST_WAIT: Final = timedelta(minutes=1)  # longer than one attempt takes, so it is the claim's lease too
LONGEST_WAIT: Final = timedelta(hours=1)

Handler = Callable[[WebhookDelivery], Outcome]
HANDLERS: Final[Mapping[str, Handler]] = {"authorization.removed": removal.authorization_removed}


def due_deliveries(room: int) -> list[Callable[[], None]]:
    """Claim up to so many due deliveries, the longest waiting first; a sweep source."""
    due = WebhookDelivery.objects.filter(next_attempt_at__lte=db_now())
    return [partial(apply, row) for row in due.order_by("next_attempt_at")[:room] if claim(row)]


def apply_one(delivery_id: UUID) -> None:
    """Apply the delivery if it is due and free."""
    row = WebhookDelivery.objects.filter(pk=delivery_id, next_attempt_at__lte=db_now()).first()
    if row is not None and claim(row):
        apply(row)


def claim(row: WebhookDelivery) -> bool:
    """Claim the delivery for a minute, longer each time; give up one that never ends well."""
    if row.attempts >= MOST_ATTEMPTS:
        log.error("webhook delivery %s (%s) is given up after %s attempts", row.pk, row.event, row.attempts)
        finish(row, Outcome(DeliveryState.GIVEN_UP, row.outcome, row.post_id))
        return False
    mine = WebhookDelivery.objects.filter(pk=row.pk, state=DeliveryState.WAITING)
    wait = wait_after(row.attempts + 1, first=FIRST_WAIT, longest=LONGEST_WAIT)
    return take_attempt(mine, row.attempts, wait)


def apply(row: WebhookDelivery) -> None:
    """Process a claimed delivery and finish it."""
    try:
        finish(row, _outcome(row))
    except Later as later:
        log.info("webhook delivery %s (%s) comes again: %s", row.pk, row.event, later)
        WebhookDelivery.objects.filter(pk=row.pk).update(outcome=str(later)[:40], post_id=later.post_id)


def _outcome(row: WebhookDelivery) -> Outcome:
    handler = posting.check_post if posting_event(row.event) else HANDLERS.get(row.event)
    return handler(row) if handler else ignores("unknown_event")


def finish(row: WebhookDelivery, outcome: Outcome) -> None:
    """Store the outcome, once."""
    WebhookDelivery.objects.filter(pk=row.pk, state=DeliveryState.WAITING).update(
        state=outcome.state, outcome=outcome.word, post_id=outcome.post_id, next_attempt_at=None, applied_at=db_now()
    )
