"""From the Connect button through TikTok's consent page and back, over real HTTP on TikTok's side."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.conf import settings as django_settings
from django.test import Client

from accounts.models import AuditLogEntry, User
from instances.models import Instance, Membership
from instances.scoping import instance_scope
from tiktok.models import AccountStatus, TikTokAccount, TikTokApp, TikTokCredential
from tiktok.tests.factories import TikTokAppFactory, make_account
from tiktok.tests.integration.linking.conftest import CALLBACK
from tiktok.tests.simulator_process import CLIENT_SECRET, Simulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client: Client, admin: User) -> Client:
    """The admin's browser, at the host that TikTok sends people back to."""
    client.defaults["SERVER_NAME"] = urlsplit(django_settings.BASE_URL).hostname or ""
    client.force_login(admin)
    return client


@pytest.fixture
def maren(sim: Simulator) -> str:
    """A TikTok user."""
    return sim.create_user("maren.bakes", display_name="Maren Bakes", follower_count=184_300)


def begin(browser: Client, instance: Instance, **fields: str) -> str:
    """Press Connect; the address of TikTok's consent page."""
    answer = browser.post(f"/i/{instance.slug}/tiktok/connect/", fields)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def come_back(browser: Client, callback: str) -> tuple[str, str, str]:
    """Follow TikTok's redirect; outcome code, title and text of the page it ends on."""
    parts = urlsplit(callback)
    assert callback.startswith(CALLBACK)
    page = browser.get(f"{parts.path}?{parts.query}").content.decode()
    code = re.search(r'data-outcome="(\w+)"', page)
    title = re.search(r"<h1>(.*?)</h1>", page)
    text = re.search(r'<p class="mb-0">(.*?)</p>', page)
    assert code, page
    assert title
    assert text
    assert not SocialAccount.objects.exists()
    assert not SocialToken.objects.exists()
    assert not SocialApp.objects.exists()
    return code[1], title[1], text[1]


def link(browser: Client, sim: Simulator, instance: Instance, user: str, **fields: str) -> tuple[str, str, str]:
    """The whole way."""
    return come_back(browser, sim.consent(begin(browser, instance, **fields), user))


def the_account(instance: Instance) -> TikTokAccount:
    with instance_scope(instance):
        return TikTokAccount.objects.select_related("credential").get()


def linked_count(instance: Instance) -> int:
    with instance_scope(instance):
        return TikTokAccount.objects.count()


def test_an_account_is_linked_with_its_profile_and_picture(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, admin: User, maren: str
) -> None:
    code, title, _ = link(browser, sim, instance, maren)

    account = the_account(instance)
    assert (code, title) == ("linked", "Maren Bakes (@maren.bakes) is linked")
    assert (account.name, account.username, account.follower_count) == ("Maren Bakes", "maren.bakes", 184_300)
    assert (account.status, account.linked_by) == (AccountStatus.ACTIVE, admin)
    assert account.credential.access_token
    assert account.synced_at is not None
    picture = browser.get(f"/i/{instance.slug}/accounts/{account.pk}/avatar/")
    assert b"".join(picture)[8:12] == b"WEBP"
    line = AuditLogEntry.objects.get(action="account.linked")
    assert (line.actor, line.instance_id) == (admin, instance.pk)


def test_the_consent_page_is_always_shown_and_asked_for_every_scope_in_order(
    browser: Client, app: TikTokApp, instance: Instance
) -> None:
    query = parse_qs(urlsplit(begin(browser, instance)).query)

    assert query["disable_auto_auth"] == ["1"]
    assert query["scope"] == [",".join(app.scopes)]
    assert query["redirect_uri"] == [CALLBACK]
    assert re.fullmatch(r"[0-9a-f]{64}", query["code_challenge"][0])


def test_a_web_app_sends_no_pkce(browser: Client, app: TikTokApp, instance: Instance) -> None:
    TikTokApp.objects.update(app_type="web", pkce="off")

    assert "code_challenge" not in begin(browser, instance)


