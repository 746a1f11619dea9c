"""Notices: what people of an instance are told when something failed or needs somebody."""

import uuid
from typing import Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from instances.scoping import ContentModel


class NoticeKind(models.TextChoices):
    """What sort of news it is: the first three about posts, the last two about videos, the others about accounts."""

    FAILED = "failed", _("Posts that failed")
    ATTENTION = "attention", _("Posts that need somebody")
    RECONNECT = "reconnect", _("Posts that wait for their account")
    ENDED = "ended", _("Accounts to reconnect")
    ENDING = "ending", _("Permissions that end soon")
    SCOPES = "scopes", _("Permissions that were taken back")
    LINKED = "linked", _("Accounts linked by connect links")
    UNUSABLE = "unusable", _("Videos that cannot be published")
    CHECKED = "checked", _("Videos that are ready")


# Which switch of a person's preferences a kind of news hangs on, where it is not named like the kind.
SWITCHES: Final = dict.fromkeys((NoticeKind.ENDED, NoticeKind.ENDING, NoticeKind.SCOPES), "reconnect") | dict.fromkeys(
    (NoticeKind.UNUSABLE, NoticeKind.CHECKED), "media"
)


class Notice(ContentModel):
    """One piece of news, written in the transaction of what it tells.

    ``parts`` holds codes, never sentences: they become words when somebody reads. ``settled_at``: nobody has to do
    anything about it any more. ``digest`` names the collected mail that took it up; None until then.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=NoticeKind.choices)
    subject_id = models.UUIDField()
    maker = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    parts = models.JSONField(default=dict)
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    digest = models.UUIDField(null=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["instance", "-at", "-id"], name="notice_newest"),
            models.Index(fields=["subject_id"], name="notice_subject"),
            models.Index(fields=["at"], condition=Q(digest=None, settled_at=None), name="notice_to_mail"),
        ]
        constraints = [models.CheckConstraint(condition=Q(kind__in=NoticeKind.values), name="notice_kind_known")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"


class NoticeRead(ContentModel):
    """A person has read a notice."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="reads")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("read notice")
        verbose_name_plural = _("read notices")
        constraints = [models.UniqueConstraint(fields=["notice", "user"], name="read_once_per_person")]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.user_id}"


class NotificationPreference(ContentModel):
    """Which mails a person wants from an instance; without a row, all of them."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    mail_failed = models.BooleanField(_("Posts that failed"), default=True)
    mail_attention = models.BooleanField(_("Posts that need somebody"), default=True)
    mail_reconnect = models.BooleanField(_("Accounts to reconnect"), default=True)
    mail_linked = models.BooleanField(_("Accounts linked by connect links"), default=True)
    mail_media = models.BooleanField(_("Uploaded videos"), default=True)

    class Meta:
        verbose_name = _("notification preference")
        verbose_name_plural = _("notification preferences")
        constraints = [models.UniqueConstraint(fields=["user", "instance"], name="one_preference_per_instance")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.instance_id}"

    def wants(self, kind: str) -> bool:
        """Whether this kind of news is mailed."""
        return bool(getattr(self, f"mail_{SWITCHES.get(NoticeKind(kind), kind)}"))
