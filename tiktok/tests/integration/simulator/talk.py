"""Plain HTTP to the simulator, as the documentation writes it; not the product's client."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tiktok.tests.simulator_process import CLIENT_KEY, CLIENT_SECRET, Simulator

CALLBACK = "http://127.0.0.1:8000/auth/tiktok/login/callback/"
VERIFIER = "a-verifier-of-at-least-forty-three-characters~._"
CHALLENGE = hashlib.sha256(VERIFIER.encode()).hexdigest()

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Json:
        value: Json = json.loads(self.body)
        return value

    @property
    def code(self) -> str:
        """The error code of an envelope, or the ``error`` of a flat OAuth answer."""
        error = self.json().get("error", "")
        return str(error if isinstance(error, str) else error["code"])

    @property
    def publish_id(self) -> str:
        """The id that an init gave."""
        assert self.outcome == (200, "ok"), self.body
        return str(self.json()["data"]["publish_id"])

    @property
    def outcome(self) -> tuple[int, str]:
        return self.status, self.code


@dataclass(frozen=True)
class Talk:
    """One test's conversation with the simulator."""

    simulator: Simulator

    def send(
        self, method: str, target: str, body: str | bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        status, answered, content = self.simulator.send(method, target, body, headers or {})
        return Answer(status, dict(answered.items()), content)

    def authorize(self, *, without: str = "", **changes: str) -> Answer:
        return self.send("GET", self.authorize_target(without=without, **changes))

    def authorize_target(self, *, without: str = "", **changes: str) -> str:
        asked = {
            "client_key": CLIENT_KEY,
            "response_type": "code",
            "scope": "user.info.basic,video.publish",
            "redirect_uri": CALLBACK,
            "state": "a state",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "disable_auto_auth": "1",
            **changes,
        }
        asked.pop(without, None)
        return f"/v2/auth/authorize/?{urlencode(asked)}"

    def code(self, user: str, **changes: str) -> str:
        callback = self.simulator.consent(self.authorize_target(**changes), user)
        return parse_qs(urlsplit(callback).query)["code"][0]

    def oauth(self, path: str, fields: dict[str, str]) -> Answer:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", f"/v2/oauth/{path}/", urlencode(fields), kind)

    def exchange(self, code: str, *, without: str = "", **changes: str) -> Answer:
        fields = {
            "client_key": CLIENT_KEY,
            "client_secret": CLIENT_SECRET,
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            **changes,
        }
        fields.pop(without, None)
        return self.oauth("token", fields)

    def refresh(self, refresh_token: str, **changes: str) -> Answer:
        fields = {
            "client_key": CLIENT_KEY,
            "client_secret": CLIENT_SECRET,
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            **changes,
        }
        return self.oauth("token", fields)

    def user_info(self, token: str, fields: str = "open_id,display_name") -> Answer:
        return self.send("GET", f"/v2/user/info/?fields={fields}", headers={"Authorization": f"Bearer {token}"})

    def publish(self, path: str, token: str, body: Json | None = None) -> Answer:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json; charset=UTF-8"}
        content = None if body is None else json.dumps(body)
        return self.send("POST", f"/v2/post/publish/{path}/", content, headers)

    def creator_info(self, token: str) -> Answer:
        return self.publish("creator_info/query", token)

    def init(self, token: str, *, size: int = 1000, chunk: int = 0, count: int = 1, **post_info: Any) -> Answer:
        source = {
            "source": "FILE_UPLOAD",
            "video_size": size,
            "chunk_size": chunk or size,
            "total_chunk_count": count,
        }
        info = {"privacy_level": "SELF_ONLY", "title": "A title", **post_info}
        return self.publish("video/init", token, {"post_info": info, "source_info": source})

    def pull(self, token: str, url: str, **post_info: Any) -> Answer:
        info = {"privacy_level": "SELF_ONLY", "title": "A title", **post_info}
        source = {"source": "PULL_FROM_URL", "video_url": url}
        return self.publish("video/init", token, {"post_info": info, "source_info": source})

    def inbox(self, token: str, source: Json | None = None, **body: Any) -> Answer:
        """An inbox init, of a file of 1,000 bytes unless there is another source."""
        file = {"source": "FILE_UPLOAD", "video_size": 1000, "chunk_size": 1000, "total_chunk_count": 1}
        return self.publish("inbox/video/init", token, {"source_info": source or file, **body})

    def photos(self, token: str, urls: Sequence[Any], *, source: Json | None = None, **body: Any) -> Answer:
        """A photo post of these URLs; ``body`` replaces parts of it, ``source`` parts of its source."""
        sent = {
            "media_type": "PHOTO",
            "post_mode": "DIRECT_POST",
            "post_info": {"privacy_level": "SELF_ONLY", "title": "A title", "description": "A description"},
            "source_info": {
                "source": "PULL_FROM_URL",
                "photo_images": list(urls),
                "photo_cover_index": 0,
                **(source or {}),
            },
            **body,
        }
        return self.publish("content/init", token, sent)

    def draft_photos(self, token: str, urls: Sequence[Any], **post_info: Any) -> Answer:
        return self.photos(token, urls, post_mode="MEDIA_UPLOAD", post_info=post_info)

    def cancel(self, token: str, publish_id: str) -> Answer:
        return self.publish("cancel", token, {"publish_id": publish_id})

    def videos(self, path: str, token: str, body: Json, fields: str = "id,create_time,title") -> Answer:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return self.send("POST", f"/v2/video/{path}/?fields={fields}", json.dumps(body), headers)

    def status(self, token: str, publish_id: str) -> Json:
        answer = self.publish("status/fetch", token, {"publish_id": publish_id})
        assert answer.outcome == (200, "ok")
        data: Json = answer.json()["data"]
        return data

    def put(self, url: str, body: bytes, first: int, total: int, headers: dict[str, str] | None = None) -> Answer:
        parts = urlsplit(url)
        sent = {
            "Content-Type": "video/mp4",
            "Content-Range": f"bytes {first}-{first + len(body) - 1}/{total}",
            **(headers or {}),
        }
        return self.send("PUT", f"{parts.path}?{parts.query}", body, sent)


@dataclass(frozen=True)
class Task:
    """An upload task: what init answered, and the bytes to send."""

    publish_id: str
    url: str
    video: bytes
    chunk: int

    @property
    def size(self) -> int:
        return len(self.video)

    def piece(self, index: int) -> tuple[bytes, int, int]:
        """The arguments of a PUT of this chunk: body, first byte, total."""
        first = index * self.chunk
        is_last = index == self.size // self.chunk - 1
        return self.video[first:] if is_last else self.video[first : first + self.chunk], first, self.size


def start_task(talk: Talk, token: str, *, size: int = 1000, chunk: int = 0, **post_info: Any) -> Task:
    chunk = chunk or size
    answer = talk.init(token, size=size, chunk=chunk, count=size // chunk, **post_info)
    assert answer.outcome == (200, "ok"), answer.body
    data = answer.json()["data"]
    return Task(data["publish_id"], data["upload_url"], hashlib.shake_128(b"video").digest(size), chunk)
