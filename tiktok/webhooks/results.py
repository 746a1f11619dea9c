"""The results of deliveries, in sentences for staff."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tiktok.access.reasons import reason_text
from tiktok.models import DeliveryState, WebhookDelivery

_FINISHED: Final[Mapping[str, Promise]] = {
    "checks_post": _("The post’s status was checked."),
    "checks_doubtful_posts": _("Posts whose outcome is unknown were checked."),
    "attempt_ended": _("Ignored: this upload of the post had already ended."),
    "contradicts_end": _("Ignored: TikTok had reported that this upload failed, or it was resent."),
    "unknown_publish_id": _("Ignored: Clipdesk did not start this upload."),
    "no_publish_id": _("Ignored: it names no upload."),
    "other_user": _("Ignored: the upload belongs to another TikTok user."),
    "unknown_user": _("Ignored: this TikTok user is not connected."),
    "not_linked": _("Ignored: the account is not connected."),
    "superseded": _("Ignored: the account was authorized again later."),
    "still_granted": _("Ignored: TikTok still accepts the authorization."),
    "unknown_event": _("Ignored: Clipdesk does not use this event."),
}
_WAITING: Final[Mapping[str, Promise]] = {
    "busy": _("A worker was checking the post."),
    "not_published": _("TikTok’s status does not say yet that the post is published."),
    "not_handed_over": _("The upload of the post is not finished."),
    "init_unanswered": _("TikTok’s answer about a new upload of this account is awaited."),
    "tokens_changed": _("The account’s tokens were being changed."),
}


def result_of(row: WebhookDelivery) -> str:
    """Return what a finished delivery led to; empty while it waits."""
    if row.state not in (DeliveryState.APPLIED, DeliveryState.IGNORED):
        return ""
    return str(_FINISHED.get(row.outcome) or reason_text(row.outcome))


def error_of(row: WebhookDelivery) -> str:
    """Return why a delivery could not be applied so far, or was given up; empty for others."""
    if row.state in (DeliveryState.APPLIED, DeliveryState.IGNORED):
        return ""
    return str(_WAITING.get(row.outcome, row.outcome))
