"""The simulator as tests see it: a process with an address and a control API."""

import base64
import http.client
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urlencode, urlsplit

CLIENT_KEY = "sim-client-key"
CLIENT_SECRET = "sim-client-secret"
ROOT = Path(__file__).resolve().parents[2]

Json = dict[str, Any]
R = TypeVar("R")


@dataclass(frozen=True)
class Tokens:
    """A token answer, as the token endpoint would give it."""

    access_token: str
    refresh_token: str
    expires_in: int
    refresh_expires_in: int
    open_id: str
    scope: str
    token_type: str


@dataclass(frozen=True)
class Pair:
    """One token answer, its tokens as SHA-256. ``used_at``: when a refresh replaced it; ``used_again``: refused uses
    of its refresh token since.
    """

    user: str
    open_id: str
    access: str
    refresh: str
    issued_at: float
    access_expires_at: float
    used_at: float | None
    used_again: int


@dataclass(frozen=True)
class PulledItem:
    """A file that TikTok was to pull, and what it got; for photos also their sides and content type."""

    url: str
    size_bytes: int
    sha256: str
    content_type: str
    width: int
    height: int


@dataclass(frozen=True)
class Publication:
    """One appearance on the profile: a direct post has one, a draft one for each time that it was posted."""

    post_id: str
    created_at: float
    privacy_level: str
    title: str
    description: str
    is_public: bool


@dataclass(frozen=True)
class SimulatedPost:
    """A post as TikTok knows it; ``public_ids`` once it is public and moderated."""

    publish_id: str
    client_key: str
    user: str
    status: str
    fail_reason: str
    media_type: str
    is_draft: bool
    post_info: Json
    is_aigc: bool
    cover_index: int
    video_size: int
    chunk_size: int
    total_chunk_count: int
    uploaded_bytes: int
    downloaded_bytes: int
    items: list[PulledItem]
    content_type: str
    sha256: str
    duration_s: float | None
    public_ids: list[int]
    publications: list[Publication]
    created_at: float
    finished_at: float | None


@dataclass(frozen=True)
class PullRequest:
    """One request to a URL that TikTok pulls from; ``is_copy`` marks those of a pull that started twice."""

    publish_id: str
    at: float
    item: int
    url: str
    method: str
    range: str
    is_copy: bool
    status: int | None
    received: int
    outcome: str


@dataclass(frozen=True)
class UrlProperty:
    """A prefix or domain of an app; TikTok looks for the file at the prefix."""

    client_key: str
    kind: str
    value: str
    file_name: str
    file_content: str
    is_verified: bool


@dataclass(frozen=True)
class Put:
    """One PUT to an upload URL; ``stored`` says whether its chunk now counts."""

    publish_id: str | None
    at: float
    first: int | None
    last: int | None
    total: int | None
    content_length: int
    received: int
    stored: bool
    status: int | None
    outcome: str
    fault: str


@dataclass(frozen=True)
class Call:
    """One request to a TikTok endpoint; ``status`` is None when no answer left."""

    at: float
    endpoint: str
    method: str
    path: str
    client_key: str
    user: str
    status: int | None
    code: str
    fault: str


class ControlError(Exception):
    """The control API refused what a test asked for."""


