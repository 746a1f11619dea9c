"""From a connect link through TikTok's consent page to an account in the creator's instance, without a login."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditLogEntry, Tenant, TenantMembership, User
from instances.models import Instance, Membership
from instances.notices.words import words_of
from instances.roles import Role
from instances.scoping import instance_scope
from instances.services.members import set_role
from instances.tokens import hash_key
from tiktok.connect.links.services import LinkUnusable, MadeLink, claim_link, forget_old_links, make_links
from tiktok.models import AccountStatus, ConnectLink, TikTokAccount, TikTokApp, TikTokCredential
from tiktok.tests.connect_faults import TOKENS
from tiktok.tests.factories import TikTokAppFactory
from tiktok.tests.fixtures_credentials import CALLBACK
from tiktok.tests.fixtures_rest import Answer
from tiktok.tests.integration.notices.conftest import notices
from tiktok.tests.races import at_once
from tiktok.tests.simulator_process import Simulator


def visitor() -> Client:
    """Return a browser that is not signed in."""
    return Client(SERVER_NAME=urlsplit(django_settings.BASE_URL).hostname or "")


@pytest.fixture
def guest(db: None) -> Client:
    cache.clear()
    return visitor()


@pytest.fixture
def made(instance: Instance, admin: User, app: TikTokApp) -> MadeLink:
    """The admin's link for "The bakery"."""
    return make_links(instance, actor=admin, names=["The bakery"], note="Use the shop's login, please.")[0]


@pytest.fixture
def maren(sim: Simulator) -> str:
    """A TikTok user."""
    return sim.create_user("maren.bakes", display_name="Maren Bakes")


@dataclass(frozen=True)
class Page:
    """An end as the person sees it."""

    status: int
    code: str
    title: str
    html: str


def read(answer: Answer) -> Page:
    html = answer.content.decode()
    code = re.search(r'data-outcome="(\w+)"', html)
    title = re.search(r"<h1>(.*?)</h1>", html)
    assert code, html
    assert title, html
    return Page(answer.status_code, code[1], title[1], html)


def path_of(made: MadeLink) -> str:
    assert made.url.startswith(django_settings.BASE_URL + "/connect/")
    return urlsplit(made.url).path


def begin(guest: Client, made: MadeLink) -> str:
    """Press the button; the address of TikTok's consent page."""
    answer = guest.post(path_of(made))
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def come_back(guest: Client, callback: str) -> Page:
    """Follow TikTok's redirect; it signs no one in, and allauth stores nothing."""
    parts = urlsplit(callback)
    assert callback.startswith(CALLBACK)
    page = read(guest.get(f"{parts.path}?{parts.query}", follow=True))
    assert "_auth_user_id" not in guest.session
    assert not SocialAccount.objects.exists()
    assert not SocialToken.objects.exists()
    return page


def accounts_of(instance: Instance) -> list[TikTokAccount]:
    with instance_scope(instance):
        return list(TikTokAccount.objects.select_related("credential", "linked_by"))


def reread(made: MadeLink) -> ConnectLink:
    return ConnectLink.objects.get(pk=made.link.pk)


def test_guest_connects_to_the_link_creators_instance_without_any_access(
    guest: Client, sim: Simulator, made: MadeLink, instance: Instance, other_instance: Instance, admin: User, maren: str
) -> None:
    page = come_back(guest, sim.consent(begin(guest, made), maren))

    (account,) = accounts_of(instance)
    assert accounts_of(other_instance) == []
    assert (page.status, page.code, page.title) == (200, "link_linked", "Connected to Aurora")
    assert "@maren.bakes" in page.html
    assert 'src="data:image/webp;base64,' in page.html
    assert (account.name, account.username, account.linked_by) == ("The bakery", "maren.bakes", admin)
    link = reread(made)
    assert (link.account_id, link.used_at is not None) == (account.pk, True)
    line = AuditLogEntry.objects.get(action="connect_link.used")
    assert (line.actor, line.instance_id, line.detail["made_by"]) == (None, instance.pk, admin.email)
    (notice,) = notices(instance)
    assert (notice.kind, notice.subject_id, notice.maker_id) == ("linked", account.pk, admin.pk)
    assert words_of(notice).what == "This account was connected with a connect link."
    for address in (f"/i/{instance.slug}/", f"/i/{instance.slug}/accounts/{account.pk}/avatar/", "/instances/"):
        assert guest.get(address).status_code == 302  # to sign in


