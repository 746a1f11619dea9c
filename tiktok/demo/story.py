"""The demo's content: a small studio with four accounts and posts that are published, scheduled, drafted or refused."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import requests

from tiktok.demo.home import Home
from tiktok.demo.person import Person
from tiktok.demo.processes import CLIENT_KEY, CommandFailed, run_command
from tiktok.demo.program import Program
from tiktok.media.sample import make_sample

TENANT: Final = "Northlight Studio"
SLUG: Final = "northlight"
USERS: Final = {
    "maren-bakes": "maren.bakes",
    "northline-studio": "northline.studio",
    "tomas-outdoors": "tomas.outdoors",
    "harbour-yoga": "harbour.yoga",
}
CLIPS: Final = {"sunrise": "Sunrise loaf", "valley": "Low tide", "dusk": "Concrete, softly", "coast": "Twenty minutes"}
PUBLIC: Final = "PUBLIC_TO_EVERYONE"
QUIET_WITHIN_S: Final = 90


@dataclass(frozen=True)
class Scene:
    """One post. ``key`` is its idempotency key, so that a repeated run posts nothing twice."""

    key: str
    username: str
    clip: str
    caption: str
    privacy_level: str = PUBLIC
    allow_comment: bool = False
    is_draft: bool = False
    is_tomorrow: bool = False

    def body(self, account_id: str, media_id: str) -> dict[str, Any]:
        """Return the API's input: a draft takes no consent."""
        body = {
            "account_id": account_id,
            "media_ids": [media_id],
            "mode": "DIRECT_POST",
            "caption": self.caption,
            "privacy_level": self.privacy_level,
            "allow_comment": self.allow_comment,
            "draft": self.is_draft,
            "consent": not self.is_draft,
        }
        return body | ({"publish_at": _tomorrow()} if self.is_tomorrow else {})


SCENES: Final = (
    Scene("demo-1", "maren.bakes", "sunrise", "Six in the morning, and the crust sings #sourdough", allow_comment=True),
    Scene("demo-2", "tomas.outdoors", "valley", "Low tide leaves a path for exactly forty minutes", allow_comment=True),
    Scene("demo-3", "northline.studio", "dusk", "Concrete can be soft if you let the evening in #architecture"),
    Scene("demo-4", "harbour.yoga", "coast", "Twenty quiet minutes before the harbour wakes up"),
    Scene("demo-5", "maren.bakes", "coast", "Friends only: the loaf that did not rise", "MUTUAL_FOLLOW_FRIENDS"),
    Scene("demo-6", "tomas.outdoors", "sunrise", "Tomorrow: the long way round the bay", is_tomorrow=True),
    Scene("demo-7", "northline.studio", "valley", "A house that", "", is_draft=True),
)
REFUSED: Final = Scene("demo-8", "harbour.yoga", "dusk", "WIN WIN WIN — free mats for the first 10,000 followers")


def _tomorrow() -> str:
    """Return a time in UTC, which is the zone of the instance."""
    return (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT18:30:00+00:00")


def register_webhook(home: Home) -> None:
    """Register the callback URL, as in TikTok's portal, at every start, since the port may differ."""
    app = {"client_key": CLIENT_KEY, "webhook_url": f"{home.url}/webhooks/tiktok/"}
    requests.post(f"{home.simulator_url}/_sim/apps", json=app, timeout=10).raise_for_status()


def set_up_url_prefix(home: Home) -> None:
    """Let TikTok download photos, as in TikTok's portal and on the app's page; at every start, as the port may differ.

    The simulated TikTok takes an address of this machine, which TikTok itself never does.
    """
    prefix = {"client_key": CLIENT_KEY, "prefix": f"{home.url}/m/"}
    offered = requests.post(f"{home.simulator_url}/_sim/url-properties", json=prefix, timeout=10)
    offered.raise_for_status()
    with TemporaryDirectory() as scratch:
        file = Path(scratch) / offered.json()["file_name"]
        file.write_text(offered.json()["file_content"], encoding="utf-8")
        run_command(home, "url_prefix", "--client-key", CLIENT_KEY, "--file", str(file))
    requests.post(f"{home.simulator_url}/_sim/url-properties/verify", json=prefix, timeout=30).raise_for_status()


def create_content(home: Home, say: Callable[[str], None]) -> None:
    """Create the content. Safe to run again after an interruption. The product has to answer already."""
    if home.is_told:
        return
    say("Making the instance and its login …")
    _make_owner(home)
    say("Linking TikTok accounts, by really going through TikTok's consent page …")
    program = Program(home.url, home.api_key)
    _link_accounts(home, program)
    say("Making and uploading clips …")
    _upload_clips(home, program)
    say("Publishing …")
    _publish(home, program)
    home.is_told = True
    home.save()


def _make_owner(home: Home) -> None:
    if home.api_key:
        return
    try:
        owner = ["--email", home.email, "--tenant", TENANT, "--instance", SLUG, "--password-stdin"]
        run_command(home, "create_owner", *owner, stdin=home.password + "\n")
    except CommandFailed as error:
        if "has an account already" not in str(error):
            raise
    home.api_key = run_command(home, "create_api_key", "--instance", SLUG, "--user", home.email, "--name", "demo")
    home.save()


def _link_accounts(home: Home, program: Program) -> None:
    person = Person(home.url)
    person.sign_in(home.email, home.password)
    linked = program.accounts()
    for user, username in USERS.items():
        if username not in linked:
            person.link_account(SLUG, user)


def _upload_clips(home: Home, program: Program) -> None:
    with TemporaryDirectory() as scratch:
        for look, (name, title) in enumerate(CLIPS.items()):
            if name not in home.media:
                clip = make_sample(Path(scratch) / f"{name}.mp4", seconds=4, look=look, title=title)
                home.media[name] = program.upload(clip)
                home.save()


def _publish(home: Home, program: Program) -> None:
    accounts = program.accounts()
    for scene in SCENES:
        program.post(scene.key, scene.body(accounts[scene.username], home.media[scene.clip]))
    _wait_until_quiet(program)
    fault = {"fault": "fail_reason", "endpoint": "video_init", "user": "harbour-yoga", "reason": "spam_risk_text"}
    requests.post(f"{home.simulator_url}/_sim/faults", json=fault, timeout=10).raise_for_status()
    program.post(REFUSED.key, REFUSED.body(accounts[REFUSED.username], home.media[REFUSED.clip]))
    _wait_until_quiet(program)


def _wait_until_quiet(program: Program) -> None:
    """Wait until no post changes any longer, or the time is over: the rest happens while people watch."""
    deadline = time.monotonic() + QUIET_WITHIN_S
    while not program.is_quiet() and time.monotonic() < deadline:
        time.sleep(0.5)
