"""Keys, secrets, audit, caps and waiting work, against the simulated TikTok."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import responses
from django.utils import timezone
from pytest_django import Settings

from core.doctor.finding import Finding, State
from core.doctor.run import CheckContext, examine
from core.jobs.clock import read_db_now
from instances.models import Instance, InstanceTurn
from instances.scoping import instance_scope
from tiktok.developer_apps import findings
from tiktok.models import TikTokApp, TikTokCredential, WebhookDelivery, WebhookRefusal, WorkItem
from tiktok.models.fields import Sealed, seal
from tiktok.posts.findings import waiting_posts
from tiktok.tests.factories import CredentialFactory, TikTokAppFactory, make_account, make_post
from tiktok.tests.simulator_process import CLIENT_KEY, CLIENT_SECRET, Simulator

CALLBACK = "http://127.0.0.1:8000/auth/tiktok/login/callback/"
ONLINE = CheckContext(is_online=True, database_answers=True)
OFFLINE = CheckContext(is_online=False, database_answers=True)


@pytest.fixture
def sim(tiktok: Simulator, settings: Settings) -> Simulator:
    settings.TIKTOK_API_BASE_URL, settings.TIKTOK_AUTHORIZE_URL = tiktok.base_url, tiktok.authorize_url
    settings.BASE_URL = "http://127.0.0.1:8000"
    return tiktok


@pytest.fixture
def app(sim: Simulator, db: None) -> TikTokApp:
    return TikTokAppFactory.create(name="Ours", client_key=CLIENT_KEY, secret=CLIENT_SECRET, redirect_uri=CALLBACK)


def look(app: TikTokApp, context: CheckContext = ONLINE) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings.examine_app(app, context)}


def keep_secret(app: TikTokApp, **secrets: str) -> TikTokApp:
    for field, secret in secrets.items():
        setattr(app, field, seal(TikTokApp, app.pk, field, secret))
    app.save()
    return app


def test_tiktok_is_asked_whether_it_knows_key_and_secret(sim: Simulator, app: TikTokApp) -> None:
    found = look(app)

    assert {check: finding.state for check, finding in found.items()} == {
        "client-key": State.OK, "client-secret": State.OK, "redirect-uri": State.OK, "scopes": State.OK,
        "audit": State.CANNOT_TELL, "approval": State.CANNOT_TELL, "caps": State.OK, "url-prefix": State.OK,
    }  # fmt: skip
    assert [call.code for call in sim.requests("token")] == ["invalid_grant"]


def test_wrong_secret_is_a_fault_that_does_not_say_it(app: TikTokApp) -> None:
    found = look(keep_secret(app, client_secret="canary-wrong"))["client-secret"]

    assert (found.state, found.text) == (
        State.FAULT, "TikTok rejects this client key and secret (invalid_client).",
    )  # fmt: skip
    assert found.step.startswith("Copy both again from the app’s page at TikTok (a sandbox has its own pair)")
    assert "canary" not in str(found)


def test_wrong_key_is_a_fault(app: TikTokApp) -> None:
    app.client_key = "sim-client-kye"

    assert look(app)["client-secret"].state == State.FAULT


@pytest.mark.parametrize("secret", ['"canary"', "'canary", "can ary", "canary\n"])
def test_quotes_and_blanks_in_a_secret_are_a_fault_without_asking(sim: Simulator, app: TikTokApp, secret: str) -> None:
    found = look(keep_secret(app, client_secret=secret))["client-secret"]

    assert (found.state, found.text) == (
        State.FAULT, "The client secret contains quotation marks, spaces or a line break.",
    )  # fmt: skip
    assert "canary" not in str(found)
    assert sim.requests("token") == []


def test_quotes_in_a_key_are_a_fault(app: TikTokApp) -> None:
    app.client_key = f'"{CLIENT_KEY}"'

    assert look(app, OFFLINE)["client-key"].state == State.FAULT


def test_secret_whose_encryption_key_is_gone_is_a_fault(app: TikTokApp) -> None:
    TikTokApp.objects.update(client_secret=Sealed("gone:xxxx"))

    found = look(TikTokApp.objects.get())["client-secret"]

    assert found.step.startswith("Add the missing key to FIELD_ENCRYPTION_KEYS again, or enter the secret again")


def test_during_a_change_the_old_secret_is_said_to_work_still(app: TikTokApp) -> None:
    found = look(keep_secret(app, client_secret="not-yet", old_client_secret=CLIENT_SECRET))

    assert (found["client-secret"].state, found["client-secret"].step) == (
        State.FAULT,
        "Finish the change at TikTok, or copy the secret again from the app’s page: “Client secret” of this app in"
        " Administration.",
    )  # fmt: skip
    assert "secret-change" in found


def test_app_that_tiktok_does_not_let_in_is_not_approved(sim: Simulator, app: TikTokApp) -> None:
    with responses.RequestsMock() as network:
        network.post(f"{sim.base_url}/v2/oauth/token/", json={"error": "unauthorized_client"})
        found = next(f for f in findings.examine_app(app, ONLINE) if f.check == "approval")

    assert (found.state, found.step.split(",")[0]) == (State.FAULT, "Submit it for review in TikTok’s portal")


def test_sandbox_and_a_used_app_need_no_word_about_approval(app: TikTokApp) -> None:
    app.environment = "sandbox"
    assert look(app, OFFLINE)["approval"].state == State.OK
    app.environment = "production"
    CredentialFactory.create(app=app)
    assert look(app, OFFLINE)["approval"].state == State.OK


@pytest.mark.parametrize(("is_audited", "state"), [(None, State.CANNOT_TELL), (False, State.WARNING), (True, State.OK)])
def test_without_an_audit_the_account_must_be_private(app: TikTokApp, is_audited: bool | None, state: State) -> None:
    app.is_audited = is_audited

    found = look(app, OFFLINE)["audit"]

    assert found.state == state
    assert is_audited or found.step.startswith("Set the TikTok accounts to private (in TikTok: Settings → Privacy")


def test_caps_that_tiktok_named_are_said(app: TikTokApp) -> None:
    app.users_held_until = timezone.now() + timedelta(hours=1)
    CredentialFactory.create(app=app, posts_held_until=app.users_held_until, posts_held_code="spam_risk_too_many_posts")

    caps = [finding for finding in findings.examine_app(app, OFFLINE) if finding.check == "caps"]

    assert [(finding.state, finding.text) for finding in caps] == [
        (
            State.WARNING,
            "The app has reached TikTok’s limit of accounts in 24 hours (reached_active_user_cap): other accounts"
            " wait.",
        ),
        (State.WARNING, "1 account has reached TikTok’s limit of posts in 24 hours (about 15 across all apps)."),
    ]


def test_scopes_that_accounts_have_not_granted_are_named(app: TikTokApp) -> None:
    assert [finding.state for finding in findings.grants(OFFLINE)] == [State.OK]
    CredentialFactory.create(app=app, scopes=["user.info.basic"], next_refresh_at=timezone.now())
    CredentialFactory.create(app=app, scopes=["user.info.basic"], withdrawn_at=timezone.now())

    (found,) = findings.grants(OFFLINE)

    assert (found.state, found.step) == (
        State.WARNING, "Open Accounts and use Reconnect account on their cards to grant the rest.",
    )  # fmt: skip
    assert found.text.startswith(
        "1 TikTok user has not granted every scope. Not available there: @username and profile link,"
    )


@pytest.mark.parametrize(("served_ago_s", "state"), [(3600, State.FAULT), (5, State.OK)])
def test_posts_that_no_worker_takes_are_a_fault(instance: Instance, served_ago_s: int, state: State) -> None:
    with instance_scope(instance):
        post = make_post(make_account(instance))
    WorkItem.objects.filter(post=post).update(next_action_at=read_db_now() - timedelta(minutes=11))
    InstanceTurn.objects.create(instance=instance, served_at=read_db_now() - timedelta(seconds=served_ago_s))

    (found,) = waiting_posts(OFFLINE)

    assert found.state == state


@pytest.mark.parametrize(
    ("off", "state"),
    [(timedelta(0), State.OK), (timedelta(seconds=-50), State.WARNING), (timedelta(minutes=10), State.FAULT)],
)
def test_clock_that_is_off_by_tiktoks_is_named(off: timedelta, state: State) -> None:
    with responses.RequestsMock() as network:
        date = format_datetime(datetime.now(UTC) + off)
        network.get("https://open.tiktokapis.com/", status=404, headers={"Date": date})
        found = {finding.check: finding for finding in findings.reach(ONLINE)}

    assert (found["tiktok"].state, found["clock"].state) == (State.OK, state)


def test_tiktok_that_cannot_be_reached_is_a_fault(settings: Settings, app: TikTokApp) -> None:
    settings.TIKTOK_API_BASE_URL = "http://127.0.0.1:9"

    found = {finding.check: finding.state for finding in findings.reach(ONLINE)}

    assert found == {"tiktok": State.FAULT, "clock": State.CANNOT_TELL}
    assert look(app)["client-secret"].state == State.CANNOT_TELL


# The environment's app


@pytest.fixture
def environment(sim: Simulator, settings: Settings, db: None) -> Settings:
    settings.TIKTOK_CLIENT_KEY, settings.TIKTOK_CLIENT_SECRET = CLIENT_KEY, CLIENT_SECRET
    settings.TIKTOK_REDIRECT_URI = CALLBACK
    return settings


def states() -> dict[str, State]:
    return {finding.check: finding.state for finding in findings.apps(ONLINE)}


def test_environment_app_is_checked_with_its_present_values(environment: Settings) -> None:
    assert (states()["client-secret"], states()["tiktok-apps"]) == (State.OK, State.WARNING)

    environment.TIKTOK_CLIENT_SECRET = "other"

    assert states()["client-secret"] == State.FAULT
    assert not TikTokApp.objects.exists()


@pytest.mark.parametrize(
    ("variable", "value", "check"),
    [
        ("TIKTOK_CLIENT_KEY", "", "client-key"),
        ("TIKTOK_CLIENT_SECRET", "", "client-secret"),
        ("TIKTOK_CLIENT_SECRET", "'q'", "client-secret"),
        ("TIKTOK_SCOPES", ["video.push"], "scopes"),
    ],
)
def test_bad_variable_is_named(environment: Settings, variable: str, value: object, check: str) -> None:
    setattr(environment, variable, value)

    found = {finding.check: finding for finding in findings.apps(ONLINE)}[check]

    assert found.state == State.FAULT
    assert f"{variable} in the environment (.env), then restart" in found.step


def test_without_any_app_the_guide_is_named(db: None) -> None:
    (found,) = findings.apps(OFFLINE)

    assert (found.check, found.state) == ("tiktok-apps", State.WARNING)


def test_nothing_is_written_and_no_secret_is_said(environment: Settings, app: TikTokApp) -> None:
    credential: TikTokCredential = CredentialFactory.create(app=app)
    findings = examine(online=False)

    assert CLIENT_SECRET not in str(findings)
    assert TikTokApp.objects.get().is_from_environment is False
    assert credential.open_id not in str(findings)


def test_refused_webhook_says_what_it_may_mean(app: TikTokApp, settings: Settings) -> None:
    settings.BASE_URL = "https://clip.example.com"
    WebhookDelivery.objects.create(app=app, digest="x", body="{}", received_at=timezone.now() - timedelta(hours=1))
    assert look(app, OFFLINE)["webhook"].state == State.OK
    refused = WebhookRefusal.objects.create(app=app, reason="bad_signature", at=timezone.now())

    found = look(app, OFFLINE)["webhook"]

    assert (found.state, found.step) == (
        State.CANNOT_TELL, "If TikTok sent it, the client secret here differs from TikTok’s: check it.",
    )  # fmt: skip
    WebhookRefusal.objects.filter(pk=refused.pk).update(reason="secret_unreadable")
    assert look(app, OFFLINE)["webhook"].state == State.WARNING