def test_the_page_says_who_asks_and_for_what_and_starts_nothing(
    guest: Client, sim: Simulator, made: MadeLink, instance: Instance, admin: User
) -> None:
    User.objects.filter(pk=admin.pk).update(name="Ines Ost")

    answer = guest.get(path_of(made))

    html = answer.content.decode()
    for text in ("Aurora", instance.tenant.name, "Ines Ost", "Use the shop&#x27;s login, please.", "Publish videos"):
        assert text in html
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"]
    assert "sessionid" not in answer.cookies
    assert sim.requests() == []


def test_the_page_says_the_links_end_in_the_zone_of_the_instance(
    guest: Client, made: MadeLink, instance: Instance
) -> None:
    Instance.objects.filter(pk=instance.pk).update(time_zone="Asia/Kolkata")
    end = reread(made).expires_at.astimezone(ZoneInfo("Asia/Kolkata"))

    html = guest.get(path_of(made)).content.decode()

    assert f"{end:%H:%M}</time>" in html


def test_the_button_needs_the_forms_own_token(made: MadeLink) -> None:
    strict = Client(enforce_csrf_checks=True, SERVER_NAME="127.0.0.1")

    assert strict.post(path_of(made)).status_code == 403


def test_neither_the_row_nor_the_session_holds_the_token(guest: Client, made: MadeLink) -> None:
    token = path_of(made).split("/")[2]
    begin(guest, made)

    assert ConnectLink.objects.get().token_hash == hash_key(token)
    assert token not in str(dict(guest.session))
    assert token not in str(AuditLogEntry.objects.values_list())


def test_denied_leaves_the_link_open_for_another_try(
    guest: Client, sim: Simulator, made: MadeLink, instance: Instance, maren: str
) -> None:
    page = come_back(guest, sim.consent(begin(guest, made), maren, allow=False))

    assert (page.code, page.title) == ("access_denied", "Access was denied")
    again = f"/connect/again/{made.link.pk}/"
    assert f'href="{again}"' in page.html
    assert guest.get(again).status_code == 200
    answer = guest.post(again)
    assert come_back(guest, sim.consent(answer["Location"], maren)).code == "link_linked"
    assert len(accounts_of(instance)) == 1


@pytest.mark.parametrize(
    ("fault", "details", "code"),
    [("server_error", {}, "server_error"), ("raw_body", {"message": json.dumps(TOKENS)}, "no_scopes")],
)
def test_a_failure_at_tiktok_leaves_the_link_open_too(
    guest: Client, sim: Simulator, made: MadeLink, maren: str, fault: str, details: dict[str, Any], code: str
) -> None:
    callback = sim.consent(begin(guest, made), maren)
    sim.fault(fault, "token", **details)

    page = come_back(guest, callback)

    assert page.code == code
    assert f"/connect/again/{made.link.pk}/" in page.html
    assert reread(made).used_at is None
    assert not TikTokCredential.objects.exists()


def test_another_browser_cannot_continue_without_the_token(guest: Client, made: MadeLink) -> None:
    begin(guest, made)

    page = read(visitor().post(f"/connect/again/{made.link.pk}/"))

    assert (page.status, page.code) == (404, "link_unknown")