def test_the_teams_own_name_is_kept(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str
) -> None:
    link(browser, sim, instance, maren, name="The bakery")
    code, title, _ = link(browser, sim, instance, maren, name="Something else")

    account = the_account(instance)
    assert (code, title) == ("updated", "The bakery (@maren.bakes) was linked already and is up to date now")
    assert (account.name, account.display_name) == ("The bakery", "Maren Bakes")


def test_two_instances_share_one_credential(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, other_instance: Instance, maren: str,
    outsider: User,
) -> None:  # fmt: skip
    link(browser, sim, instance, maren)
    browser.force_login(outsider)
    link(browser, sim, other_instance, maren)

    assert TikTokCredential.objects.get().version == 2
    assert (linked_count(instance), linked_count(other_instance)) == (1, 1)


def test_what_was_not_allowed_is_named(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str
) -> None:
    callback = sim.consent(begin(browser, instance), maren, scopes=["user.info.basic", "video.list"])

    code, _, text = come_back(browser, callback)

    account = the_account(instance)
    assert code == "fewer_scopes"
    assert "@username and profile link, follower and like counts, publishing" in text
    assert account.credential.scopes == ["user.info.basic", "video.list"]
    assert (account.display_name, account.username, account.follower_count) == ("Maren Bakes", "", None)


def test_denied_on_tiktoks_page(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str
) -> None:
    code, title, _ = come_back(browser, sim.consent(begin(browser, instance), maren, allow=False))

    assert (code, title) == ("denied", "Nothing was linked")
    assert linked_count(instance) == 0


def test_another_error_of_tiktok_is_shown_with_its_code(browser: Client, app: TikTokApp, instance: Instance) -> None:
    state = parse_qs(urlsplit(begin(browser, instance)).query)["state"][0]

    answer = browser.get(f"/auth/tiktok/login/callback/?error=server_%3Cb%3Eerror&state={state}")

    assert 'data-outcome="refused"' in answer.content.decode()
    assert "server_&lt;b&gt;error" in answer.content.decode()


@pytest.mark.parametrize("query", ["", "?code=x", "?code=x&state=wrong", "?state=wrong&error=access_denied"])
def test_a_wrong_state_is_refused(browser: Client, sim: Simulator, app: TikTokApp, query: str) -> None:
    code, _, _ = come_back(browser, f"{CALLBACK}{query}")

    assert code == "unknown_state"
    assert sim.requests("token") == []


def test_a_state_works_once(browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str) -> None:
    callback = sim.consent(begin(browser, instance), maren)
    come_back(browser, callback)

    assert come_back(browser, callback)[0] == "unknown_state"
    assert len(sim.requests("token")) == 1


def test_a_state_ends_after_ten_minutes(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str
) -> None:
    callback = sim.consent(begin(browser, instance), maren)
    session = browser.session
    session[statekit.STATES_SESSION_KEY] = {
        key: (state, at - 601, provider) for key, (state, at, provider) in session[statekit.STATES_SESSION_KEY].items()
    }
    session.save()

    assert come_back(browser, callback)[0] == "unknown_state"
    assert linked_count(instance) == 0


def test_a_state_of_another_browser_is_refused(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str, owner: User
) -> None:
    callback = sim.consent(begin(browser, instance), maren)
    thief = Client(SERVER_NAME="127.0.0.1")
    thief.force_login(owner)

    assert come_back(thief, callback)[0] == "unknown_state"
    assert linked_count(instance) == 0


def test_the_state_carries_the_person_and_another_one_is_refused(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str, owner: User
) -> None:
    callback = sim.consent(begin(browser, instance), maren)
    states = browser.session[statekit.STATES_SESSION_KEY]
    browser.force_login(owner)
    session = browser.session
    session[statekit.STATES_SESSION_KEY] = states
    session.save()

    assert come_back(browser, callback)[0] == "not_allowed"
    assert sim.requests("token") == []


