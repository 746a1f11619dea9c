"""Whether webhooks arrive: what ``doctor`` and the back office ask."""

from dataclasses import dataclass
from datetime import datetime

from tiktok.models import DeliveryState, TikTokApp, WebhookDelivery, WebhookRefusal


@dataclass(frozen=True, slots=True)
class WebhookHealth:
    """The last verified delivery for an app and the last refused one; None: none in 30 days.

    ``refusal_reason`` is one of ``refusals.RefusalReason``. ``is_signed_with_old_secret``: TikTok signed the last one
    with the secret before the change. ``waiting``: stored and not applied yet.
    """

    app: TikTokApp | None
    verified_at: datetime | None = None
    is_signed_with_old_secret: bool = False
    refused_at: datetime | None = None
    refusal_reason: str = ""
    waiting: int = 0

    @property
    def fails(self) -> bool:
        """Whether the newest word about this app is a refusal."""
        return self.refused_at is not None and (self.verified_at is None or self.refused_at > self.verified_at)


def webhook_health(app: TikTokApp | None) -> WebhookHealth:
    """Of one app; None: of requests that named no app of ours. Three statements."""
    refusal = WebhookRefusal.objects.filter(app=app).order_by("-at").first()
    mine = WebhookDelivery.objects.filter(app=app) if app else WebhookDelivery.objects.none()
    newest = mine.order_by("-received_at").first()
    return WebhookHealth(
        app=app,
        verified_at=newest.received_at if newest else None,
        is_signed_with_old_secret=bool(newest and newest.is_signed_with_old_secret),
        refused_at=refusal.at if refusal else None,
        refusal_reason=refusal.reason if refusal else "",
        waiting=mine.filter(state=DeliveryState.WAITING).count(),
    )
