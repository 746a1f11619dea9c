"""The whole path as a program goes it: over HTTP, with the simulated TikTok and a jobs process of its own."""

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from instances.roles import KeyScope
from tiktok.models import TikTokAccount
from tiktok.tests.fixtures_rest import MakeApi
from tiktok.tests.jobs_process import JobsProcess, wait_until
from tiktok.tests.simulator_process import Simulator
from tiktok.tests.videos import make_video

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "api-journey.sh"
PIECE = 2_000_000
TUS = {"Tus-Resumable": "1.0.0"}
Json = dict[str, Any]


class Program:
    """A client of the API that knows nothing of Django."""

    def __init__(self, base_url: str, key: str) -> None:
        self.base_url = base_url
        self.api = f"{base_url}/api/v1"
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {key}"

    def call(self, method: str, address: str, **options: Any) -> requests.Response:
        answer = self.session.request(method, address, timeout=30, **options)
        assert answer.status_code < 400, answer.text
        return answer

    def get(self, path: str) -> Json:
        return dict(self.call("GET", self.api + path).json())

    def send_whole(self, video: Path) -> str:
        """By one multipart form."""
        with video.open("rb") as file:
            return str(self.call("POST", f"{self.api}/media", files={"file": (video.name, file)}).json()["id"])

    def send_in_pieces(self, video: Path) -> str:
        """By tus."""
        content = video.read_bytes()
        name = base64.b64encode(video.name.encode()).decode()
        headers = TUS | {"Upload-Length": str(len(content)), "Upload-Metadata": f"filename {name}"}
        address = self.call("POST", f"{self.api}/media/uploads", headers=headers).headers["Location"]
        address = requests.compat.urljoin(self.base_url, address)
        kind = {"Content-Type": "application/offset+octet-stream"}
        for offset in range(0, len(content), PIECE):
            headers = TUS | kind | {"Upload-Offset": str(offset)}
            answer = self.call("PATCH", address, headers=headers, data=content[offset : offset + PIECE])
        return answer.headers["Clipdesk-Media-Id"]

    def wait_until_checked(self, media: str) -> str:
        """The media, once Clipdesk has checked the file."""
        wait_until(lambda: self.get(f"/media/{media}")["state"] == "ready", what="the video is checked")
        return media

    def post(self, account: str, media: str, key: str) -> requests.Response:
        body = {
            "account_id": account, "media_ids": [media], "mode": "DIRECT_POST", "caption": f"From a program: {key}",
            "privacy_level": "PUBLIC_TO_EVERYONE", "allow_comment": True, "consent": True,
        }  # fmt: skip
        return self.call("POST", f"{self.api}/posts", json=body, headers={"Idempotency-Key": key})


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real video of several chunks."""
    return make_video(tmp_path_factory.mktemp("clip") / "clip.mp4", seconds=6, size_bytes=11_000_000)


@pytest.fixture
def key(make_api: MakeApi, editor: User) -> str:
    """Just what the journey needs."""
    scopes = [KeyScope.ACCOUNTS_READ, KeyScope.MEDIA_WRITE, KeyScope.POSTS_READ, KeyScope.POSTS_PUBLISH]
    return make_api(editor, *scopes).key


@pytest.fixture
def running(tiktok: Simulator, linked: TikTokAccount, jobs: JobsProcess, live_server: LiveServer) -> str:
    """Server, worker and TikTok; the server's address."""
    tiktok.settings(processing_delay_s=0, moderation_delay_s=0)
    jobs.start()
    return live_server.url


def test_a_program_publishes_what_it_uploaded_whole_and_in_pieces(
    running: str, key: str, clip: Path, tiktok: Simulator
) -> None:
    program = Program(running, key)
    (account,) = program.get("/accounts")["items"]
    offer = program.get(f"/accounts/{account['id']}/creator-info")
    assert "PUBLIC_TO_EVERYONE" in offer["privacy_level_options"]

    made = {}
    for how, send in (("whole", program.send_whole), ("pieces", program.send_in_pieces)):
        media = program.get(f"/media/{program.wait_until_checked(send(clip))}")
        assert (media["size_bytes"], media["problems"]) == (clip.stat().st_size, [])
        made[how] = program.post(account["id"], media["id"], how).json()["id"]
        again = program.post(account["id"], media["id"], how)
        assert (again.json()["id"], again.headers["Idempotency-Replayed"]) == (made[how], "true")

    for how, post_id in made.items():
        wait_until(lambda at=post_id: program.get(f"/posts/{at}")["share_urls"], what=f"published, {how}")  # type: ignore[misc]
        post = program.get(f"/posts/{post_id}")
        (seen,) = tiktok.posts(publish_id=post["publish_id"])
        assert post["state"] == "published"
        assert post["share_urls"] == [f"https://www.tiktok.com/@maren/video/{seen.public_ids[0]}"]
        assert seen.post_info["title"] == f"From a program: {how}"
        moves = [event["to"] for event in program.get(f"/posts/{post_id}/events")["items"]]
        assert list(dict.fromkeys(moves)) == ["draft", "due", "initing", "uploading", "processing", "published"]
    assert len(tiktok.posts()) == 2


def test_curl_alone_is_enough(running: str, key: str, clip: Path) -> None:
    env = {
        "PATH": os.environ["PATH"],
        "BASE_URL": running,
        "API_KEY": key,
        "PIECE_BYTES": str(PIECE),
        "TIMEOUT_S": "60",
    }
    done = subprocess.run(["bash", SCRIPT, clip], env=env, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    post = json.loads(done.stdout)
    assert post["state"] == "published"
    assert [url.startswith("https://www.tiktok.com/@maren/video/") for url in post["share_urls"]] == [True]
