"""The state of the simulated TikTok, its clock and its records."""

import secrets
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field, replace
from pathlib import Path

from tiktok.simulator.entities import DAY_S, App, Code, Grant, Token, UrlProperty, User
from tiktok.simulator.faults import WEBHOOK_FAULTS, Caller, Faults
from tiktok.simulator.messages import Json, Refusal, Request
from tiktok.simulator.pairs import Pair, Pairs, digest
from tiktok.simulator.posts import Post
from tiktok.simulator.received import Received, Shelf
from tiktok.simulator.store import Store, Table
from tiktok.simulator.weather import Forecast, Weather
from tiktok.simulator.webhooks import Delivery, Outbox, make_delivery, sign

WINDOW_S = 60
PER_MINUTE = {
    "user_info": 600,
    "video_list": 600,
    "video_query": 600,
    "creator_info": 20,
    "video_init": 6,
    "inbox_init": 6,
    "content_init": 6,
    "status": 30,
}
MOST_PENDING_DRAFTS = 5
UPLOAD_PREFIXES = {"u-": "v_pub_file~v2-1.", "i-": "v_inbox_file~v2-1."}
RECORDS = 50_000


@dataclass
class Settings:
    """Settings of the whole world; ``clock_offset_s`` is added to the machine's time.

    Without ``hash_uploads`` bytes are only counted, so that a benchmark measures the sender. A webhook that is not
    answered with 200 comes again after ``webhook_pause_s``, then twice as long each time, up to ``webhook_tries``.
    The ``misspells_...`` settings choose between "publicly" and "publicaly" in the names of two events.
    """

    processing_delay_s: float = 1.5
    moderation_delay_s: float = 1.0
    hold_processing: bool = False
    hash_uploads: bool = True
    clock_offset_s: float = 0
    webhook_pause_s: float = 1.0
    webhook_tries: int = 8
    webhook_post_id_is_text: bool = False
    misspells_available: bool = False
    misspells_no_longer_available: bool = True
    direct_publish_type: str = "DIRECT_POST"
    pull_delay_s: float = 0
    pull_tries: int = 3
    pull_pause_s: float = 0.5
    pull_timeout_s: float = 20
    cancel_delay_s: float = 0
    lists_photos: bool = True
    key: str = "settings"


class Windows:
    """One sliding minute for each token and endpoint."""

    def __init__(self) -> None:
        self._times: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def spend(self, token: str, endpoint: str, now: float) -> bool:
        """Return whether the request is within the limit; refused ones do not count."""
        if endpoint not in PER_MINUTE:
            return True
        times = self._times[token, endpoint]
        while times and times[0] <= now - WINDOW_S:
            times.popleft()
        if len(times) >= PER_MINUTE[endpoint]:
            return False
        times.append(now)
        return True


@dataclass
class Records:
    """Requests and answers, for tests; never a token."""

    requests: deque[Json] = field(default_factory=lambda: deque(maxlen=RECORDS))
    puts: deque[Json] = field(default_factory=lambda: deque(maxlen=RECORDS))
    pulls: deque[Json] = field(default_factory=lambda: deque(maxlen=RECORDS))


