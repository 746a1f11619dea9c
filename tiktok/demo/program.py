"""An API client with a key: uploads, publishes, reads."""

import time
from pathlib import Path
from typing import Any, Final

import requests

TIMEOUT_S: Final = 60
ASK_AGAIN_S: Final = 0.2
MOVING: Final = frozenset({"due", "initing", "uploading", "processing"})


class ApiRefused(Exception):
    """The API did not accept a call; the message is its own."""


class Program:
    """A client of the REST API."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self._api = f"{base_url}/api/v1"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {api_key}"

    def accounts(self) -> dict[str, str]:
        """Return account ids by TikTok username."""
        items = self._call("GET", "/accounts")["items"]
        return {item["profile"]["username"]: item["id"] for item in items if item["status"] == "active"}

    def upload(self, path: Path) -> str:
        """Upload a file and return the media's id, once Clipdesk has checked it."""
        with path.open("rb") as file:
            media = self._call("POST", "/media", files={"file": (path.name, file, "video/mp4")})
        while media["state"] == "checking":
            time.sleep(ASK_AGAIN_S)
            media = self._call("GET", f"/media/{media['id']}")
        return str(media["id"])

    def post(self, idempotency_key: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create a post; the same key gives the same post."""
        return self._call("POST", "/posts", json=body, headers={"Idempotency-Key": idempotency_key})

    def posts(self) -> list[dict[str, Any]]:
        """Return the newest posts."""
        return list(self._call("GET", "/posts", params={"limit": 100})["items"])

    def is_quiet(self) -> bool:
        """Return whether no post is changing any longer."""
        return not any(post["state"] in MOVING for post in self.posts())

    def _call(self, method: str, path: str, **details: Any) -> dict[str, Any]:
        answer = self._session.request(method, self._api + path, timeout=TIMEOUT_S, **details)
        content: dict[str, Any] = answer.json()
        if not answer.ok:
            raise ApiRefused(
                f"{method} {path}: {content.get('detail') or content.get('title')} {content.get('errors')}"
            )
        return content
