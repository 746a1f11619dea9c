"""The state of the simulated TikTok, its clock and its records."""

import secrets
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tiktok.simulator.entities import DAY_S, App, Code, Grant, Post, Token, User
from tiktok.simulator.faults import Faults
from tiktok.simulator.messages import Json, Refusal, Request
from tiktok.simulator.pairs import Pair, Pairs, digest
from tiktok.simulator.store import Store, Table
from tiktok.simulator.weather import Forecast, Weather
from tiktok.simulator.webhooks import Delivery, Outbox, make_delivery, sign

WINDOW_S = 60
PER_MINUTE = {"user_info": 600, "creator_info": 20, "video_init": 6, "status": 30}
RECORDS = 50_000


@dataclass
class Settings:
    """Settings of the whole world; ``clock_offset_s`` is added to the machine's time.

    Without ``hash_uploads`` bytes are only counted, so that a benchmark measures the sender. A webhook that is not
    answered with 200 comes again after ``webhook_pause_s``, then twice as long each time, up to ``webhook_tries``.
    """

    processing_delay_s: float = 1.5
    moderation_delay_s: float = 1.0
    hold_processing: bool = False
    hash_uploads: bool = True
    clock_offset_s: float = 0
    webhook_pause_s: float = 1.0
    webhook_tries: int = 8
    key: str = "settings"


class Windows:
    """One sliding minute for each token and endpoint."""

    def __init__(self) -> None:
        self._times: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def spend(self, token: str, endpoint: str, now: float) -> bool:
        """Return whether the request is within the limit; refused ones do not count."""
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
        self.posts = Table(self.store, "posts", Post)
        self._settings = Table(self.store, "settings", Settings)
        self.webhooks = Outbox(self._sign, lambda: (self.settings.webhook_pause_s, self.settings.webhook_tries))
        self._forget_the_rest()

    def _forget_the_rest(self) -> None:
        """Clear what no restart keeps: faults, windows, records, pairs, webhooks, hashes of unfinished uploads."""
        self.faults = Faults()
        self.forecast = Forecast(Weather())
        self.windows = Windows()
        self.records = Records()
        self.pairs = Pairs()
        self.hashes: dict[str, Any] = {}
        self.webhooks.clear()

    def reset(self) -> None:
        """Return to an empty world at the machine's own time."""
        self.store.clear()
        for table in (self.apps, self.users, self.codes, self.tokens, self.grants, self.posts):
            table.forget()
        self._settings.forget()
        self._forget_the_rest()

    @property
    def settings(self) -> Settings:
        return self._settings.get("settings") or Settings()

    def save_settings(self, settings: Settings) -> None:
        self._settings.save(settings)

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

    def upload(self, upload_id: str) -> Post | None:
        publish_id = upload_id.replace("u-", "v_pub_file~v2-1.", 1)
        return self.posts.get(publish_id)

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
            self.announce(self.app(client_key), "authorization.removed", grant.open_id, {"reason": reason})
        for post in self.posts.all():
            mine = post.client_key == client_key and post.user == user_id
            if mine and post.status(self.now()) == "PROCESSING_UPLOAD":
                post.fail("auth_removed", self.now())
                self.posts.save(post)

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
        self, app: App, event: str, open_id: str, content: Json, *, create_time: int | None = None
    ) -> Delivery | None:
        """Send an event to the app's callback URL, if it has one."""
        if not app.webhook_url:
            return None
        happened = int(self.now()) if create_time is None else create_time
        return self.webhooks.put(make_delivery(app, event, open_id, content, happened))

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
            post.user == user_id and (post.finished_at or 0) > since and not post.fail_reason
            for post in self.posts.all()
        )

    def check_caps(self, app: App, user: User, *, status: int) -> None:
        """Refuse a user who may not post now; ``status`` is 200 on creator_info and 403 on init."""
        if user.banned:
            raise Refusal(status, "spam_risk_user_banned_from_posting", "The user is banned from making new posts")
        if self.posts_today(user.id) >= app.post_cap:
            raise Refusal(status, "spam_risk_too_many_posts", "The daily post cap from the API is reached")
        if not self._is_active_user_allowed(app, user):
            raise Refusal(status, "reached_active_user_cap", "The daily quota for active publishing users is reached")

    def _is_active_user_allowed(self, app: App, user: User) -> bool:
        cap = app.user_cap()
        if cap is None:
            return True
        since = self.now() - DAY_S
        active = {p.user for p in self.posts.all() if p.client_key == app.client_key and p.created_at > since}
        return user.id in active or len(active) < cap
