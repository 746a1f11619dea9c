"""A key of the ring is lost: what was written with it asks for what helps, and nothing else breaks."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditLogEntry, User
from core.jobs.clock import pinned_clock, read_db_now
from instances.models import Instance
from instances.scoping import instance_scope
from instances.tests.sign_in import sign_in_as_staff
from tiktok.access.readable import revive_readable
from tiktok.access.reasons import reason_text
from tiktok.access.refresh import refresh_ahead
from tiktok.access.secrets import ClientSecretUnreadable
from tiktok.access.tokens import usable_token
from tiktok.accounts.disconnect import finish_disconnect, start_disconnect
from tiktok.accounts.upkeep import sync_profiles
from tiktok.api.errors import InvalidClient
from tiktok.api.secret import Secret
from tiktok.api.types import TokenSet
from tiktok.connect.services import link_account
from tiktok.keys.check import check_stored_keys
from tiktok.keys.columns import stored_key_ids
from tiktok.models import AccountStatus, PostState, Submission, TikTokAccount, TikTokApp, TikTokCredential
from tiktok.models.fields import seal
from tiktok.posts.submissions import forget_dead_upload_urls
from tiktok.posts.wording.codes import explain
from tiktok.tests.fixtures_posts import Submit, Worker, reread
from tiktok.tests.integration.keys.conftest import NEW, OLD, only
from tiktok.tests.simulator_process import CLIENT_SECRET, Simulator

pytestmark = pytest.mark.django_db
UNREADABLE = (AccountStatus.RECONNECT_NEEDED, "undecryptable")
ACTIVE = (AccountStatus.ACTIVE, "")
NO_SECRET = "client-secret-unreadable"


def fresh(account: TikTokAccount) -> TikTokAccount:
    with instance_scope(account.instance):
        return TikTokAccount.objects.select_related("credential").get(pk=account.pk)


def status_of(account: TikTokAccount) -> tuple[str, str]:
    account = fresh(account)
    return account.status, account.status_reason


def let_token_end(account: TikTokAccount) -> None:
    now = read_db_now()
    TikTokCredential.objects.filter(pk=account.credential_id).update(
        access_expires_at=now, next_refresh_at=now, access_issued_at=now - timedelta(hours=21)
    )


def lose_client_secret(settings: Settings, app: TikTokApp) -> None:
    """It alone: the tokens can still be read."""
    settings.FIELD_ENCRYPTION_KEYS = {"k9": b"9" * 32}
    TikTokApp.objects.filter(pk=app.pk).update(client_secret=seal(TikTokApp, app.pk, "client_secret", CLIENT_SECRET))
    settings.FIELD_ENCRYPTION_KEYS = only(OLD)


def enter_secret(client: Client, staff: User, app: TikTokApp) -> None:
    """In the back office, as the page asks for."""
    sign_in_as_staff(client, staff)
    page = reverse("admin:tiktok_tiktokapp_change", args=[app.pk])
    assert "can’t be read with the current keys. Enter it again." in client.get(page).content.decode()
    form = client.get(page).context["adminform"].form
    fields = {name: value for name, value in form.initial.items() if value is not None}
    answer = client.post(page, fields | {"scopes": app.scopes, "new_secret": CLIENT_SECRET, "is_audited": "unknown"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors


def reconnect(tiktok: Simulator, account: TikTokAccount, actor: User) -> None:
    """As the callback does when the same TikTok user has consented again."""
    new = tiktok.grant(account.username)
    tokens = TokenSet(
        new.open_id, tuple(new.scope.split(",")), Secret(new.access_token), Secret(new.refresh_token),
        new.expires_in, new.refresh_expires_in, new.token_type,
    )  # fmt: skip
    with instance_scope(account.instance):
        app = TikTokApp.objects.get(pk=account.credential.app_id)
        link_account(
            account.instance, app=app, actor=actor, tokens=tokens, asked_at=read_db_now(), reconnect=fresh(account)
        )


def test_posts_wait_for_a_reconnect_and_the_new_key_is_used(
    submit: Submit, linked: TikTokAccount, instance: Instance, editor: User, admin_user: User, worker: Worker,
    tiktok: Simulator, client: Client, settings: Settings,
) -> None:  # fmt: skip
    post = submit(privacy_level="SELF_ONLY")
    settings.FIELD_ENCRYPTION_KEYS = only(NEW)

    worker.run_due()

    waiting = reread(post, instance)
    assert (waiting.state, waiting.error_code) == (PostState.WAITING_ACCOUNT, "reconnect_needed")
    assert status_of(linked) == UNREADABLE
    client.force_login(editor)
    cards = client.get(reverse("tiktok:account-list-part", args=["aurora"])).content.decode()
    assert reason_text("undecryptable") in cards
    assert explain("reconnect_needed").can in client.get(f"/i/aurora/posts/{post.pk}/").content.decode()

    enter_secret(client, admin_user, linked.credential.app)
    reconnect(tiktok, linked, editor)
    worker.run_for(60)

    assert reread(post, instance).state == PostState.PUBLISHED
    assert status_of(linked) == ACTIVE
    let_token_end(linked)
    usable_token(linked.credential_id)
    stored = stored_key_ids()
    assert stored["tiktok_tiktokcredential.refresh_token"] == stored["tiktok_tiktokapp.client_secret"] == {NEW: 1}


def test_everything_continues_by_itself_when_the_key_is_back(
    submit: Submit, linked: TikTokAccount, instance: Instance, worker: Worker, tiktok: Simulator, settings: Settings
) -> None:
    post = submit(privacy_level="SELF_ONLY")
    settings.FIELD_ENCRYPTION_KEYS = only(NEW)
    worker.run_due()
    revive_readable()
    assert status_of(linked) == UNREADABLE

    settings.FIELD_ENCRYPTION_KEYS = only(NEW, OLD)
    revive_readable()
    worker.run_for(60)

    assert status_of(linked) == ACTIVE
    assert reread(post, instance).state == PostState.PUBLISHED
    assert tiktok.requests("token") == []


def test_account_that_waits_for_another_reason_is_not_revived(linked: TikTokAccount) -> None:
    with instance_scope(linked.instance):
        TikTokAccount.objects.update(status=AccountStatus.RECONNECT_NEEDED, status_reason="token_refused")

    revive_readable()

    assert status_of(linked) == (AccountStatus.RECONNECT_NEEDED, "token_refused")


def test_unreadable_client_secret_is_logged_and_keeps_accounts(
    submit: Submit, linked: TikTokAccount, instance: Instance, admin_user: User, worker: Worker, tiktok: Simulator,
    client: Client, settings: Settings, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    post = submit(privacy_level="SELF_ONLY")
    lose_client_secret(settings, linked.credential.app)
    let_token_end(linked)

    worker.run_due()

    held = reread(post, instance)
    assert (held.state, held.hold_reason) == (PostState.DUE, NO_SECRET)
    assert status_of(linked) == ACTIVE
    assert tiktok.requests("token") == []
    assert f"the operator is needed: the client secret of TikTok app {linked.credential.app_id}" in caplog.text
    with pytest.raises(ClientSecretUnreadable):
        usable_token(linked.credential_id)
    sign_in_as_staff(client, admin_user)

    enter_secret(client, admin_user, linked.credential.app)
    worker.run_for(600)

    assert reread(post, instance).state == PostState.PUBLISHED
    assert not AuditLogEntry.objects.filter(action="account.reconnect_needed").exists()


def test_page_of_a_held_post_sends_people_to_the_operator(
    submit: Submit, linked: TikTokAccount, worker: Worker, editor: User, client: Client, settings: Settings
) -> None:
    post = submit()
    lose_client_secret(settings, linked.credential.app)
    let_token_end(linked)
    worker.run_due()
    client.force_login(editor)

    page = client.get(f"/i/aurora/posts/{post.pk}/").content.decode()

    assert explain(NO_SECRET).can.replace("'", "&#x27;") in page
    assert "Clipdesk cannot read the client secret of the TikTok app" in page


def test_check_falls_silent_when_everything_has_been_done(
    stored: Submission, instance: Instance, editor: User, admin: User, admin_user: User, client: Client,
    settings: Settings,
) -> None:  # fmt: skip
    settings.FIELD_ENCRYPTION_KEYS = only(NEW)
    assert len(check_stored_keys(databases=["default"])) == 1

    enter_secret(client, admin_user, stored.app)
    call_command("remove_two_factor", email=editor.email)
    with instance_scope(instance):
        account = TikTokAccount.objects.get()
        start_disconnect(account, actor=admin)
    finish_disconnect(fresh(account))
    with pinned_clock(timezone.now() + timedelta(days=1, minutes=1)):
        forget_dead_upload_urls()
        left = {name for name, rows in stored_key_ids().items() if OLD in rows}
        assert left == {"tiktok_initreceipt.upload_url", "tiktok_submission.upload_url"}  # of an upload that is open
        with instance_scope(instance):
            Submission.objects.update(closed_at=read_db_now())
        forget_dead_upload_urls()

    assert check_stored_keys(databases=["default"]) == []


@pytest.mark.parametrize("is_everything_lost", [True, False])
def test_disconnecting_ends_and_leaves_nothing_secret(
    linked: TikTokAccount, admin: User, tiktok: Simulator, settings: Settings, is_everything_lost: bool
) -> None:
    if is_everything_lost:
        settings.FIELD_ENCRYPTION_KEYS = only(NEW)
    else:
        lose_client_secret(settings, linked.credential.app)
    with instance_scope(linked.instance):
        assert start_disconnect(linked, actor=admin)

    assert finish_disconnect(fresh(linked))

    assert status_of(linked)[0] == AccountStatus.DISCONNECTED
    assert stored_key_ids()["tiktok_tiktokcredential.access_token"] == {}
    assert tiktok.requests("revoke") == []  # there was nothing to ask with
    line = AuditLogEntry.objects.get(action="account.disconnected")
    assert line.detail == {"revoked": False, "why": "unusable" if is_everything_lost else "failed"}


def test_upkeep_continues_past_accounts_with_unreadable_tokens(linked: TikTokAccount, settings: Settings) -> None:
    let_token_end(linked)
    settings.FIELD_ENCRYPTION_KEYS = only(NEW)

    assert (refresh_ahead(), sync_profiles()) == (0, 0)

    assert status_of(linked) == UNREADABLE
    assert refresh_ahead() == 0  # it is not asked again


def test_upkeep_skips_accounts_with_an_unreadable_client_secret(linked: TikTokAccount, settings: Settings) -> None:
    let_token_end(linked)
    lose_client_secret(settings, linked.credential.app)

    assert (refresh_ahead(), sync_profiles()) == (0, 0)

    assert status_of(linked) == ACTIVE


def test_old_secret_that_cannot_be_read_hides_no_refusal(linked: TikTokAccount, settings: Settings) -> None:
    app = linked.credential.app
    settings.FIELD_ENCRYPTION_KEYS = {"k9": b"9" * 32}
    old = seal(TikTokApp, app.pk, "old_client_secret", CLIENT_SECRET)
    settings.FIELD_ENCRYPTION_KEYS = only(OLD)
    wrong = seal(TikTokApp, app.pk, "client_secret", "wrong")
    TikTokApp.objects.filter(pk=app.pk).update(client_secret=wrong, old_client_secret=old)
    let_token_end(linked)

    with pytest.raises(InvalidClient):
        usable_token(linked.credential_id)

    assert status_of(linked) == ACTIVE