def test_another_browser_cannot_bring_the_answer(
    guest: Client, sim: Simulator, made: MadeLink, instance: Instance, maren: str
) -> None:
    callback = urlsplit(sim.consent(begin(guest, made), maren))

    answer = visitor().get(f"{callback.path}?{callback.query}", follow=True)

    assert 'data-outcome="signed_out"' in answer.content.decode()
    assert (accounts_of(instance), sim.requests("token")) == ([], [])


def test_an_answer_that_comes_twice_leads_back_to_the_link(
    guest: Client, sim: Simulator, made: MadeLink, maren: str
) -> None:
    callback = sim.consent(begin(guest, made), maren, allow=False)
    come_back(guest, callback)

    page = come_back(guest, callback)

    assert page.code == "state_used"
    assert f'href="/connect/again/{made.link.pk}/"' in page.html


def test_an_account_that_is_linked_and_well_does_not_use_the_link_up(
    guest: Client, sim: Simulator, made: MadeLink, instance: Instance, admin: User, maren: str
) -> None:
    come_back(guest, sim.consent(begin(guest, made), maren))
    second = make_links(instance, actor=admin, names=["Something else"])[0]

    page = come_back(guest, sim.consent(begin(guest, second), maren))

    assert (page.status, page.code) == (200, "link_already")
    assert "@maren.bakes" in page.html
    assert f"/connect/again/{second.link.pk}/" in page.html
    assert (reread(second).used_at, [account.name for account in accounts_of(instance)]) == (None, ["The bakery"])
    assert sim.requests("revoke") == []


def test_connected_user_who_grants_fewer_scopes_sees_a_warning(
    guest: Client, sim: Simulator, made: MadeLink, instance: Instance, admin: User, maren: str
) -> None:
    come_back(guest, sim.consent(begin(guest, made), maren))
    second = make_links(instance, actor=admin, names=[""])[0]

    page = come_back(guest, sim.consent(begin(guest, second), maren, scopes=["user.info.basic"]))

    assert page.code == "link_already"
    assert "Nothing was changed" not in page.html
    assert "publishing, drafts in the TikTok inbox. If that was not intended, try again." in page.html


@pytest.mark.parametrize("status", [AccountStatus.RECONNECT_NEEDED, AccountStatus.DISCONNECTED])
def test_an_account_that_was_lost_is_brought_back_and_keeps_its_name(
    guest: Client, sim: Simulator, made: MadeLink, instance: Instance, admin: User, maren: str, status: AccountStatus
) -> None:
    come_back(guest, sim.consent(begin(guest, made), maren))
    TikTokCredential.objects.update(withdrawn_at=timezone.now(), next_refresh_at=None)
    with instance_scope(instance):
        TikTokAccount.objects.update(status=status)
    second = make_links(instance, actor=admin, names=["Something else"])[0]

    page = come_back(guest, sim.consent(begin(guest, second), maren))

    (account,) = accounts_of(instance)
    assert (page.code, account.status, account.name) == ("link_linked", "active", "The bakery")
    assert reread(second).account_id == account.pk


def test_without_a_name_the_account_bears_tiktoks(
    guest: Client, sim: Simulator, instance: Instance, admin: User, app: TikTokApp, maren: str
) -> None:
    made = make_links(instance, actor=admin, names=[""])[0]

    come_back(guest, sim.consent(begin(guest, made), maren))

    assert [account.name for account in accounts_of(instance)] == ["Maren Bakes"]


def test_what_was_left_off_is_named(guest: Client, sim: Simulator, made: MadeLink, maren: str) -> None:
    page = come_back(guest, sim.consent(begin(guest, made), maren, scopes=["user.info.basic"]))

    assert page.code == "link_linked"
    assert "this is off" not in page.html
    assert "publishing, drafts in the TikTok inbox. If that was not intended, ask for a new link." in page.html


def test_signed_in_user_can_use_a_link_and_is_named_in_the_audit_log(
    guest: Client, sim: Simulator, made: MadeLink, instance: Instance, viewer: User, maren: str
) -> None:
    guest.force_login(viewer)

    page = read(guest.get(sim.consent(begin(guest, made), maren).removeprefix(django_settings.BASE_URL), follow=True))

    assert page.code == "link_linked"
    assert AuditLogEntry.objects.get(action="connect_link.used").actor == viewer
    assert Membership.objects.get(user=viewer, instance=instance).role == "viewer"


