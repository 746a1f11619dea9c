"""Tokens, client secrets and upload addresses are seen nowhere: not in logs, the database, Redis, pages or exports.

The secrets are those that the simulated TikTok really gave out, read from its own file.
"""

import base64
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from django.contrib import admin
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from config.tests.walker_table import TABLE, Door, Row
from config.tests.walker_world import furnish
from instances.models import Instance
from instances.roles import KeyScope
from instances.scoping import instance_scope, unscoped
from instances.services.api_keys import write_api_key
from instances.tests.factories import UserFactory
from instances.tests.sign_in import give_second_factor
from tiktok.models import Media, Post, PostState, Submission, TikTokAccount, TikTokApp
from tiktok.models.fields import seal
from tiktok.tests.fixtures_posts import MB
from tiktok.tests.integration.proofs.loud import Browser, Loud, Watch
from tiktok.tests.integration.proofs.processes import Process
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.simulator_process import CLIENT_KEY, Simulator

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Where the simulated TikTok keeps its world."""
    return tmp_path / "tiktok.sqlite3"


@pytest.fixture
def tiktok(state: Path) -> Iterator[Simulator]:
    """One of its own, whose secrets can be read."""
    simulator = Simulator(state=state).start()
    simulator.reset()
    yield simulator
    simulator.stop()


@pytest.fixture
def watch(state: Path, tiktok: Simulator, simulated: TikTokApp, settings: Settings) -> Watch:
    """The app has a secret like no other, at TikTok and here."""
    secret = f"canary-{secrets.token_urlsafe(24)}"
    tiktok.create_app(CLIENT_KEY, client_secret=secret)
    tiktok.settings(processing_delay_s=0, moderation_delay_s=0)
    simulated.client_secret = seal(TikTokApp, simulated.pk, "client_secret", secret)
    simulated.save()
    return Watch(state)


@pytest.fixture
def loud(
    tmp_path: Path, start: Callable[[Process], Process], transactional_db: None, watch: Watch, simulated: TikTokApp
) -> Loud:
    """Everything is running."""
    loud = Loud(tmp_path, start)
    TikTokApp.objects.update(redirect_uri=f"{loud.url}/auth/tiktok/login/callback/")
    return loud


class Story:
    """A team links an account, publishes through trouble, and looks at everything."""

    def __init__(
        self, loud: Loud, tiktok: Simulator, watch: Watch, instance: Instance, owner: User, video: Media
    ) -> None:
        self.loud, self.tiktok, self.watch, self.instance, self.video = loud, tiktok, watch, instance, video
        self.home = f"/i/{instance.slug}"
        self.browser = Browser(loud.url, owner)
        self.key = write_api_key(instance, user=owner, actor=owner, name="program", scopes=list(KeyScope))[1]
        watch.canaries.add(self.key)
        self.seen: dict[str, bytes] = {}

    def link(self) -> TikTokAccount:
        """Twice TikTok breaks down in the exchange of the code, once in the middle of its answer."""
        user = self.tiktok.create_user("maren", display_name="Maren")
        self.browser.get(f"{self.home}/accounts/")
        for fault in ("truncated_json", "server_error", ""):
            if fault:
                self.tiktok.fault(fault, "token")
            consent = self.browser.post(f"{self.home}/tiktok/connect/").headers["Location"]
            callback = self.tiktok.consent(consent, user)
            self.watch.look()
            self.browser.get(callback)
            self.watch.look()
        with instance_scope(self.instance):
            return TikTokAccount.objects.get()

    def call(self, method: str, path: str, json: object = None) -> requests.Response:
        """One call of the API; what it answered is kept in ``seen``."""
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": secrets.token_hex(8)}
        address = f"{self.loud.url}/api/v1{path}"
        answer = requests.request(method, address, headers=headers, json=json, timeout=30)
        self.seen[f"API {method} {path} #{len(self.seen)}"] = answer.content
        return answer

    def send_post(self, account: TikTokAccount) -> str:
        """Publish now; the post's id."""
        body = {
            "account_id": str(account.pk), "media_ids": [str(self.video.pk)], "mode": "DIRECT_POST",
            "privacy_level": "PUBLIC_TO_EVERYONE", "caption": "Hello", "consent": True,
        }  # fmt: skip
        answer = self.call("POST", "/posts", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def state_of(self, post_id: str) -> str:
        """Return where it occurs; note new secrets on the way."""
        self.watch.look()
        with instance_scope(self.instance):
            return Post.objects.get(pk=post_id).state

    def publish_through_trouble(self, account: TikTokAccount) -> str:
        """The token refused in web and in jobs; every call fails once, each in a way of its own."""
        self.tiktok.expire_token("maren")
        self.tiktok.fault("html_error", "creator_info")
        assert self.call("GET", f"/accounts/{account.pk}/creator-info").status_code >= 400
        self.watch.look()
        self.tiktok.fault("truncated_json", "video_init")
        self.tiktok.fault("drop_connection", "upload", after_bytes=MB)
        self.tiktok.fault("slow", "upload", skip=1, delay_s=3)
        self.tiktok.fault("html_error", "status")
        self.tiktok.fault("error", "status", code="access_token_invalid", status=401)
        post_id = self.send_post(account)
        published = PostState.PUBLISHED
        wait_until(lambda: self.state_of(post_id) == published, what="published through trouble", timeout_s=60)
        return post_id

    def crash(self, account: TikTokAccount) -> None:
        """Store an impossible plan: an unforeseen fault, with a traceback."""
        self.tiktok.fault("slow", "upload", bytes_per_s=2 * MB)
        post_id = self.send_post(account)
        wait_until(lambda: self.state_of(post_id) == PostState.UPLOADING, what="the upload runs")
        self.watch.look()
        with instance_scope(self.instance):
            Submission.objects.filter(post_id=post_id).update(chunk_size=0)
        wait_until(lambda: "Traceback" in self.loud.background.text(), what="a traceback is logged")

    def look_at_everything(self, account: TikTokAccount, post_id: str) -> None:
        """Every page and every GET of the API, as the owner, and the back office as staff."""
        ids = {**furnish(self.instance).ids, "account": str(account.pk), "post": post_id, "media": str(self.video.pk)}
        for row in TABLE:
            if "GET" in row.methods and row.door in (Door.INSTANCE, Door.SIGNED_IN, Door.API, Door.PUBLIC):
                self._look(row, {n: kind[1:] if kind[:1] == "=" else ids[kind] for n, kind in row.kwargs.items()})
        person = UserFactory.create(is_staff=True, is_superuser=True)
        give_second_factor(person)
        staff = Browser(self.loud.url, person)
        for path in admin_pages():
            assert staff.get(path, allow_redirects=False).status_code == 200, path
        self.seen |= self.browser.seen | staff.seen

    def _look(self, row: Row, kwargs: dict[str, str]) -> None:
        if row.door is Door.API:
            self.call("GET", row.name.split(" ")[1].format(**kwargs))
        else:
            slug = {"slug": self.instance.slug} if row.door is Door.INSTANCE else {}
            self.browser.get(reverse(row.name, kwargs={**kwargs, **slug}))


def admin_pages() -> list[str]:
    """Lists, and the page of every row, of all that the back office shows."""
    found = ["/admin/"]
    with unscoped(reason="test"):
        for model in admin.site._registry:
            prefix = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            found.append(reverse(f"{prefix}_changelist"))
            found += [reverse(f"{prefix}_change", args=[pk]) for pk in model._base_manager.values_list("pk", flat=True)]
    return found


def test_no_secret_is_seen_anywhere(
    loud: Loud, tiktok: Simulator, watch: Watch, instance: Instance, owner: User, video: Media, state: Path
) -> None:
    story = Story(loud, tiktok, watch, instance, owner, video)
    account = story.link()
    post_id = story.publish_through_trouble(account)
    story.crash(account)
    story.look_at_everything(account, post_id)
    watch.look()

    canaries = watch.canaries
    assert canaries.find_canary(state.read_bytes()), "the search finds nothing where secrets are"
    assert len(canaries) > 15
    assert_the_story_happened(story, post_id)
    found = {place: canaries.find_canary(text) for place, text in [*loud.traces(), *story.seen.items()]}
    assert {place: values for place, values in found.items() if values} == {}


def assert_the_story_happened(story: Story, post_id: str) -> None:
    """Otherwise nothing could have leaked."""
    logs = story.loud.logs()
    assert "urllib3.connectionpool" in logs["web"]
    assert "Traceback" in logs[story.loud.background.name]
    assert '"PUT (hidden)' in logs[story.loud.background.name]
    assert len(story.tiktok.requests("token")) >= 5
    assert {call.status for call in story.tiktok.requests()} >= {200, 401, 500, 502, None}
    outcomes = {put.status for post in story.tiktok.posts() for put in story.tiktok.puts(post.publish_id)}
    assert outcomes >= {201, 206, None}
    if "monitor" in logs:
        assert any(form in logs["monitor"] for form in in_base64(post_id))


def in_base64(text: str) -> list[str]:
    """Return the value as in a message's body."""
    return [base64.b64encode(b"x" * n + text.encode()).decode()[4:44] for n in range(3)]
