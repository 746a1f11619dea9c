"""Posts: the transfer of their media, their processing, and what appears on the profile."""

from dataclasses import dataclass, field
from typing import Any

PULL_LIFETIME_S = 3600


@dataclass
class Publication:
    """One post on the profile. A direct post has one, a draft one for each time that the user posts it."""

    post_id: int
    created_at: float
    privacy_level: str
    title: str = ""
    description: str = ""
    public_at: float | None = None
    hidden_at: float | None = None

    def is_public(self, now: float) -> bool:
        return self.public_at is not None and now >= self.public_at and self.hidden_at is None


@dataclass
class Item:
    """One file to pull, and the bytes that came."""

    url: str
    size_bytes: int = 0
    sha256: str = ""
    content_type: str = ""
    width: int = 0
    height: int = 0


@dataclass
class PullPlan:
    """How TikTok pulls this post's files; all but the first field come from faults and weather."""

    starts_at: float = 0
    has_head: bool = False
    has_odd_ranges: bool = False
    is_double: bool = False
    bytes_per_s: float = 0
    abandoned_after: int | None = None
    failing_item: int | None = None


@dataclass
class Post:
    """One init that was accepted. ``outcome`` is the fail reason that processing will end with, if any.

    ``failed_at`` may lie ahead: a running pull fails an hour after its start unless it finishes.
    """

    publish_id: str
    client_key: str
    user: str
    post_id: int
    created_at: float
    processing_delay_s: float
    moderation_delay_s: float
    media_type: str = "VIDEO"
    is_draft: bool = False
    post_info: dict[str, Any] = field(default_factory=dict)
    is_aigc: bool = False
    cover_index: int = 0
    video_size: int = 0
    chunk_size: int = 0
    total_chunk_count: int = 0
    upload_id: str = ""
    upload_token: str = ""
    url_expires_at: float = 0
    uploaded_bytes: int = 0
    upload_forgotten: bool = False
    items: list[Item] = field(default_factory=list)
    pull: PullPlan = field(default_factory=PullPlan)
    downloaded_bytes: int = 0
    content_type: str = ""
    sha256: str = ""
    duration_s: float | None = None
    held: bool = False
    finished_at: float | None = None
    ready_at: float | None = None
    failed_at: float | None = None
    outcome: str = ""
    fail_reason: str = ""
    draft_end: str = ""
    publications: list[Publication] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Restore the parts of a stored post."""
        self.items = [Item(**item) if isinstance(item, dict) else item for item in self.items]
        self.pull = PullPlan(**self.pull) if isinstance(self.pull, dict) else self.pull
        self.publications = [Publication(**p) if isinstance(p, dict) else p for p in self.publications]

    @property
    def key(self) -> str:
        return self.publish_id

    @property
    def is_pull(self) -> bool:
        return bool(self.items)

    @property
    def is_photo(self) -> bool:
        return self.media_type == "PHOTO"

    def has_failed(self, now: float) -> bool:
        return self.failed_at is not None and now >= self.failed_at

    def status(self, now: float) -> str:
        if self.has_failed(now):
            return "FAILED"
        if self.ready_at is None or now < self.ready_at:
            return "PROCESSING_DOWNLOAD" if self.is_pull else "PROCESSING_UPLOAD"
        return "SEND_TO_USER_INBOX" if self.is_draft and not self.published(now) else "PUBLISH_COMPLETE"

    def published(self, now: float) -> list[Publication]:
        """Return what is on the profile by now, public or not."""
        return [] if self.has_failed(now) else [p for p in self.publications if now >= p.created_at]

    def public_ids(self, now: float) -> list[int]:
        return [p.post_id for p in self.published(now) if p.is_public(now)]

    def is_pending_draft(self, now: float) -> bool:
        """Return whether it counts towards the limit of unfinished drafts."""
        return self.is_draft and not self.draft_end and not self.has_failed(now) and not self.published(now)

    def is_pull_open(self, now: float) -> bool:
        """Return whether files of this post remain to be pulled."""
        return self.is_pull and self.finished_at is None and not self.has_failed(now)

    def chunk_end(self, first: int) -> int:
        """Return the index of the last byte of the chunk that begins at ``first``."""
        is_last = first // self.chunk_size >= self.total_chunk_count - 1
        return (self.video_size if is_last else first + self.chunk_size) - 1

    def plan_pull(self, starts_at: float) -> None:
        """Start pulling then, and fail an hour later unless everything is there."""
        self.pull.starts_at = starts_at
        self.fail(f"{self.media_type.lower()}_pull_failed", starts_at + PULL_LIFETIME_S)

    def finish(self, now: float) -> None:
        """Start processing since all bytes are here, unless the post is held."""
        self.finished_at = now
        self.failed_at, self.fail_reason = None, ""
        if not self.held:
            self.publish(now + self.processing_delay_s)

    def publish(self, at: float) -> None:
        """End the processing then: failed, in the inbox, or on the profile."""
        self.held = False
        if self.outcome:
            self.fail(self.outcome, at)
            return
        self.ready_at = at
        if not self.is_draft:
            level = self.post_info.get("privacy_level", "")
            self.publications = [self._publication(self.post_id, at, level)]

    def post_draft(self, post_id: int, at: float, privacy_level: str, **texts: str) -> None:
        """Put the draft on the profile, as the user does in TikTok's app."""
        publication = self._publication(post_id, at, privacy_level)
        for name, text in texts.items():
            setattr(publication, name, text)
        self.publications.append(publication)

    def _publication(self, post_id: int, at: float, privacy_level: str) -> Publication:
        title, description = self.post_info.get("title", ""), self.post_info.get("description", "")
        public_at = at + self.moderation_delay_s if privacy_level == "PUBLIC_TO_EVERYONE" else None
        return Publication(post_id, at, privacy_level, title, description, public_at)

    def hold(self) -> None:
        """Return to processing until it is published by ``publish``."""
        self.held, self.ready_at, self.publications = True, None, []

    def fail(self, reason: str, at: float) -> None:
        self.fail_reason, self.failed_at = reason, at

    def next_change(self, now: float) -> float | None:
        """Return the next moment at which this post changes by itself."""
        starts_at = self.pull.starts_at if self.is_pull_open(now) else None
        moments = [starts_at, self.failed_at, self.ready_at]
        moments += [moment for p in self.publications for moment in (p.created_at, p.public_at)]
        return min((moment for moment in moments if moment is not None and moment > now), default=None)