def test_somebody_who_signed_out_meanwhile_links_nothing(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str
) -> None:
    callback = sim.consent(begin(browser, instance), maren)
    browser.logout()

    assert come_back(browser, callback)[0] == "unknown_state"


def test_a_state_of_another_flow_is_refused(browser: Client, sim: Simulator, app: TikTokApp) -> None:
    session = browser.session
    session[statekit.STATES_SESSION_KEY] = {"abc": ({"process": "login", "data": None}, 9e12, "tiktok")}
    session.save()

    assert come_back(browser, f"{CALLBACK}?code=x&state=abc")[0] == "unknown_state"
    assert sim.requests("token") == []


@pytest.mark.parametrize("change", ["removed", "demoted"])
def test_a_member_who_lost_the_role_meanwhile_links_nothing(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str, admin: User, change: str
) -> None:
    callback = sim.consent(begin(browser, instance), maren)
    mine = Membership.objects.filter(user=admin)
    mine.delete() if change == "removed" else mine.update(role="editor")

    assert come_back(browser, callback)[0] == "not_allowed"
    assert sim.requests("token") == []  # not even the code was spent
    assert linked_count(instance) == 0


def test_two_tabs_with_two_apps_do_not_mix(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str
) -> None:
    sim.create_app("second", client_secret="second-secret", redirect_uris=[CALLBACK])
    second = TikTokAppFactory.create(client_key="second", secret="second-secret", redirect_uri=CALLBACK)
    one = sim.consent(begin(browser, instance, app=str(app.pk)), maren)
    two = sim.consent(begin(browser, instance, app=str(second.pk)), maren)

    assert (come_back(browser, two)[0], come_back(browser, one)[0]) == ("linked", "linked")
    assert set(TikTokCredential.objects.values_list("app_id", flat=True)) == {app.pk, second.pk}


def test_an_app_that_was_removed_meanwhile_is_said(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str
) -> None:
    callback = sim.consent(begin(browser, instance), maren)
    TikTokApp.objects.all().delete()

    assert come_back(browser, callback)[0] == "app_gone"
    assert sim.requests("token") == []


@pytest.mark.parametrize(
    ("fault", "details"),
    [("server_error", {}), ("html_error", {}), ("truncated_json", {}), ("lost_answer", {}), ("drop_connection", {}),
     ("rate_limit", {}), ("error", {"status": 200, "code": "invalid_grant"})],
)  # fmt: skip
def test_a_fault_at_the_exchange_ends_on_our_page(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str, fault: str,
    details: dict[str, Any],
) -> None:  # fmt: skip
    callback = sim.consent(begin(browser, instance), maren)
    sim.fault(fault, "token", **details)

    code, title, _ = come_back(browser, callback)

    assert (code, title) == ("failed", "The account could not be linked")
    assert linked_count(instance) == 0


def test_a_wrong_client_secret_is_the_operators(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str
) -> None:
    sim.create_app(client_secret="changed-at-tiktok")
    callback = sim.consent(begin(browser, instance), maren)

    _, _, text = come_back(browser, callback)

    assert text == (
        "TikTok does not accept this app&#x27;s key, secret or redirect URI. Whoever runs Clipdesk has to correct it."
    )
    sim.create_app(client_secret=CLIENT_SECRET)


def test_an_unreadable_profile_does_not_undo_the_link(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str
) -> None:
    callback = sim.consent(begin(browser, instance), maren)
    sim.fault("server_error", "user_info")

    code, _, text = come_back(browser, callback)

    assert (code, text) == ("linked", "Its profile could not be read yet; Clipdesk tries again by itself.")
    assert the_account(instance).status == AccountStatus.ACTIVE


def test_a_missing_picture_does_not_undo_the_link(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str
) -> None:
    sim.fault("server_error", "avatar")

    assert link(browser, sim, instance, maren)[0] == "linked"
    assert the_account(instance).avatar_path == ""


