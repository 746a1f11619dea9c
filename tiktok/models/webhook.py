"""WebhookDelivery: a delivery of TikTok, stored before it is processed. WebhookRefusal: a refused request."""

import uuid
from enum import StrEnum

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tiktok.models.app import TikTokApp


class DeliveryState(models.TextChoices):
    """The progress of a delivery."""

    WAITING = "waiting", _("Waiting")
    APPLIED = "applied", _("Applied")
    IGNORED = "ignored", _("Ignored")
    GIVEN_UP = "given_up", _("Given up")


class WebhookDelivery(models.Model):
    """A verified delivery: written once, finished once. ``app`` is the one whose secret signed it.

    TikTok repeats deliveries and gives them no id, so ``digest`` (SHA-256 of the raw body, hex) identifies them.
    ``event_at`` is TikTok's time of the event, ``outcome`` a code for the result. Of a posting event ``publish_id`` is
    TikTok's, and ``post`` the one that it is about, once known. Posting events are knowledge that workers read (see
    delivery/news.py), so applying one only makes them check the post. A directory table.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    app = models.ForeignKey(TikTokApp, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    event = models.CharField(_("event"), max_length=80, blank=True)
    user_openid = models.CharField(max_length=128, blank=True)
    event_at = models.DateTimeField(_("happened at"), null=True)
    publish_id = models.CharField(max_length=128, blank=True)
    post = models.ForeignKey(
        "tiktok.Post", null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("post")
    )
    body = models.TextField(_("body"))
    is_signed_with_old_secret = models.BooleanField(_("signed with the previous secret"), default=False)
    received_at = models.DateTimeField(_("received at"), default=timezone.now)
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    outcome = models.CharField(_("outcome"), max_length=40, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now, null=True)
    applied_at = models.DateTimeField(_("applied at"), null=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ["-received_at"]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(next_attempt_at__isnull=False), name="delivery_due"),
            models.Index(fields=["app", "-received_at"], name="delivery_newest_of_app"),
            models.Index(fields=["received_at"], name="delivery_age"),
            models.Index(fields=["app", "publish_id"], condition=~Q(publish_id=""), name="delivery_of_publish"),
            models.Index(
                fields=["app", "user_openid", "received_at"], condition=~Q(publish_id=""), name="delivery_of_user"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["app", "digest"], name="one_row_per_delivery"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.received_at}"


class RefusalReason(StrEnum):
    """The reason why a request was refused; its sender does not learn it."""

    UNKNOWN_APP = "unknown_app"
    NO_SIGNATURE = "no_signature"
    BAD_SIGNATURE = "bad_signature"
    STALE = "stale"
    SECRET_UNREADABLE = "secret_unreadable"  # noqa: S105 - a reason


class WebhookRefusal(models.Model):
    """The time of the last request refused for this reason; written once a minute at most.

    ``app`` is the app that the request named, which is not proven; None for an unknown one. A directory table.
    """

    app = models.ForeignKey(TikTokApp, null=True, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(_("reason"), max_length=40)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("refused webhook")
        verbose_name_plural = _("refused webhooks")
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["app", "reason"], name="one_refusal_per_app_and_reason"),
            models.UniqueConstraint(fields=["reason"], condition=Q(app=None), name="one_refusal_without_app"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.at}"
