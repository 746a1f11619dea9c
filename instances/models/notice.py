"""Notifications of an instance: what failed, what needs attention, and what is ready."""

import uuid
from typing import Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from instances.scoping import ContentModel


class NoticeKind(models.TextChoices):
    """The kind of a notification: four about posts, four about accounts, two about videos."""

    FAILED = "failed", _("Posts that failed")
    ATTENTION = "attention", _("Posts that need attention")
    RECONNECT = "reconnect", _("Posts waiting for their account")
    HIDDEN = "hidden", _("Posts that are no longer public")
    ENDED = "ended", _("Accounts to reconnect")
    ENDING = "ending", _("Authorizations that expire soon")
    SCOPES = "scopes", _("Permissions that were removed")
    LINKED = "linked", _("Accounts connected with connect links")
    UNUSABLE = "unusable", _("Videos that cannot be published")
    CHECKED = "checked", _("Videos that are ready")


# The preference that decides about a kind's emails, where it is not named like the kind.
SWITCHES: Final = {
    **dict.fromkeys((NoticeKind.ENDED, NoticeKind.ENDING, NoticeKind.SCOPES), "reconnect"),
    **dict.fromkeys((NoticeKind.UNUSABLE, NoticeKind.CHECKED), "media"),
    NoticeKind.HIDDEN: "attention",
}


class Notice(ContentModel):
    """A notification, written in the transaction of the event.

    ``parts`` holds codes, which become sentences in the reader's language. ``resolved_at``: it needs no action since
    then. ``digest`` identifies the email that includes it; None until then.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=NoticeKind.choices)
    subject_id = models.UUIDField()
    maker = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    parts = models.JSONField(default=dict)
    at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    digest = models.UUIDField(null=True)

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["instance", "-at", "-id"], name="notice_newest"),
            models.Index(fields=["subject_id"], name="notice_subject"),
            models.Index(fields=["at"], condition=Q(digest=None, resolved_at=None), name="notice_to_mail"),
        ]
        constraints = [models.CheckConstraint(condition=Q(kind__in=NoticeKind.values), name="notice_kind_known")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"


class NoticeRead(ContentModel):
    """A person has read a notification."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="reads")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("read notification")
        verbose_name_plural = _("read notifications")
        constraints = [models.UniqueConstraint(fields=["notice", "user"], name="read_once_per_person")]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.user_id}"


class NotificationPreference(ContentModel):
    """The emails that a person wants about an instance; all of them without a row."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    mail_failed = models.BooleanField(_("Posts that failed"), default=True)
    mail_attention = models.BooleanField(_("Posts that need attention"), default=True)
    mail_reconnect = models.BooleanField(_("Accounts to reconnect"), default=True)
    mail_linked = models.BooleanField(_("Accounts connected with connect links"), default=True)
    mail_media = models.BooleanField(_("Uploaded videos"), default=True)

    class Meta:
        verbose_name = _("notification preference")
        verbose_name_plural = _("notification preferences")
        constraints = [models.UniqueConstraint(fields=["user", "instance"], name="one_preference_per_instance")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.instance_id}"

    def wants(self, kind: str) -> bool:
        """Return whether this kind is sent by email."""
        return bool(getattr(self, f"mail_{SWITCHES.get(NoticeKind(kind), kind)}"))