# --- ends that store nothing --------------------------------------------------------------------


def use_up(made: MadeLink) -> None:
    ConnectLink.objects.filter(pk=made.link.pk).update(used_at=timezone.now())


def revoke(made: MadeLink) -> None:
    ConnectLink.objects.filter(pk=made.link.pk).update(revoked_at=timezone.now())


def expire(made: MadeLink) -> None:
    ConnectLink.objects.filter(pk=made.link.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def demote(made: MadeLink) -> None:
    assert made.link.instance
    assert made.link.maker
    set_role(made.link.instance, member=made.link.maker, role=Role.EDITOR)


def remove(made: MadeLink) -> None:
    TenantMembership.objects.filter(user=made.link.maker).delete()


def deactivate(made: MadeLink) -> None:
    assert made.link.maker
    User.objects.filter(pk=made.link.maker.pk).update(is_active=False)


def delete_maker(made: MadeLink) -> None:
    assert made.link.maker
    made.link.maker.delete()


def delete_instance(made: MadeLink) -> None:
    assert made.link.instance
    made.link.instance.delete()


Change = Callable[[MadeLink], None]
ENDS: list[tuple[Change, str, str]] = [
    (use_up, "link_used", "This link has already been used"),
    (revoke, "link_revoked", "This link was revoked"),
    (expire, "link_expired", "This link has expired"),
    (demote, "link_maker_gone", "This link no longer works"),
    (remove, "link_maker_gone", "This link no longer works"),
    (deactivate, "link_maker_gone", "This link no longer works"),
    (delete_maker, "link_maker_gone", "This link no longer works"),
    (delete_instance, "link_instance_gone", "This link no longer works"),
]


@pytest.mark.parametrize(("change", "code", "title"), ENDS)
def test_a_link_that_opens_nothing_any_more_says_why(
    guest: Client, sim: Simulator, made: MadeLink, change: Change, code: str, title: str
) -> None:
    change(made)

    for answer in (guest.get(path_of(made)), guest.post(path_of(made))):
        page = read(answer)
        assert (page.status, page.code, page.title) == (410, code, title)
        assert "/connect/again/" not in page.html
    assert sim.requests() == []


@pytest.mark.parametrize(("change", "code", "title"), ENDS)
def test_link_that_ends_during_the_consent_is_refused_at_the_callback(
    guest: Client, sim: Simulator, made: MadeLink, maren: str, change: Change, code: str, title: str
) -> None:
    callback = sim.consent(begin(guest, made), maren)
    change(made)

    page = come_back(guest, callback)

    assert (page.status, page.code, page.title) == (410, code, title)
    assert sim.requests("token") == []  # not even the code was spent
    assert not TikTokCredential.objects.exists()
    assert not TikTokAccount._base_manager.exists()


def test_link_stops_when_its_creator_lacks_the_required_second_factor(
    guest: Client, made: MadeLink, instance: Instance
) -> None:
    Tenant.objects.filter(pk=instance.tenant_id).update(require_two_factor=True)

    assert read(guest.get(made.url)).code == "link_maker_gone"


@pytest.mark.parametrize("token", ["nothing", "x" * 43, "%00", "a" * 3000])
def test_unknown_token_is_answered_with_link_not_valid(guest: Client, token: str) -> None:
    for answer in (guest.get(f"/connect/{token}/"), guest.post(f"/connect/{token}/")):
        page = read(answer)
        assert (page.status, page.code, page.title) == (404, "link_unknown", "This link is not valid")


def test_an_unknown_id_is_not_known_either(guest: Client) -> None:
    assert read(guest.get(f"/connect/again/{uuid4()}/")).status == 404


def test_without_an_app_the_link_stays_open_and_says_so(guest: Client, made: MadeLink) -> None:
    TikTokApp.objects.all().delete()

    page = read(guest.post(path_of(made)))

    assert (page.status, page.code) == (503, "link_no_app")
    assert reread(made).used_at is None


def test_with_several_apps_the_chosen_one_is_used(
    guest: Client, sim: Simulator, instance: Instance, admin: User, app: TikTokApp
) -> None:
    other = TikTokAppFactory.create(name="Another", client_key="another")
    undecided, decided = make_links(instance, actor=admin, names=["a", "b"])
    ConnectLink.objects.filter(pk=decided.link.pk).update(app=other)

    assert read(guest.get(path_of(undecided))).code == "link_no_app"
    assert "client_key=another" in begin(guest, decided)


def test_link_without_a_chosen_app_uses_the_environments_new_app(guest: Client, made: MadeLink, app: TikTokApp) -> None:
    TikTokAppFactory.create(name="TikTok", client_key="production", is_from_environment=True)

    assert "client_key=production" in begin(guest, made)


def test_guest_who_continues_too_often_is_rate_limited(guest: Client, made: MadeLink, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"connect_link": "2/m/ip"}
    begin(guest, made)
    begin(guest, made)

    page = read(guest.post(path_of(made)))

    assert (page.status, page.code) == (429, "link_too_often")
    assert guest.get(path_of(made)).status_code == 200


def test_the_page_under_another_host_name_is_sent_to_the_right_one(guest: Client, made: MadeLink) -> None:
    answer = guest.get(path_of(made), headers={"host": "localhost"})

    assert answer["Location"] == made.url


@pytest.mark.django_db(transaction=True)
def test_of_two_people_using_a_link_at_once_only_one_is_stored(
    sim: Simulator, instance: Instance, admin: User, app: TikTokApp, maren: str
) -> None:
    made = make_links(instance, actor=admin, names=["The bakery"])[0]
    tomas = sim.create_user("tomas.outdoors", display_name="Tomas")
    one, two = visitor(), visitor()
    first, second = sim.consent(begin(one, made), maren), sim.consent(begin(two, made), tomas)
    sim.fault("slow", "token", times=2, delay_s=0.3)  # both have found the link open before either is linked

    pages = at_once(lambda: come_back(one, first), lambda: come_back(two, second), expect=(AssertionError,))

    assert sorted(page.code for page in pages) == ["link_linked", "link_used"]
    (account,) = accounts_of(instance)
    (credential,) = TikTokCredential.objects.all()
    names = ("maren.bakes", "tomas.outdoors")
    winner, loser = names if pages[0].code == "link_linked" else names[::-1]
    assert (account.username, account.credential) == (winner, credential)
    assert [call.user for call in sim.requests("revoke")] == [{"maren.bakes": maren, "tomas.outdoors": tomas}[loser]]
    assert reread(made).account_id == account.pk
    assert AuditLogEntry.objects.filter(action="connect_link.used").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_link_is_claimed_once(instance: Instance, admin: User) -> None:
    made = make_links(instance, actor=admin, names=[""])[0]

    def claim() -> ConnectLink:
        with transaction.atomic():
            return claim_link(made.link.pk)

    results = at_once(*[claim] * 4, expect=(LinkUnusable,))

    assert sorted(type(result).__name__ for result in results) == ["ConnectLink", *["LinkUnusable"] * 3]


def test_links_are_forgotten_ninety_days_after_their_end(instance: Instance, admin: User) -> None:
    old, recent = make_links(instance, actor=admin, names=["old", "recent"])
    ConnectLink.objects.filter(pk=old.link.pk).update(expires_at=timezone.now() - timedelta(days=91))
    ConnectLink.objects.filter(pk=recent.link.pk).update(expires_at=timezone.now() - timedelta(days=89))

    forget_old_links()

    assert list(ConnectLink.objects.all()) == [recent.link]
