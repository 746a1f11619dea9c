"""Post: one piece of content for one account. Its state changes only through ``transition``."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, NoReturn

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.web.refusals import UserRefusal
from instances.scoping import ContentModel
from tiktok.models.account import TikTokAccount
from tiktok.models.media import Media
from tiktok.models.notices import notify_people
from tiktok.models.outage import TikTokOutage
from tiktok.models.states import FINAL, MAYBE_PUBLISHED, AttentionReason, EventCause, PostState, may_move
from tiktok.models.ways import MediaSource, MediaType, PostMode, Way
from tiktok.models.work import KEEP, DueAt, Held, Person, StaleState

#: The condition for ``Post.is_in_doubt``.
IN_DOUBT = Q(state=PostState.NEEDS_ATTENTION, attention_reason__in=MAYBE_PUBLISHED)


class InvalidTransition(UserRefusal):
    """The table of states does not allow this transition."""

    def __init__(self, state: str, to: str, *, is_past_commit_point: bool = False) -> None:
        super().__init__("state_conflict", "", state=state)
        self.state, self.to, self.is_past_commit_point = PostState(state), PostState(to), is_past_commit_point

    def __str__(self) -> str:
        return f"{self.state} -> {self.to}"

    @property
    def detail(self) -> str:
        """Return the state and the reason as a sentence in the reader's language."""
        if self.state == PostState.INITING:
            return str(_("TikTok is receiving this post right now. Try again in a moment."))
        if self.is_past_commit_point:
            return str(_("It’s too late: TikTok already has the post."))
        return str(_("This can’t be done while the post is in the state “%(state)s”.")) % {"state": self.state.label}


class Post(ContentModel):
    """The content to publish, its state, and TikTok's status of it.

    Times: ``publish_at`` is UTC; ``publish_local`` and ``publish_zone`` keep the wall time and IANA zone that a
    person chose (of a draft with its offset if the second of two equal wall times is meant). ``publish_status`` and
    ``fail_reason`` hold TikTok's values verbatim. ``post_ids`` are TikTok's public ids as text, empty until the post
    is public and moderated; a draft may lead to several. ``hidden_at``: TikTok has said that the post is no longer
    public. ``source`` empty: as the TikTok app of the account is set up. ``next_try_at`` belongs to ``hold_reason``
    and means nothing without one. ``outage`` is the TikTok outage that holds the post, or the last one that did.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch = models.UUIDField(default=uuid.uuid4, editable=False)
    account = models.ForeignKey(TikTokAccount, on_delete=models.PROTECT, related_name="posts")
    media = models.ManyToManyField(Media, through="PostMedia", related_name="+")
    media_type = models.CharField(max_length=5, choices=MediaType.choices, default=MediaType.VIDEO)
    mode = models.CharField(max_length=12, choices=PostMode.choices, default=PostMode.DIRECT_POST)
    source = models.CharField(max_length=13, choices=MediaSource.choices, blank=True)
    state = models.CharField(max_length=15, choices=PostState.choices, default=PostState.DRAFT)
    attention_reason = models.CharField(max_length=16, choices=AttentionReason.choices, blank=True)

    caption = models.TextField(blank=True)
    privacy_level = models.CharField(max_length=24, blank=True)
    allow_comment = models.BooleanField(default=False)
    allow_duet = models.BooleanField(default=False)
    allow_stitch = models.BooleanField(default=False)
    brand_organic = models.BooleanField(default=False)
    brand_content = models.BooleanField(default=False)
    is_aigc = models.BooleanField(default=False)
    cover_timestamp_ms = models.PositiveIntegerField(null=True)
    title = models.CharField(max_length=200, blank=True)
    photo_cover_index = models.PositiveSmallIntegerField(default=0)
    auto_add_music = models.BooleanField(default=False)

    publish_at = models.DateTimeField(null=True)
    publish_local = models.CharField(max_length=32, blank=True)
    publish_zone = models.CharField(max_length=64, blank=True)
    deadline_at = models.DateTimeField(null=True)

    publish_status = models.CharField(max_length=40, blank=True)
    fail_reason = models.CharField(max_length=80, blank=True)
    post_ids = models.JSONField(default=list)
    creator_username = models.CharField(max_length=80, blank=True)
    error_code = models.CharField(max_length=80, blank=True)
    error_field = models.CharField(max_length=40, blank=True)
    tiktok_code = models.CharField(max_length=80, blank=True)
    log_id = models.CharField(max_length=128, blank=True)
    hold_reason = models.CharField(max_length=80, blank=True)
    hold_count = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    outage = models.ForeignKey(TikTokOutage, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)

    idempotency_key = models.CharField(max_length=255, null=True)  # noqa: DJ001 - NULL keeps it out of the constraint
    idempotency_hash = models.CharField(max_length=64, blank=True)
    corrects = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    published_at = models.DateTimeField(null=True)
    hidden_at = models.DateTimeField(null=True)
    dismissed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["instance", "-created_at", "-id"], name="post_newest"),
            models.Index(fields=["instance", "state", "-created_at"], name="post_by_state"),
            models.Index(fields=["account", "-created_at"], name="post_by_account"),
            models.Index(fields=["account", "state", "publish_at"], name="post_queue"),
            models.Index(
                fields=["instance", "-created_at", "-id"],
                condition=Q(dismissed_at__isnull=False),
                name="post_set_aside",
            ),
            models.Index(
                fields=["instance", "-published_at"],
                condition=Q(published_at__isnull=False),
                name="post_last_published",
            ),
            models.Index(fields=["outage"], condition=Q(outage__isnull=False), name="post_held_by_outage"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["instance", "idempotency_key"], name="post_idempotency"),
            models.CheckConstraint(condition=Q(state__in=PostState.values), name="post_state_known"),
            models.CheckConstraint(
                condition=Q(state=PostState.NEEDS_ATTENTION, attention_reason__in=AttentionReason.values)
                | (~Q(state=PostState.NEEDS_ATTENTION) & Q(attention_reason="")),
                name="post_attention_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def way(self) -> Way:
        """Return how the post is handed to TikTok; reads the account's TikTok app unless the source was chosen."""
        if self.media_type == MediaType.PHOTO:
            source = MediaSource.PULL_FROM_URL
        else:
            source = MediaSource(self.source or self.account.credential.app.video_source)
        return Way(MediaType(self.media_type), PostMode(self.mode), source)

    @property
    def is_final(self) -> bool:
        """Return whether no further transition is possible."""
        return self.state in FINAL

    @property
    def is_in_doubt(self) -> bool:
        """Return whether the post may be published although TikTok has not said so."""
        return self.state == PostState.NEEDS_ATTENTION and self.attention_reason in MAYBE_PUBLISHED

    @property
    def tries_again_at(self) -> datetime | None:
        """Return the latest time at which a held post continues; None when nothing holds it."""
        return self.next_try_at if self.hold_reason and not self.is_final else None

    @property
    def share_urls(self) -> list[str]:
        """Return the public links; empty until TikTok sends the ids, and for posts that are not public."""
        username = self.creator_username or self.account.username  # TikTok names no creator at the init of a draft
        kind = "photo" if self.media_type == MediaType.PHOTO else "video"
        return [f"https://www.tiktok.com/@{username}/{kind}/{post_id}" for post_id in self.post_ids]

    def has_passed_commit_point(self) -> bool:
        """Return whether the open submission's last bytes may have left Clipdesk.

        Meaningful only under the work item's lock.
        """
        return self.submissions.filter(closed_at=None, commit_point_at__isnull=False).exists()

    def transition(
        self,
        to: PostState,
        *,
        cause: EventCause,
        by: Held | Person,
        reason: AttentionReason | None = None,
        due_at: DueAt = KEEP,
        detail: dict[str, Any] | None = None,
        is_past_commit_point: bool | None = None,
        **changes: Any,
    ) -> None:
        """Move to ``to`` and record why; ``changes`` are further columns written with it, as plain values.

        Held: only while our fence and lease hold. Person: ends any lease. ``reason`` belongs to needs_attention. A
        transition clears a dismissal. ``is_past_commit_point`` is passed by the holder of the claim, who knows it;
        otherwise it is read. ``due_at`` is when a worker checks the post next (None: never). Raises InvalidTransition,
        or StaleState if the post changed or its work was taken first; then nothing is written.
        """
        old_reason = AttentionReason(self.attention_reason) if self.attention_reason else None
        here = {"state": to, "attention_reason": reason or "", "dismissed_at": None, "updated_at": timezone.now()}
        written = here | changes
        with transaction.atomic():
            by.guard(self, due_at)
            is_past_commit_point = (
                self.has_passed_commit_point() if is_past_commit_point is None else is_past_commit_point
            )
            if not may_move(
                PostState(self.state),
                to,
                cause,
                is_past_commit_point=is_past_commit_point,
                old_reason=old_reason,
                new_reason=reason,
            ):
                raise InvalidTransition(self.state, to, is_past_commit_point=is_past_commit_point)
            same = Post.objects.filter(pk=self.pk, state=self.state, attention_reason=self.attention_reason)
            if not same.update(**written):
                raise StaleState(f"{self.pk} is no longer {self.state}")
            PostEvent.note(self, to=to, cause=cause, by=by, reason=reason, detail=detail)
            notify_people(self, to, cause=cause, reason=reason, changes=changes)
        for name, value in written.items():
            setattr(self, name, value)


