"""Apps, users, and what they are to each other."""

import hashlib
import uuid
from dataclasses import dataclass, field
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
    posting_events: bool = True

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
class UrlProperty:
    """A prefix (``https://host/path/``) or a domain of an app, verified or to be verified."""

    client_key: str
    kind: str
    value: str
    signature: str
    verified_at: float | None = None

    @property
    def key(self) -> str:
        return f"{self.client_key} {self.value}"

    @property
    def file_name(self) -> str:
        return f"tiktok{self.signature}.txt"

    @property
    def file_content(self) -> str:
        return f"tiktok-developers-site-verification={self.signature}"

    def covers(self, url: str) -> bool:
        """Return whether the URL begins with the prefix, or its host is the domain or below it."""
        if self.kind == "prefix":
            return url.startswith(self.value)
        host = urlsplit(url).hostname or ""
        return host == self.value or host.endswith(f".{self.value}")
