"""Receive a delivery: find the secret that signed it, check its time, and store one row."""

import hashlib
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from core.jobs.clock import db_now, read_db_now
from tiktok.api.secret import Secret
from tiktok.api.webhooks import Delivery, Signature, parse_delivery, parse_signature, posting_event
from tiktok.models import RefusalReason, TikTokApp, WebhookDelivery
from tiktok.models.fields import Undecryptable
from tiktok.webhooks.refusals import note_refusal

SECRETS: Final = ("client_secret", "old_client_secret")
LONGEST_OPEN_ID: Final = 128


class Refused(Exception):
    """The request is not proven to come from TikTok; only the table of refusals says what is missing."""


class Unreadable(Exception):
    """The app's secret cannot be read now, so the signature cannot be checked; TikTok has to send it again."""


def receive(body: bytes, signature_header: str) -> UUID | None:
    """Store a delivery once, even if it comes often; return the id of its row, or None if it is known already.

    Nothing is applied here. Raises Malformed, Refused (nothing stored) and Unreadable.
    """
    delivery = parse_delivery(body)
    app = TikTokApp.objects.filter(client_key=delivery.client_key).first()
    if app is None:
        raise _refused(None, RefusalReason.UNKNOWN_APP)
    signature = parse_signature(signature_header)
    if signature is None:
        raise _refused(app, RefusalReason.NO_SIGNATURE)
    signer = _signer(app, signature, body)
    if not signature.is_in_time(read_db_now().timestamp()):
        raise _refused(app, RefusalReason.STALE)
    return _store(app, delivery, body, is_old=signer != SECRETS[0])


def _refused(app: TikTokApp | None, reason: RefusalReason) -> Refused:
    note_refusal(app, reason)
    return Refused(reason)


def _signer(app: TikTokApp, signature: Signature, body: bytes) -> str:
    """Return which of the app's secrets signed it: TikTok may use the new one later than we do, or earlier."""
    is_unreadable = False
    for name in SECRETS:
        try:
            secret: Secret | None = getattr(app, name)
        except Undecryptable:
            is_unreadable = True
            continue
        if secret and signature.fits(body, secret):
            return name
    if is_unreadable:
        note_refusal(app, RefusalReason.SECRET_UNREADABLE)
        raise Unreadable
    raise _refused(app, RefusalReason.BAD_SIGNATURE)


def _store(app: TikTokApp, delivery: Delivery, body: bytes, *, is_old: bool) -> UUID | None:
    """Store one row for one body; of two that come at the same moment the database drops one."""
    digest = hashlib.sha256(body).hexdigest()
    if WebhookDelivery.objects.filter(app=app, digest=digest).exists():
        return None
    happened = delivery.created_at
    row = WebhookDelivery(
        app=app,
        digest=digest,
        event=delivery.event[:80],
        user_openid=delivery.user_openid if len(delivery.user_openid) <= LONGEST_OPEN_ID else "",
        event_at=None if happened is None else datetime.fromtimestamp(happened, UTC),
        publish_id=delivery.publish_id if posting_event(delivery.event) else "",
        body=body.decode(),
        is_signed_with_old_secret=is_old,
        received_at=db_now(),
        next_attempt_at=db_now(),
    )
    WebhookDelivery.objects.bulk_create([row], ignore_conflicts=True)
    return row.pk