class Simulator:
    """A simulated TikTok in its own process. ``python -m tiktok.simulator`` documents the faults."""

    def __init__(self, *, loopback: bool = True, state: Path | None = None, port: int = 0) -> None:
        options = ["--port", str(port), *(["--loopback"] if loopback else [])]
        self._options = [*options, *(["--state", str(state)] if state else [])]
        self._process: subprocess.Popen[str] | None = None
        self.base_url = ""

    def start(self) -> Self:
        """Returns when it listens."""
        command = [sys.executable, "-m", "tiktok.simulator", *self._options]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        self.base_url = line.removeprefix("listening on ").strip()
        if not self.base_url.startswith("http"):
            raise ControlError(f"the simulator did not start: {line!r}")
        return self

    def stop(self) -> int:
        """End it as a supervisor would; its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._end(self._process)

    def kill(self) -> int:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.kill()
        return self._end(self._process)

    def _end(self, process: subprocess.Popen[str]) -> int:
        code = process.wait(timeout=10)
        if process.stdout:
            process.stdout.close()
        self._process = None
        return code

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def authorize_url(self) -> str:
        return f"{self.base_url}/v2/auth/authorize/"

    # Plumbing

    def get(self, path: str, **query: str) -> Json:
        return self._control("GET", f"/_sim/{path}?{urlencode(query)}", None)

    def post(self, path: str, **body: Any) -> Json:
        return self._control("POST", f"/_sim/{path}", json.dumps(body))

    def _control(self, method: str, target: str, body: str | None) -> Json:
        status, _, content = self.send(method, target, body, {"Content-Type": "application/json"})
        answer: Json = json.loads(content)
        if status != 200:
            raise ControlError(answer["error"]["message"])
        return answer

    def send(
        self, method: str, target: str, body: str | bytes | None, headers: dict[str, str]
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """One plain request on a connection of its own: status, headers, body."""
        connection = http.client.HTTPConnection(urlsplit(self.base_url).netloc, timeout=20)
        try:
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    # The world

    def reset(self, *, demo: bool = False) -> None:
        """An empty world with the app ``sim-client-key``; with ``demo`` also the six demo users."""
        self.post("reset", demo=demo)

    def settings(self, **settings: Any) -> Json:
        """Fields of the simulator's ``world.Settings``: ``processing_delay_s``, ``hold_processing``, ``pull_tries``."""
        return self.post("settings", **settings)

    def advance(self, seconds: float) -> None:
        """Let TikTok's clock run ahead: tokens, upload URLs, windows, processing."""
        self.post("clock", advance_s=seconds)

    def now(self) -> float:
        return float(self.get("clock")["now"])

    def create_app(self, client_key: str = CLIENT_KEY, **fields: Any) -> Json:
        """Make an app or change fields of one: ``audited``, ``type``, ``redirect_uris``, ``rate_limits`` …"""
        return self.post("apps", client_key=client_key, **fields)

    def create_user(self, username: str = "maren", **fields: Any) -> str:
        """Make a user or change fields of one (``is_private``, ``comment_disabled`` …); the user's id."""
        return str(self.post("users", username=username, **fields)["id"])

    def grant(self, user: str, *, scopes: Sequence[str] | None = None, client_key: str = CLIENT_KEY) -> Tokens:
        """Tokens for a user, as if they had consented."""
        chosen = {} if scopes is None else {"scopes": list(scopes)}
        return Tokens(**self.post("grants", user=user, client_key=client_key, **chosen))

    def revoke(self, user: str, *, client_key: str = CLIENT_KEY, reason: int = 1) -> None:
        """The user disconnects the app in TikTok, or TikTok does for another ``reason`` of its webhook."""
        self.post("grants/revoke", user=user, client_key=client_key, reason=reason)

    def expire_token(self, user: str, *, kind: str = "access", client_key: str = CLIENT_KEY) -> None:
        """``kind`` is access or refresh."""
        self.post("tokens/expire", user=user, kind=kind, client_key=client_key)

    def pairs(self, **filters: str) -> list[Pair]:
        """Every pair of tokens so far, oldest first."""
        return [pick(Pair, item) for item in self.get("tokens/pairs", **filters)["items"]]

    def consent(
        self,
        authorize_url: str,
        user: str,
        *,
        scopes: Sequence[str] = (
            "user.info.basic",
            "user.info.profile",
            "user.info.stats",
            "video.list",
            "video.publish",
            "video.upload",
        ),
        allow: bool = True,
    ) -> str:
        """Fill in the consent page at ``authorize_url``; the callback URL that the browser is sent to."""
        decision = "allow" if allow else "cancel"
        form = [("user", user), *(("scope", scope) for scope in scopes), ("decision", decision)]
        parts = urlsplit(authorize_url)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        status, headers, content = self.send("POST", f"{parts.path}?{parts.query}", urlencode(form), kind)
        if status != 302:
            raise ControlError(content.decode())
        return headers["Location"]

    # Webhooks

    def release_webhooks(self, *, is_reversed: bool = False) -> None:
        """Send what ``held_webhook`` has held."""
        self.post("webhooks/release", reversed=is_reversed)

    def announce(self, event: str, *, user: str, **details: Any) -> None:
        """Send a webhook to the app's ``webhook_url``: ``content``, ``create_time``, ``times``, ``client_key``."""
        self.post("webhooks", event=event, user=user, **details)

    def webhooks(self, **filters: str) -> list[Json]:
        """All webhooks so far with their ``state`` and the ``statuses`` that were answered."""
        return list(self.get("webhooks", **filters)["items"])

    # Posts

    def posts(self, **filters: str) -> list[SimulatedPost]:
        """Filters: ``publish_id``, ``user``, ``client_key``."""
        return [pick_post(item) for item in self.get("posts", **filters)["items"]]

    def puts(self, publish_id: str) -> list[Put]:
        return [pick(Put, item) for item in self.get("puts", publish_id=publish_id)["items"]]

    def pulls(self, **filters: str) -> list[PullRequest]:
        """Every request for media so far; filters: ``publish_id``, ``url``, ``item`` …"""
        return [pick(PullRequest, item) for item in self.get("pulls", **filters)["items"]]

    def photo(self, publish_id: str, item: int = 0) -> bytes:
        """The bytes of a photo that was pulled."""
        return base64.b64decode(self.get("photos", publish_id=publish_id, item=str(item))["content"])

    def requests(self, endpoint: str = "", **filters: str) -> list[Call]:
        """Every call so far, in order; ``endpoint`` as in faults."""
        wanted = {"endpoint": endpoint, **filters} if endpoint else filters
        return [pick(Call, item) for item in self.get("requests", **wanted)["items"]]

    def hold(self, publish_id: str) -> None:
        """Keep it in processing until ``finish``."""
        self.act(publish_id, "hold")

    def finish(self, publish_id: str) -> None:
        """End its processing now."""
        self.act(publish_id, "finish")

    def reveal(self, publish_id: str) -> None:
        """End its moderation now: it gets its public id."""
        self.act(publish_id, "reveal")

    def hide(self, publish_id: str, **details: str) -> None:
        """Make a public post no longer public; ``post_id`` picks one of several."""
        self.act(publish_id, "hide", **details)

    def post_draft(self, publish_id: str, *, count: int = 1, **details: str) -> list[Publication]:
        """The user posts the draft in TikTok's app, ``count`` times: ``privacy_level``, ``title``, ``description``."""
        described = self.act(publish_id, "post_draft", count=count, **details)
        return [pick(Publication, item) for item in described["publications"]]

    def delete_draft(self, publish_id: str) -> None:
        self.act(publish_id, "delete_draft")

    def expire_draft(self, publish_id: str) -> None:
        """The draft lapses: from now on TikTok does not know its ``publish_id``."""
        self.act(publish_id, "expire_draft")

    def fail(self, publish_id: str, reason: str) -> None:
        self.act(publish_id, "fail", reason=reason)

    def expire_upload_url(self, publish_id: str) -> None:
        self.act(publish_id, "expire_url")

    def act(self, publish_id: str, act: str, **details: Any) -> Json:
        return self.post("posts/act", publish_id=publish_id, act=act, **details)

    # URL properties

    def trust_prefix(self, prefix: str, *, client_key: str = CLIENT_KEY) -> None:
        """Verify a URL prefix without looking at its verification file."""
        self.post("url-properties", prefix=prefix, client_key=client_key, verified=True)

    def trust_domain(self, domain: str, *, client_key: str = CLIENT_KEY) -> None:
        self.post("url-properties", domain=domain, client_key=client_key, verified=True)

    def add_prefix(self, prefix: str, *, client_key: str = CLIENT_KEY) -> UrlProperty:
        """Register a URL prefix; what TikTok's page shows then, with name and content of the verification file."""
        return pick(UrlProperty, self.post("url-properties", prefix=prefix, client_key=client_key))

    def verify_prefix(self, prefix: str, *, client_key: str = CLIENT_KEY) -> UrlProperty:
        """Press "Verify" in the developer portal. Raises ControlError saying what is wrong with the file."""
        return pick(UrlProperty, self.post("url-properties/verify", prefix=prefix, client_key=client_key))

    def remove_prefix(self, prefix: str, *, client_key: str = CLIENT_KEY) -> None:
        self.post("url-properties/remove", prefix=prefix, client_key=client_key)

    def url_properties(self, **filters: str) -> list[UrlProperty]:
        return [pick(UrlProperty, item) for item in self.get("url-properties", **filters)["items"]]

    # Faults

    def fault(self, fault: str, endpoint: str = "", *, times: int = 1, **details: Any) -> None:
        """Arm a fault; see the simulator's docstring for names and details (``skip``, ``user`` …)."""
        self.post("faults", fault=fault, endpoint=endpoint, times=times, **details)

    def armed_faults(self) -> list[Json]:
        return list(self.get("faults")["items"])

    def clear_faults(self, fault: str = "") -> None:
        """Disarm the faults of this name; without a name all of them, and the weather, too, is fine again."""
        self.post("faults/clear", fault=fault)

    def weather(self, seed: int, **shares: Any) -> None:
        """Random faults from now on: ``before``, ``after`` and ``slow``, each a share of all posting requests, and
        ``pulls`` and ``webhooks``, shares of these.
        """
        self.post("weather", seed=seed, **shares)


def pick(kind: type[R], item: Json) -> R:
    return kind(**{field.name: item[field.name] for field in fields(kind)})  # type: ignore[arg-type]


def pick_post(item: Json) -> SimulatedPost:
    items = [pick(PulledItem, pulled) for pulled in item["items"]]
    publications = [pick(Publication, publication) for publication in item["publications"]]
    return pick(SimulatedPost, item | {"items": items, "publications": publications})
