"""The entities of the simulated world."""

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

SCOPES = (
    "user.info.basic",
    "user.info.profile",
    "user.info.stats",
    "video.list",
    "video.publish",
    "video.upload",
)
LOOPBACK_HOSTS = ("127.0.0.1", "localhost")
DAY_S = 86_400


@dataclass
class App:
    """A developer app as registered with TikTok; the caps and lifetimes can be set for tests."""

    client_key: str
    client_secret: str = "sim-client-secret"  # noqa: S105 - the simulator's own, documented
    name: str = "Simulated app"
    type: str = "desktop"
    redirect_uris: list[str] = field(default_factory=list)
    scopes: list[str] = field(default_factory=lambda: list(SCOPES))
    audited: bool = True
    developer: str = "sim-developer"
    access_lifetime_s: int = 7200
    refresh_lifetime_s: int = 180 * DAY_S
    code_lifetime_s: int = 300
    refresh_restarts_lifetime: bool = True
    refresh_rotates: bool = True
    refresh_ends_access: bool = False
    reauthorization_ends_tokens: bool = False
    rate_limits: bool = True
    post_cap: int = 15
    active_user_cap: int | None = None
    check_format: bool = False
    progress_is_index: bool = False
    webhook_url: str = ""

    @property
    def key(self) -> str:
        return self.client_key

    def user_cap(self) -> int | None:
        """Return how many users may post in 24 h; unaudited apps always have a cap."""
        return 5 if self.active_user_cap is None and not self.audited else self.active_user_cap

    def accepts_redirect(self, uri: str) -> bool:
        return any(uri == registered or _matches(uri, registered) for registered in self.redirect_uris)


def _matches(uri: str, registered: str) -> bool:
    """Return whether only the port differs and the registered one is ``*``."""
    host, star, path = registered.partition(":*/")
    if not star or not uri.startswith(host + ":"):
        return False
    port, slash, rest = uri[len(host) + 1 :].partition("/")
    return port.isdecimal() and bool(slash) and rest == path


def redirect_fault(uri: str, *, app_type: str, loopback: bool) -> str:
    """Return why TikTok would not register this redirect URI; empty when it would."""
    try:
        parts = urlsplit(uri.replace(":*/", ":1/"))
        port = parts.port
    except ValueError as error:
        return str(error)
    if len(uri) >= 512 or "?" in uri or "#" in uri or not parts.hostname:
        return "must be absolute, static and shorter than 512 characters"
    if app_type == "desktop":
        ok = parts.scheme in ("http", "https") and parts.hostname in LOOPBACK_HOSTS and port
        return "" if ok else "desktop apps redirect to localhost or 127.0.0.1 with a port"
    is_loopback = loopback and parts.hostname in LOOPBACK_HOSTS
    return "" if parts.scheme == "https" or is_loopback else "web apps redirect to https only"


@dataclass
class User:
    """A simulated TikTok user."""

    id: str
    username: str
    display_name: str = ""
    is_private: bool = False
    comment_disabled: bool = False
    duet_disabled: bool = False
    stitch_disabled: bool = False
    max_video_post_duration_sec: int = 600
    banned: bool = False
    bio_description: str = ""
    is_verified: bool = False
    follower_count: int = 0
    following_count: int = 0
    likes_count: int = 0
    video_count: int = 0

    @property
    def key(self) -> str:
        return self.id

    def open_id(self, app: App) -> str:
        return _stable_id(f"open:{app.client_key}:{self.id}")

    def union_id(self, app: App) -> str:
        return _stable_id(f"union:{app.developer}:{self.id}")

    def privacy_level_options(self) -> list[str]:
        widest = "FOLLOWER_OF_CREATOR" if self.is_private else "PUBLIC_TO_EVERYONE"
        return [widest, "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]


def _stable_id(text: str) -> str:
    return str(uuid.UUID(bytes=hashlib.sha256(text.encode()).digest()[:16]))


@dataclass
class Code:
    """An authorization code; spent by its first use."""

    value: str
    client_key: str
    user: str
    redirect_uri: str
    scopes: list[str]
    challenge: str
    expires_at: float

    @property
    def key(self) -> str:
        return self.value


@dataclass
class Token:
    """An access, refresh or client token."""

    value: str
    kind: str
    client_key: str
    user: str
    scopes: list[str]
    expires_at: float

    @property
    def key(self) -> str:
        return self.value


@dataclass
class Grant:
    """A user's permission for an app to act for them."""

    client_key: str
    user: str
    open_id: str
    scopes: list[str]
    granted_at: float

    @property
    def key(self) -> str:
        return f"{self.client_key}/{self.user}"


@dataclass
class Post:
    """One direct post: its upload task first, its publication afterwards."""

    publish_id: str
    client_key: str
    user: str
    post_id: int
    post_info: dict[str, Any]
    video_size: int
    chunk_size: int
    total_chunk_count: int
    upload_id: str
    upload_token: str
    created_at: float
    url_expires_at: float
    processing_delay_s: float
    moderation_delay_s: float
    uploaded_bytes: int = 0
    content_type: str = ""
    sha256: str = ""
    finished_at: float | None = None
    ready_at: float | None = None
    public_at: float | None = None
    failed_at: float | None = None
    fail_reason: str = ""
    held: bool = False
    hidden: bool = False
    upload_forgotten: bool = False

    @property
    def key(self) -> str:
        return self.publish_id

    def status(self, now: float) -> str:
        if self.failed_at is not None and now >= self.failed_at:
            return "FAILED"
        if self.ready_at is not None and now >= self.ready_at:
            return "FAILED" if self.fail_reason else "PUBLISH_COMPLETE"
        return "PROCESSING_UPLOAD"

    def public_ids(self, now: float) -> list[int]:
        is_public = self.public_at is not None and now >= self.public_at and not self.hidden
        return [self.post_id] if is_public and self.status(now) == "PUBLISH_COMPLETE" else []

    def chunk_end(self, first: int) -> int:
        """Return the index of the last byte of the chunk that begins at ``first``."""
        is_last = first // self.chunk_size >= self.total_chunk_count - 1
        return (self.video_size if is_last else first + self.chunk_size) - 1

    def finish(self, now: float) -> None:
        """Start processing since all bytes are here, unless the post is held."""
        self.finished_at = now
        if not self.held:
            self.publish(now + self.processing_delay_s)

    def publish(self, at: float) -> None:
        self.held = False
        self.ready_at = at
        if self.post_info.get("privacy_level") == "PUBLIC_TO_EVERYONE":
            self.public_at = at + self.moderation_delay_s

    def fail(self, reason: str, at: float) -> None:
        self.fail_reason = reason
        self.failed_at = at
