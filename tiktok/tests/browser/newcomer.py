"""Do what a person does before a test begins, without a browser: request and submit the same pages over HTTP."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from tiktok.demo.person import Person
from tiktok.tests.jobs_process import wait_until

TIMEOUT_S: Final = 30
CHECK_S: Final = 60  # until a worker has examined a video, on a machine that is busy
READY: Final = "Ready for TikTok"


class Newcomer(Person):
    """Signs up, links accounts and uploads videos; a browser goes on with the cookies, by ``storage_state``."""

    def sign_up(self, *, name: str, team: str, email: str, password: str) -> str:
        """Make an account; the slug of the instance where they land."""
        fields = {"name": name, "team": team, "email": email, "password1": password}
        answer = self._submit("/auth/signup/", fields)
        landing = self._session.get(self._base_url + answer.headers["Location"], timeout=TIMEOUT_S)
        kind, slug = urlsplit(landing.url).path.strip("/").split("/")
        assert (kind, landing.status_code) == ("i", 200), landing.url
        return slug

    def upload(self, slug: str, video: Path) -> None:
        """Send the form of the media page; returns when the video is ready to be posted."""
        page = f"{self._base_url}/i/{slug}/media/"
        before = self._ready_on(page)
        token = {"csrfmiddlewaretoken": self._session.cookies["csrftoken"]}
        with video.open("rb") as file:
            answer = self._session.post(
                f"{page}uploads/",
                data=token,
                files={"file": (video.name, file, "video/mp4")},
                timeout=TIMEOUT_S,
            )
        answer.raise_for_status()
        wait_until(lambda: self._ready_on(page) > before, what=READY, timeout_s=CHECK_S)

    def _ready_on(self, page: str) -> int:
        """How many videos the media page shows as ready."""
        answer = self._session.get(page, timeout=TIMEOUT_S)
        answer.raise_for_status()
        return answer.text.count(READY)

    def storage_state(self) -> dict[str, Any]:
        """As Playwright takes it."""
        kept = {"path": "/", "expires": -1, "httpOnly": False, "secure": False, "sameSite": "Lax"}
        cookies = [
            {"name": cookie.name, "value": cookie.value, "domain": cookie.domain, **kept}
            for cookie in self._session.cookies
            if cookie.name in {"sessionid", "csrftoken"}
        ]
        return {"cookies": cookies, "origins": []}
