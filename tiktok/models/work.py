"""Work items, the right to move a post, and the calls that a credential has spent of its rates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import models
from django.db.models import F
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.jobs.clock import db_now
from core.web.refusals import UserRefusal
from instances.models import Instance
from tiktok.models.account import TikTokCredential

if TYPE_CHECKING:
    from tiktok.models.post import Post


class StaleState(UserRefusal):
    """The post changed, or its work was taken, first. ``what`` is for logs."""

    def __init__(self, what: object = "") -> None:
        super().__init__(
            "state_conflict", _("This post has changed since you opened it. Open it again before you change it.")
        )
        self.what = what

    def __str__(self) -> str:
        return str(self.what)


class WorkItem(models.Model):
    """The work that a post needs: when it is due, and who holds it for how long.

    ``fence`` grows with every claim and every person's decision; a worker with an older fence can write nothing.
    ``crashes`` counts claims that ended without a release. Its row lock serialises all transitions of the post. A
    directory table: workers read it before an instance is known.
    """

    post = models.OneToOneField("tiktok.Post", on_delete=models.CASCADE, primary_key=True, related_name="+")
    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="+")
    next_action_at = models.DateTimeField(null=True)
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("work item")
        verbose_name_plural = _("work items")
        indexes = [
            models.Index(
                fields=["next_action_at"],
                condition=models.Q(next_action_at__isnull=False),
                name="work_due",
            ),
            models.Index(
                fields=["instance", "next_action_at"],
                condition=models.Q(next_action_at__isnull=False),
                name="work_due_of_instance",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post_id} #{self.fence}"


class Keep:
    """Leave ``next_action_at`` as it is."""


KEEP: Final = Keep()
DueAt = datetime | Combinable | None | Keep


def _due_change(due_at: DueAt) -> dict[str, Any]:
    return {} if isinstance(due_at, Keep) else {"next_action_at": due_at}


@dataclass(frozen=True, slots=True)
class Held:
    """A worker's right to move a post: only while its fence is the newest and its lease runs.

    ``is_last``: the next write is the claim's last one and releases it.
    """

    post_id: UUID
    fence: int
    actor: None = None
    is_last: bool = False

    def guard(self, post: Post, due_at: DueAt, *, is_progress: bool = True) -> None:
        """Lock the work item. Raises StaleState when the claim is gone.

        ``is_progress``: a transition or newly acknowledged bytes; crashes before it no longer count.
        """
        mine = WorkItem.objects.filter(post_id=post.pk, fence=self.fence, lease_until__gt=db_now())
        crashes: dict[str, Any] = {"crashes": 0 if is_progress or self.is_last else F("crashes")}
        if self.is_last:
            crashes |= {"lease_owner": "", "lease_until": None}
        if post.pk != self.post_id or not mine.update(**(crashes | _due_change(due_at))):
            raise StaleState(f"the claim on {post.pk} is gone")


@dataclass(frozen=True, slots=True)
class Person:
    """The right of a person (or of the clock, or TikTok's status outside a step): ends any lease."""

    actor: User | None = None

    def guard(self, post: Post, due_at: DueAt) -> None:
        """Lock the work item and outdate any worker's claim on it."""
        changes: dict[str, Any] = {
            "fence": F("fence") + 1,
            "lease_until": None,
            "lease_owner": "",
            "crashes": 0,
        }
        if not WorkItem.objects.filter(post_id=post.pk).update(**(changes | _due_change(due_at))):
            raise StaleState(f"{post.pk} has no work item")


class Quarantine(models.Model):
    """Whether publishing is paused after a restore: one row, which every process reads before each step.

    ``since`` is None when it is off. A directory table.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    since = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("pause after a restore")
        verbose_name_plural = _("pause after a restore")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_quarantine")]

    def __str__(self) -> str:
        return str(self.since or "off")


class RateWindow(models.Model):
    """The calls of a credential to one endpoint in TikTok's sliding minute; ``gated_until`` after a 429.

    ``spent`` holds the times of the calls (seconds since the epoch by the database's clock), oldest first.
    ``promised_until`` is the latest retry time that a refused caller was given.
    """

    credential = models.ForeignKey(TikTokCredential, on_delete=models.CASCADE, related_name="+")
    endpoint = models.CharField(max_length=40)
    spent = models.JSONField(default=list)
    gated_until = models.DateTimeField(null=True)
    promised_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("rate window")
        verbose_name_plural = _("rate windows")
        constraints = [models.UniqueConstraint(fields=["credential", "endpoint"], name="one_window_per_endpoint")]

    def __str__(self) -> str:
        return f"{self.credential_id} {self.endpoint}"
