"""Check whether TikTok's webhooks arrive, and why some were refused."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.db.models import Max, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.doctor.finding import Finding, good, unknown, warning
from tiktok.models import RefusalReason, TikTokApp, WebhookDelivery, WebhookRefusal

WEBHOOK: Final = "webhook"
# Anyone may send nonsense in an app's name, so a refusal proves no fault; but TikTok may have sent it.
STEPS: Final[dict[str, str | Promise]] = {
    RefusalReason.NO_SIGNATURE: gettext_lazy("TikTok did not send it: TikTok signs all webhooks. No action is needed."),
    RefusalReason.BAD_SIGNATURE: gettext_lazy(
        "If TikTok sent it, the client secret here differs from TikTok’s: check it."
    ),
    RefusalReason.STALE: gettext_lazy(
        "If TikTok sent it, this server’s clock is wrong, or the webhook came days late."
    ),
    RefusalReason.SECRET_UNREADABLE: gettext_lazy(
        "Fix what “client-secret” reports; TikTok keeps resending the webhook."
    ),
    RefusalReason.UNKNOWN_APP: gettext_lazy("If TikTok sent it, add that app here as well."),
}


def webhooks(app: TikTokApp) -> list[Finding]:
    """Report the last delivery, unless one was refused since."""
    came: datetime | None = WebhookDelivery.objects.filter(app=app).aggregate(at=Max("received_at"))["at"]
    refusal = WebhookRefusal.objects.filter(Q(app=app) | Q(app=None)).order_by("-at").first()
    if refusal and (came is None or refusal.at > came):
        say: Callable[..., Finding] = warning if refusal.reason == RefusalReason.SECRET_UNREADABLE else unknown
        text = _("The last request to the webhook address was refused at %(when)s UTC (%(reason)s).")
        text %= {"when": _minute(refusal.at), "reason": refusal.reason}
        return [say(WEBHOOK, text, str(STEPS.get(refusal.reason, "")), subject=app.name)]
    if came is None:
        text = _("No signed webhook has arrived yet. TikTok sends one when an account owner removes the app in TikTok.")
        return [unknown(WEBHOOK, text, subject=app.name)]
    return [good(WEBHOOK, _("The last webhook arrived at %(when)s UTC.") % {"when": _minute(came)}, subject=app.name)]


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
