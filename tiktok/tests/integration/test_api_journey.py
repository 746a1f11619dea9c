"""The whole path as a program goes it: over HTTP, with the simulated TikTok and a jobs process of its own."""

import base64
import importlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

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

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "scripts" / "api-journey.sh"
DOCS = ROOT / "docs" / "api.md"
# The line that docs/api.md names; without post_hooks nothing is formatted.
GENERATOR = "content_type_overrides: {application/offset+octet-stream: application/octet-stream}\npost_hooks: []\n"
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


def test_program_publishes_what_it_uploaded_whole_and_in_pieces(
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


def test_example_of_the_documentation_publishes(running: str, key: str, clip: Path, tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    program = tmp_path / "publish.py"
    program.write_text(example.replace("PIECE = 16_000_000", f"PIECE = {PIECE}"))
    env = {"PATH": os.environ["PATH"], "BASE_URL": running, "API_KEY": key}

    done = subprocess.run(
        [sys.executable, program, clip], env=env, capture_output=True, text=True, timeout=100, check=False
    )

    assert (done.returncode, done.stdout.split()[0]) == (0, "published"), done.stderr


@pytest.fixture
def generated(running: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Iterator[GeneratedClient]":
    """The client that openapi-python-client makes of our document."""
    document, config = tmp_path / "openapi.json", tmp_path / "config.yml"
    document.write_bytes(requests.get(f"{running}/api/v1/openapi.json", timeout=30).content)
    config.write_text(GENERATOR)
    where = tmp_path / "generated_client"
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "openapi_python_client",
        "generate",
        "--meta",
        "none",
        "--fail-on-warning",
    ]
    options: list[str | Path] = ["--path", document, "--config", config, "--output-path", where]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(tmp_path)
    program = GeneratedClient(lambda name: importlib.import_module(f"{where.name}.{name}"), running, key)
    yield program
    program.close()
    for name in [name for name in sys.modules if name.partition(".")[0] == where.name]:
        del sys.modules[name]


class GeneratedClient:
    """Use the generated functions as an API client."""

    def __init__(self, module: Callable[[str], Any], base_url: str, key: str) -> None:
        self.module = module
        self.client = module("client").AuthenticatedClient(
            base_url=base_url, token=key, raise_on_unexpected_status=True
        )

    def __call__(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """The answer of one function, with its headers."""
        return self.module(f"api.{name}").sync_detailed(*args, client=self.client, **kwargs)

    def send_whole(self, video: Path) -> UUID:
        body = self.module("models").UploadMediaBody(file=self.file(video.read_bytes(), video.name))
        return UUID(self("media.upload_media", body=body).parsed.id)

    def send_in_pieces(self, video: Path) -> UUID:
        content = video.read_bytes()
        name = f"filename {base64.b64encode(video.name.encode()).decode()}"
        made = self("media.create_upload", upload_length=len(content), upload_metadata=name)
        upload = UUID(made.headers["Location"].rpartition("/")[2])
        for offset in range(0, len(content), PIECE):
            piece = self.file(content[offset : offset + PIECE])
            answer = self("media.patch_upload", upload, upload_offset=offset, body=piece)
        return UUID(answer.headers["Clipdesk-Media-Id"])

    def file(self, content: bytes, name: str | None = None) -> Any:
        return self.module("types").File(payload=io.BytesIO(content), file_name=name)

    def post(self, account: UUID, media: UUID, key: str, **options: Any) -> Any:
        models = self.module("models")
        body = models.PostIn(
            account_id=account, media_ids=[media], mode=models.PostMode.DIRECT_POST, consent=True,
            **{"caption": key, "privacy_level": models.PrivacyLevel.PUBLIC_TO_EVERYONE} | options,
        )  # fmt: skip
        return self("posts.create_post", idempotency_key=key, body=body).parsed

    def close(self) -> None:
        self.client.get_httpx_client().close()

    def wait_for(self, name: str, row: Any, state: str) -> None:
        wait_until(lambda: self(name, row).parsed.state == state, what=f"{name}: {state}")


def test_generated_client_publishes_by_tus_and_by_multipart(
    generated: GeneratedClient, clip: Path, tiktok: Simulator
) -> None:
    (account,) = generated("accounts.list_accounts").parsed.items

    for how, send in (("whole", generated.send_whole), ("pieces", generated.send_in_pieces)):
        media = send(clip)
        generated.wait_for("media.show_media", media, "ready")
        post = generated.post(account.id, media, how)
        generated.wait_for("posts.show_post", post.id, "published")

    assert sorted(post.post_info["title"] for post in tiktok.posts()) == ["pieces", "whole"]


def test_generated_client_reads_what_is_wrong(generated: GeneratedClient, clip: Path) -> None:
    (account,) = generated("accounts.list_accounts").parsed.items
    media = generated.send_whole(clip)
    generated.wait_for("media.show_media", media, "ready")

    problem = generated.post(account.id, media, "bad", caption="x" * 2203)

    assert (problem.status, problem.code) == (422, "invalid")
    assert [(error.field, error.code, error.maximum) for error in problem.errors] == [
        ("caption", "caption_too_long", 2200)
    ]


def test_generated_patch_sends_only_what_was_set(generated: GeneratedClient) -> None:
    models = generated.module("models")

    assert models.PostPatch(caption="New").to_dict() == {"caption": "New"}
    assert models.PostPatch(allow_duet=False).to_dict() == {"allow_duet": False}
    assert models.AccountPatch(labels=["spring"]).to_dict() == {"labels": ["spring"]}
    assert models.AccountPatch(name="Shop").to_dict() == {"name": "Shop"}