class PostMedia(ContentModel):
    """A file of a post and its position in it."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="items")
    media = models.ForeignKey(Media, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("post’s file")
        verbose_name_plural = _("post’s files")
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["post", "position"], name="one_file_per_position")]

    def __str__(self) -> str:
        return f"{self.post_id} {self.position}"


class ConsentSnapshot(ContentModel):
    """The consent to publish: person, content, time, wording, and the creator's options at that time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="consents")
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.TextField()
    options = models.JSONField()
    creator_info = models.JSONField()
    channel = models.CharField(max_length=10)
    at = models.DateTimeField(default=timezone.now)
    void_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [models.UniqueConstraint(fields=["post"], condition=Q(void_at=None), name="one_consent_in_force")]

    def __str__(self) -> str:
        return f"{self.post_id} {self.at}"


class PostEvent(ContentModel):
    """One line of a post's history: append-only."""

    id = models.BigAutoField(primary_key=True)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="events")
    from_state = models.CharField(max_length=15, choices=PostState.choices, blank=True)
    to_state = models.CharField(max_length=15, choices=PostState.choices)
    reason = models.CharField(max_length=16, blank=True)
    cause = models.CharField(max_length=10, choices=EventCause.choices)
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} -> {self.to_state}"

    @classmethod
    def note(
        cls,
        post: Post,
        *,
        to: PostState,
        cause: EventCause,
        by: Held | Person,
        reason: AttentionReason | None = None,
        detail: dict[str, Any] | None = None,
        at: datetime | None = None,
    ) -> PostEvent:
        """Write a line; equal states note an event without a transition (a hold, a first check)."""
        return cls.objects.create(
            instance_id=post.instance_id,
            post=post,
            from_state=post.state,
            to_state=to,
            reason=reason or "",
            cause=cause,
            actor=by.actor,
            detail=detail or {},
            at=at or timezone.now(),
        )

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save a new line; refuse to change one."""
        if not self._state.adding:
            raise TypeError("events are append-only")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: events are deleted only with their post."""
        raise TypeError("events are append-only")