def test_reconnecting_brings_an_account_back(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str, editor: User
) -> None:
    link(browser, sim, instance, maren)
    account = the_account(instance)
    TikTokCredential.objects.update(withdrawn_at="2026-01-01T00:00Z")
    with instance_scope(instance):
        TikTokAccount.objects.update(status=AccountStatus.RECONNECT_NEEDED, status_reason="withdrawn")
    browser.force_login(editor)

    code, title, _ = link(browser, sim, instance, maren, account=str(account.pk))

    account = the_account(instance)
    assert (code, title) == ("reconnected", "Maren Bakes (@maren.bakes) is connected again")
    assert (account.status, account.status_reason, account.credential.withdrawn_at) == ("active", "", None)


@pytest.mark.parametrize("status", [AccountStatus.DISCONNECTING, AccountStatus.DISCONNECTED])
def test_an_account_disconnected_meanwhile_is_not_brought_back_by_an_editor(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str, editor: User, status: str
) -> None:
    link(browser, sim, instance, maren)
    browser.force_login(editor)
    callback = sim.consent(begin(browser, instance, account=str(the_account(instance).pk)), maren)
    with instance_scope(instance):
        TikTokAccount.objects.update(status=status)

    assert come_back(browser, callback)[0] == "not_allowed"
    assert the_account(instance).status == status


def test_reconnecting_as_another_tiktok_user_is_refused_and_says_who_came(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str
) -> None:
    link(browser, sim, instance, maren)
    account = the_account(instance)
    tomas = sim.create_user("tomas.outdoors", display_name="Tomas")

    code, title, text = link(browser, sim, instance, tomas, account=str(account.pk))

    assert (code, title) == ("other_user", "Another TikTok account (Tomas (@tomas.outdoors)) came back")
    assert text.startswith("You wanted to reconnect Maren Bakes.")
    assert the_account(instance).credential.version == 1
    assert TikTokCredential.objects.count() == 1
    assert [call.user for call in sim.requests("revoke")] == [tomas]  # its permission was given back


def test_an_editor_may_not_link_a_new_account(
    browser: Client, app: TikTokApp, instance: Instance, editor: User
) -> None:
    browser.force_login(editor)

    assert browser.post(f"/i/{instance.slug}/tiktok/connect/").status_code == 403


def test_an_account_of_another_instance_cannot_be_reconnected_here(
    browser: Client, app: TikTokApp, instance: Instance, other_instance: Instance
) -> None:
    with instance_scope(other_instance):
        theirs = make_account(other_instance)

    answer = browser.post(f"/i/{instance.slug}/tiktok/connect/", {"account": str(theirs.pk)})

    assert answer.status_code == 422


def test_another_tenants_app_cannot_be_used(
    browser: Client, app: TikTokApp, instance: Instance, other_instance: Instance
) -> None:
    theirs = TikTokAppFactory.create(tenant=other_instance.tenant)

    answer = browser.post(f"/i/{instance.slug}/tiktok/connect/", {"app": str(theirs.pk)})

    assert answer.status_code == 422


def test_a_page_opened_under_another_host_name_is_sent_to_the_right_one(
    browser: Client, app: TikTokApp, instance: Instance
) -> None:
    page = f"/i/{instance.slug}/settings/connections/"

    assert browser.get(page, headers={"host": "localhost"})["Location"] == django_settings.BASE_URL + page
    answer = browser.post(f"/i/{instance.slug}/tiktok/connect/", headers={"host": "localhost"})
    assert answer["Location"] == django_settings.BASE_URL + page


@pytest.mark.parametrize("path", ["/auth/tiktok/login/", "/auth/3rdparty/", "/auth/social/signup/"])
def test_nobody_signs_in_by_tiktok(client: Client, db: None, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_sign_in_page_has_no_tiktok_button(client: Client, app: TikTokApp) -> None:
    assert "tiktok/login" not in client.get("/auth/login/").content.decode()
