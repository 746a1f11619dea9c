"""From the Connect button through TikTok's consent page and back, over real HTTP on TikTok's side."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.conf import settings as django_settings
from django.test import Client

from accounts.models import AuditLogEntry, User
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import AccountStatus, TikTokAccount, TikTokApp, TikTokCredential
from tiktok.tests.factories import TikTokAppFactory, make_account
from tiktok.tests.fixtures_credentials import CALLBACK
from tiktok.tests.simulator_process import Simulator

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
    answer = browser.get(f"{parts.path}?{parts.query}")
    assert answer.status_code == 302
    assert "code=" not in answer["Location"]
    page = browser.get(answer["Location"]).content.decode()
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


def state_of(callback: str) -> str:
    return parse_qs(urlsplit(callback).query)["state"][0]


def buttons(browser: Client, callback: str) -> set[str]:
    """Return the buttons of the page after the callback."""
    come_back(browser, callback)
    page = browser.get(f"/tiktok/result/{state_of(callback)}/").content.decode()
    return set(re.findall(r'type="submit">([^<]+)</button>', page))


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
    assert (code, title) == ("linked", "Maren Bakes (@maren.bakes) is connected")
    assert (account.name, account.username, account.follower_count) == ("Maren Bakes", "maren.bakes", 184_300)
    assert (account.status, account.linked_by) == (AccountStatus.ACTIVE, admin)
    assert account.credential.access_token
    assert account.synced_at is not None
    picture = browser.get(f"/i/{instance.slug}/accounts/{account.pk}/avatar/")
    assert b"".join(picture)[8:12] == b"WEBP"
    line = AuditLogEntry.objects.get(action="account.linked")
    assert (line.actor, line.instance_id) == (admin, instance.pk)


def test_consent_page_is_always_shown_and_requests_scopes_in_order(
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
    assert (code, title) == ("updated", "The bakery (@maren.bakes) is already connected. Its details are up to date.")
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
    callback = sim.consent(begin(browser, instance), maren, scopes=["user.info.basic"])

    code, _, text = come_back(browser, callback)

    account = the_account(instance)
    assert code == "fewer_scopes"
    assert "@username and profile link, follower and like counts, publishing" in text
    assert account.credential.scopes == ["user.info.basic"]
    assert (account.display_name, account.username, account.follower_count) == ("Maren Bakes", "", None)


def test_two_tabs_with_two_apps_do_not_mix(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str
) -> None:
    sim.create_app("second", client_secret="second-secret", redirect_uris=[CALLBACK])
    second = TikTokAppFactory.create(client_key="second", secret="second-secret", redirect_uri=CALLBACK)
    one = sim.consent(begin(browser, instance, app=str(app.pk)), maren)
    two = sim.consent(begin(browser, instance, app=str(second.pk)), maren)

    assert (come_back(browser, two)[0], come_back(browser, one)[0]) == ("linked", "linked")
    assert set(TikTokCredential.objects.values_list("app_id", flat=True)) == {app.pk, second.pk}


@pytest.mark.parametrize("fault", ["server_error", "rate_limit", "lost_answer", "html_error", "truncated_json"])
def test_an_unreadable_profile_does_not_undo_the_link(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str, fault: str
) -> None:
    callback = sim.consent(begin(browser, instance), maren)
    sim.fault(fault, "user_info", times=-1)

    code, _, text = come_back(browser, callback)

    assert (code, text) == ("linked", "Its profile could not be read yet. Clipdesk will try again.")
    assert the_account(instance).status == AccountStatus.ACTIVE


def test_a_permission_that_is_refused_at_once_says_so(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str
) -> None:
    callback = sim.consent(begin(browser, instance), maren)
    sim.fault("revoked_grant", "user_info")

    code, _, text = come_back(browser, callback)

    assert (code, text) == (
        "linked",
        "TikTok rejected the authorization that it had just issued. Connect the account again.",
    )
    assert the_account(instance).status == AccountStatus.RECONNECT_NEEDED


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
    assert (code, title) == ("reconnected", "Maren Bakes (@maren.bakes) is reconnected")
    assert (account.status, account.status_reason, account.credential.withdrawn_at) == ("active", "", None)


def test_reconnecting_as_another_tiktok_user_is_refused_and_says_who_came(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str
) -> None:
    link(browser, sim, instance, maren)
    account = the_account(instance)
    tomas = sim.create_user("tomas.outdoors", display_name="Tomas")

    code, title, text = link(browser, sim, instance, tomas, account=str(account.pk))

    assert (code, title) == ("other_user", "TikTok returned Tomas (@tomas.outdoors)")
    assert text.startswith("You wanted to reconnect Maren Bakes (@maren.bakes).")
    assert the_account(instance).credential.version == 1
    assert TikTokCredential.objects.count() == 1
    assert [call.user for call in sim.requests("revoke")] == [tomas]  # its permission was given back


def test_another_tiktok_user_is_offered_only_to_people_who_may_connect(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str, editor: User
) -> None:
    link(browser, sim, instance, maren)
    account = the_account(instance)
    tomas = sim.create_user("tomas.outdoors", display_name="Tomas")
    offer, again = "Connect Tomas (@tomas.outdoors) as a new account", "Try again as Maren Bakes (@maren.bakes)"

    assert {offer, again} <= buttons(browser, sim.consent(begin(browser, instance, account=str(account.pk)), tomas))
    sim.fault("server_error", "user_info")
    unread = buttons(browser, sim.consent(begin(browser, instance, account=str(account.pk)), tomas))
    assert "Connect the other one as a new account" in unread
    browser.force_login(editor)
    offered = buttons(browser, sim.consent(begin(browser, instance, account=str(account.pk)), tomas))
    assert offered & {offer, again} == {again}


def test_other_tiktok_user_already_connected_is_not_offered_as_new(
    browser: Client, sim: Simulator, app: TikTokApp, instance: Instance, maren: str
) -> None:
    link(browser, sim, instance, sim.create_user("tomas.outdoors", display_name="Tomas"), name="Outdoors")
    link(browser, sim, instance, maren)
    with instance_scope(instance):
        account = TikTokAccount.objects.get(username="maren.bakes")
        before = TikTokAccount.objects.filter(name="Outdoors").values().get()

    callback = sim.consent(begin(browser, instance, account=str(account.pk)), "tomas.outdoors")

    code, _, text = come_back(browser, callback)
    assert (code, "already connected here, as Outdoors (@tomas.outdoors)." in text) == ("other_user", True)
    assert "as a new account" not in browser.get(f"/tiktok/result/{state_of(callback)}/").content.decode()
    with instance_scope(instance):
        assert TikTokAccount.objects.filter(name="Outdoors").values().get() == before
    assert sim.requests("revoke") == []  # it would end the other link


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
    page = f"/i/{instance.slug}/accounts/"

    assert browser.get(page, headers={"host": "localhost"})["Location"] == django_settings.BASE_URL + page
    begin = f"/i/{instance.slug}/tiktok/connect/"
    assert browser.post(begin, headers={"host": "localhost"})["Location"] == django_settings.BASE_URL + page
    answer = browser.post(begin, headers={"host": "localhost", "accept": "application/json"})
    assert answer.json() == {"leave": django_settings.BASE_URL + page}


def test_script_receives_the_address_for_its_window_or_the_errors(
    browser: Client, app: TikTokApp, instance: Instance, sim: Simulator
) -> None:
    begin, script = f"/i/{instance.slug}/tiktok/connect/", {"accept": "application/json"}

    assert browser.post(begin, headers=script).json()["url"].startswith(sim.authorize_url)
    answer = browser.post(begin, {"name": "x" * 81, "account": "nonsense"}, headers=script)
    assert (answer.status_code, len(answer.json()["errors"])) == (422, 2)
    assert answer["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert browser.get(f"/i/{instance.slug}/accounts/")["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"


def test_the_button_on_a_page_of_its_own_keeps_what_was_asked_for(
    browser: Client, app: TikTokApp, instance: Instance
) -> None:
    html = browser.get(f"/i/{instance.slug}/tiktok/connect/", {"name": "<b>Bakery"}).content.decode()

    assert 'value="&lt;b&gt;Bakery"' in html
    assert "Reconnect" in browser.get(f"/i/{instance.slug}/tiktok/connect/?account=%00nonsense").content.decode()


@pytest.mark.parametrize("path", ["/auth/tiktok/login/", "/auth/3rdparty/", "/auth/social/signup/"])
def test_sign_in_with_tiktok_is_not_available(client: Client, db: None, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_sign_in_page_has_no_tiktok_button(client: Client, app: TikTokApp) -> None:
    assert "tiktok/login" not in client.get("/auth/login/").content.decode()