class World:
    """The complete state of the simulator. Hold ``lock`` to read or write it."""

    def __init__(self, state: Path | None = None, *, loopback: bool = False) -> None:
        self.lock = threading.RLock()
        self.loopback = loopback
        self.base_url = ""
        self.store = Store(state)
        self.was_new = self.store.is_new()
        self.apps = Table(self.store, "apps", App)
        self.users = Table(self.store, "users", User)
        self.codes = Table(self.store, "codes", Code)
        self.tokens = Table(self.store, "tokens", Token)
        self.grants = Table(self.store, "grants", Grant)
        self.url_properties = Table(self.store, "url_properties", UrlProperty)
        self.posts = Table(self.store, "posts", Post)
        self._settings = Table(self.store, "settings", Settings)
        self.webhooks = Outbox(self._sign, lambda: (self.settings.webhook_pause_s, self.settings.webhook_tries))
        self.changed = threading.Event()
        self.open_posts: dict[str, Post] = {}
        self._forget_the_rest()
        self.open_posts.update((post.publish_id, post) for post in self.posts.all())

    def _forget_the_rest(self) -> None:
        """Clear what no restart keeps: faults, windows, records, pairs, webhooks, photos, unfinished hashes."""
        self.faults = Faults()
        self.forecast = Forecast(Weather())
        self.windows = Windows()
        self.records = Records()
        self.pairs = Pairs()
        self.uploads: dict[str, Received] = {}
        self.photos = Shelf()
        self.open_posts.clear()
        self.webhooks.clear()

    def reset(self) -> None:
        """Return to an empty world at the machine's own time."""
        self.store.clear()
        for table in (self.apps, self.users, self.codes, self.tokens, self.grants, self.url_properties):
            table.forget()
        self.posts.forget()
        self._settings.forget()
        self._forget_the_rest()

    @property
    def settings(self) -> Settings:
        return self._settings.get("settings") or Settings()

    def save_settings(self, settings: Settings) -> None:
        self._settings.save(settings)
        self.changed.set()

    def save_post(self, post: Post) -> Post:
        """Save a post and let the scheduler look at it."""
        self.open_posts[post.publish_id] = self.posts.save(post)
        self.changed.set()
        return post

    def now(self) -> float:
        return time.time() + self.settings.clock_offset_s

    def app(self, client_key: str) -> App:
        app = self.apps.get(client_key)
        if app is None:
            raise Refusal(404, "unknown_app", f"There is no app {client_key!r}")
        return app

    def user(self, user_id: str) -> User:
        user = self.users.get(user_id)
        if user is None:
            raise Refusal(404, "unknown_user", f"There is no user {user_id!r}")
        return user

    def finish_transfer(self, post: Post) -> None:
        """Start the processing of a post whose bytes are all here; the daily cap counts now."""
        if not post.is_draft and self.posts_today(post.user) >= self.app(post.client_key).post_cap:
            post.outcome = "spam_risk_too_many_posts"
        post.finish(self.now())
        self.save_post(post)

    def upload(self, upload_id: str) -> Post | None:
        start = UPLOAD_PREFIXES.get(upload_id[:2])
        return self.posts.get(start + upload_id[2:]) if start else None

    # Authorization

    def authorize(self, request: Request, endpoint: str, *scopes: str) -> Token:
        """Return the access token of a request that has one of ``scopes`` and is within its rate."""
        token = self.access_token(request)
        if scopes and not set(scopes) & set(token.scopes):
            raise Refusal(401, "scope_not_authorized", "The user did not authorize the scope required")
        if self.app(token.client_key).rate_limits and not self.windows.spend(token.value, endpoint, self.now()):
            raise Refusal(429, "rate_limit_exceeded", "The API rate limit was exceeded. Please try again later")
        return token

    def access_token(self, request: Request) -> Token:
        token = self.tokens.get(request.bearer())
        if token is None or token.kind != "access" or token.expires_at <= self.now():
            raise Refusal(401, "access_token_invalid", "The access token is invalid or not found in the request")
        return token

    # Grants

    def mint(self, app: App, user: User, scopes: list[str]) -> Json:
        """Return a new grant, or a new token pair of an old one, as the token endpoint answers it."""
        if app.reauthorization_ends_tokens:
            self._end_tokens(app.client_key, user.id)
        self.grants.save(Grant(app.client_key, user.id, user.open_id(app), scopes, self.now()))
        refresh = self._token("refresh", "rft", app, user, scopes, self.now() + app.refresh_lifetime_s)
        return self._answer(app, user, refresh)

    def renew(self, app: App, user: User, old: Token) -> Json:
        """Return a new access token for a refresh token, which the app's rules replace, prolong or keep."""
        restarted = self.now() + app.refresh_lifetime_s
        expires_at = restarted if app.refresh_restarts_lifetime else old.expires_at
        if app.refresh_ends_access:
            self._end_tokens(app.client_key, user.id, kind="access")
        if not app.refresh_rotates:
            return self._answer(app, user, self.tokens.save(replace(old, expires_at=expires_at)))
        self.tokens.remove(old)
        self.pairs.use(old.value, self.now())
        return self._answer(app, user, self._token("refresh", "rft", app, user, old.scopes, expires_at))

    def _answer(self, app: App, user: User, refresh: Token) -> Json:
        """Return a fresh access token beside this refresh token, as the token endpoint answers it."""
        self._forget_expired(app.client_key, user.id)
        now, scopes = self.now(), refresh.scopes
        access = self._token("access", "act", app, user, scopes, now + app.access_lifetime_s)
        both = digest(access.value), digest(refresh.value)
        self.pairs.note(Pair(app.client_key, user.id, user.open_id(app), *both, now, access.expires_at))
        return {
            "access_token": access.value,
            "expires_in": app.access_lifetime_s,
            "open_id": user.open_id(app),
            "refresh_expires_in": max(0, round(refresh.expires_at - now)),
            "refresh_token": refresh.value,
            "scope": ",".join(scopes),
            "token_type": "Bearer",
        }

    def _token(self, kind: str, prefix: str, app: App, user: User, scopes: list[str], expires_at: float) -> Token:
        value = f"{prefix}.{secrets.token_urlsafe(36)}!{secrets.randbelow(9000) + 1000}.va"
        return self.tokens.save(Token(value, kind, app.client_key, user.id, scopes, expires_at))

    def revoke(self, client_key: str, user_id: str, *, reason: int = 1) -> None:
        """Disconnect the app: every token dies, unfinished posts fail, and the app receives ``reason``."""
        self._end_tokens(client_key, user_id)
        grant = self.grants.get(f"{client_key}/{user_id}")
        if grant is not None:
            self.grants.remove(grant)
            app = self.app(client_key)
            self.announce(app, "authorization.removed", grant.open_id, {"reason": reason}, user=user_id)
        for post in self.posts.all():
            mine = post.client_key == client_key and post.user == user_id
            if mine and post.status(self.now()).startswith("PROCESSING"):
                post.fail("auth_removed", self.now())
                self.save_post(post)

    def _end_tokens(self, client_key: str, user_id: str, *, kind: str = "") -> None:
        for token in self.tokens.all():
            if token.client_key == client_key and token.user == user_id and kind in ("", token.kind):
                self.tokens.remove(token)

    def _forget_expired(self, client_key: str, user_id: str) -> None:
        for token in self.tokens.all():
            if (token.client_key, token.user) == (client_key, user_id) and token.expires_at <= self.now():
                self.tokens.remove(token)

    # Webhooks

    def announce(
        self, app: App, event: str, open_id: str, content: Json, *, user: str = "", create_time: int | None = None
    ) -> Delivery | None:
        """Send an event to the app's callback URL, if it has one; a fault may lose, hold, delay or repeat it."""
        if not app.webhook_url:
            return None
        happened = int(self.now()) if create_time is None else create_time
        delivery = make_delivery(app, event, open_id, content, happened)
        fault = self.faults.take(WEBHOOK_FAULTS, "webhook", Caller(app.client_key, user, event=event))
        fault = fault or self.forecast.webhook(user)
        copies = 1
        if fault:
            delivery.state = {"lost_webhook": "lost", "held_webhook": "held"}.get(fault.fault, "pending")
            copies += fault.copies if fault.fault == "repeated_webhook" else 0
        for _ in range(copies):
            self.webhooks.put(replace(delivery, statuses=[]), after_s=fault.delay_s if fault else 0)
        return delivery

    def _sign(self, delivery: Delivery) -> str:
        """Sign at each try, with the secret of that moment."""
        with self.lock:
            app = self.apps.get(delivery.client_key)
            return sign(app.client_secret if app else "", int(self.now()), delivery.body)

    # Daily caps

    def posts_today(self, user_id: str) -> int:
        """Return how many posts a creator has made in 24 h through all apps together."""
        since = self.now() - DAY_S
        return sum(
            post.user == user_id
            and not post.is_draft
            and (post.finished_at or 0) > since
            and not (post.outcome or post.fail_reason)
            for post in self.posts.all()
        )

    def check_caps(self, app: App, user: User, *, status: int) -> None:
        """Refuse a user who may not post now; ``status`` is 200 on creator_info and 403 on init."""
        self.check_ban(user, status=status)
        if self.posts_today(user.id) >= app.post_cap:
            raise Refusal(status, "spam_risk_too_many_posts", "The daily post cap from the API is reached")
        if not self._is_active_user_allowed(app, user):
            raise Refusal(status, "reached_active_user_cap", "The daily quota for active publishing users is reached")

    def check_ban(self, user: User, *, status: int) -> None:
        if user.banned:
            raise Refusal(status, "spam_risk_user_banned_from_posting", "The user is banned from making new posts")

    def check_drafts(self, user: User) -> None:
        """Refuse another draft for a user who may not post or has too many unfinished ones."""
        self.check_ban(user, status=403)
        now = self.now()
        mine = [p for p in self.posts.all() if p.user == user.id and p.created_at > now - DAY_S]
        if sum(post.is_pending_draft(now) for post in mine) >= MOST_PENDING_DRAFTS:
            raise Refusal(403, "spam_risk_too_many_pending_share", "The user has too many unfinished drafts")

    def _is_active_user_allowed(self, app: App, user: User) -> bool:
        cap = app.user_cap()
        if cap is None:
            return True
        since = self.now() - DAY_S
        mine = [post for post in self.posts.all() if post.client_key == app.client_key and not post.is_draft]
        active = {post.user for post in mine if post.created_at > since}
        return user.id in active or len(active) < cap
