"""The page of one account: what it says in each state, to whom, and what it costs."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Tenant, TenantMembership, User
from instances.models import Instance
from instances.scoping import instance_scope
from instances.tests.factories import InstanceFactory
from tiktok.access import quota, throttle
from tiktok.access.status import need_reconnect, note_scopes
from tiktok.accounts.disconnect import start_disconnect
from tiktok.accounts.services import label_account
from tiktok.api.limits import Endpoint
from tiktok.models import TikTokAccount, TikTokApp, TikTokCredential
from tiktok.tests.factories import SCOPES, CredentialFactory, TikTokAppFactory, make_account, make_post

pytestmark = pytest.mark.django_db
SHELL = 7


@pytest.fixture
def account(instance: Instance) -> TikTokAccount:
    with instance_scope(instance):
        return make_account(
            instance, name="Bakery", username="noravale", profile_deep_link="https://www.tiktok.com/@noravale",
            follower_count=184_300, synced_at=timezone.now(),
        )  # fmt: skip


Read = Callable[..., str]


@pytest.fixture
def read(client: Client, account: TikTokAccount) -> Read:
    """The page as a person sees it: its text without markup, or its source."""

    def look(person: User, *, source: bool = False) -> str:
        client.force_login(person)
        answer = client.get(f"/i/aurora/accounts/{account.pk}/")
        assert answer.status_code == 200
        page = answer.content.decode()
        return page if source else " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())

    return look


def change(account: TikTokAccount, **fields: Any) -> None:
    with instance_scope(account.instance):
        TikTokAccount.objects.filter(pk=account.pk).update(**fields)


def change_credential(account: TikTokAccount, **fields: Any) -> None:
    TikTokCredential.objects.filter(pk=account.credential_id).update(**fields)


def test_it_says_who_it_is_and_that_all_is_well(read: Read, editor: User) -> None:
    page, source = read(editor), read(editor, source=True)

    for said in ("Bakery", "Nora Vale", "@noravale", "184,300 followers", "Active", "Sync now", "Reconnect"):
        assert said in page
    assert 'href="https://www.tiktok.com/@noravale"' in source
    assert "btn-primary" not in source.partition('id="content"')[2]
    assert page.count("Granted") == len(SCOPES)
    assert "Also connected elsewhere" not in page
    assert "act." not in source
    assert "rft." not in source


def test_token_facts_are_in_a_fold(read: Read, editor: User) -> None:
    fold = read(editor, source=True).partition('<details class="fold" id="token-facts">')[2].partition("</details>")[0]

    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", fold))
    for fact in ("Permissions 5 of 5", "TikTok authorization expires", "Access token expires"):
        assert fact in said


@pytest.mark.parametrize(
    ("reason", "said"),
    [("withdrawn", "TikTok has ended the authorization"),
     ("user_disconnected", "The account owner revoked the authorization at TikTok"),
     ("account_banned", "TikTok has banned this account"), ("", "TikTok requires a new authorization")],
)  # fmt: skip
def test_a_lost_permission_is_explained_with_the_way_back(
    read: Read, editor: User, viewer: User, account: TikTokAccount, reason: str, said: str
) -> None:
    assert need_reconnect(account.credential_id, seen_version=0, reason=reason)

    page = read(editor)
    assert f"This account needs to be reconnected {said}" in page
    assert "btn-primary" in read(editor, source=True).partition('id="content"')[2]
    assert "Sync now" not in page
    assert "An editor or admin of this instance can reconnect it." in read(viewer)
    assert "data-connect>" not in read(viewer, source=True)


def test_features_are_granted_not_granted_or_not_asked_for(read: Read, editor: User, account: TikTokAccount) -> None:
    app_scopes = ["user.info.basic", "video.publish", "video.upload"]
    TikTokApp.objects.update(scopes=app_scopes)
    change_credential(account, scopes=["user.info.basic", "video.publish"])

    page = read(editor)
    assert re.search(r"Publish videos and photos Granted", page)
    assert re.search(
        r"Send drafts to the TikTok inbox Without it, drafts for the account’s TikTok inbox wait\. Not granted", page
    )
    assert page.count("Not requested by the app") == 2
    assert "Reconnect account" in page
    assert "184,300" not in page, "what is not granted any more is not shown"


def test_without_the_right_to_publish_the_page_says_that_posts_wait(
    read: Read, editor: User, account: TikTokAccount
) -> None:
    note_scopes(account.credential_id, before=SCOPES, after=SCOPES[:-2])
    change_credential(account, scopes=[scope for scope in SCOPES if scope != "video.publish"])

    page = read(editor)
    assert "Can’t publish" in page
    assert "Its posts wait until they do." in page
    assert page.count("Reconnect account") == 1


@pytest.mark.parametrize(
    ("left", "said"),
    [(timedelta(days=9, hours=1), "Expires in 9 days"), (timedelta(days=1, hours=1), "Expires in 1 day"),
     (timedelta(hours=5), "Expires within a day"), (timedelta(hours=-5), "Expires within a day")],
)  # fmt: skip
def test_an_end_in_sight_is_said_with_its_time_in_the_instances_zone(
    read: Read, editor: User, account: TikTokAccount, left: timedelta, said: str
) -> None:
    Instance.objects.update(time_zone="Asia/Kathmandu")
    change_credential(account, refresh_expires_at=timezone.now() + left)

    page = read(editor, source=True)
    assert said in page
    assert "Times in Asia/Kathmandu." in page
    assert "+05:45" in page


@pytest.mark.parametrize(("person", "may"), [("admin", True), ("editor", False), ("viewer", False)])
def test_a_disconnected_account_keeps_its_page_and_admins_connect_it_again(
    read: Read, client: Client, request: pytest.FixtureRequest, account: TikTokAccount, person: str, may: bool
) -> None:
    with instance_scope(account.instance):
        make_post(account, caption="The last loaf", state="published")
    change(account, status="disconnected", disconnected_at=timezone.now(), avatar_path="")
    user = request.getfixturevalue(person)

    page = read(user)
    listed = client.get(f"/i/aurora/posts/?account={account.pk}").content.decode()
    assert "Only posts of Bakery are shown" in listed
    assert "This account is disconnected" in page
    assert "The last loaf" in page
    assert ("Reconnect account" in page) is may
    assert ("An admin of this instance can reconnect it." in page) is not may
    assert "Sync now" not in page


def test_while_disconnecting_the_page_asks_again_and_offers_no_reconnect(
    read: Read, admin: User, account: TikTokAccount
) -> None:
    with instance_scope(account.instance):
        make_post(account, state="processing")
        assert start_disconnect(TikTokAccount.objects.select_related("instance__tenant").get(), actor=admin)

    source = read(admin, source=True)
    assert 'hx-trigger="refresh, every 2s"' in source
    assert "Waiting for 1 post to finish." in read(admin)
    assert "data-connect>" not in source


def test_posts_are_counted_by_state_and_lead_to_the_list(read: Read, viewer: User, account: TikTokAccount) -> None:
    with instance_scope(account.instance):
        for number in range(12):
            make_post(account, caption=f"Loaf {number:02}", state="published")
        make_post(account, caption="Later", state="scheduled")
        other = make_account(account.instance, name="Market")
        make_post(other, caption="Elsewhere", state="published")

    page, source = read(viewer), read(viewer, source=True)
    assert "12 · Published" in page
    assert "1 · Scheduled" in page
    assert f'posts/?account={account.pk}&amp;state=published"' in source
    assert len(set(re.findall(r"Loaf \d\d", page))) == 9, "the latest ten, one of them the scheduled one"
    assert "Elsewhere" not in page


def test_caps_are_counted_and_holds_named(read: Read, editor: User, account: TikTokAccount) -> None:
    TikTokApp.objects.update(is_audited=False)
    for _ in range(6):
        throttle.take_slot(account.credential_id, Endpoint.VIDEO_INIT)
    throttle.gate(account.credential_id, Endpoint.USER_INFO, seconds=40)
    with instance_scope(account.instance):
        credential = TikTokAccount.objects.select_related("credential__app").get().credential
    quota.record_hold(credential, "spam_risk_too_many_posts")

    page = read(editor)
    assert "Uploads started 6 of 6 Limit reached" in page
    assert re.search(r"Profile syncs 0 of 600 Paused by TikTok until", page)
    assert "TikTok is not accepting more posts to this account right now" in page
    assert "private accounts, at most 5 in 24 hours" in page


def test_sandbox_and_damaged_tokens_do_not_break_it(read: Read, editor: User, account: TikTokAccount) -> None:
    TikTokApp.objects.update(environment="sandbox")
    foreign = CredentialFactory.create()
    change_credential(account, access_token=vars(foreign)["access_token_sealed"])

    page = read(editor)
    assert "Active Sandbox" in page
    assert "A sandbox app" in page


def share(account: TikTokAccount, *instances: Instance) -> None:
    for place in instances:
        with instance_scope(place):
            make_account(place, credential=account.credential, name=f"Secret of {place.name}")


def test_other_places_are_counted_and_named_only_to_those_who_may_see_them(
    read: Read, owner: User, editor: User, account: TikTokAccount, other_instance: Instance
) -> None:
    sister = InstanceFactory.create(tenant=account.instance.tenant, name="Sister", slug="sister")
    share(account, other_instance, sister)

    for person, named in ((owner, True), (editor, False)):
        page = read(person)
        assert "also connected in 2 other instances" in page
        assert "does not end the authorization" in page
        assert ("Secret of Sister" in page) is named
        assert "Borealis" not in page
    assert "1 that you don’t have access to" in read(owner)


def test_instance_that_requires_two_factor_is_not_named_without_it(
    read: Read, owner: User, account: TikTokAccount, other_instance: Instance
) -> None:
    TenantMembership.objects.create(user=owner, tenant=other_instance.tenant, role="owner")
    share(account, other_instance)
    assert "Secret of Borealis" in read(owner)

    Tenant.objects.filter(pk=other_instance.tenant_id).update(require_two_factor=True)

    page = read(owner)
    assert "Secret of Borealis" not in page
    assert "also connected in 1 other instance" in page


def test_history_is_for_those_who_may_see_the_audit_log(
    read: Read, admin: User, editor: User, account: TikTokAccount
) -> None:
    need_reconnect(account.credential_id, seen_version=0, reason="age_changed")
    note_scopes(account.credential_id, before=["video.list"], after=["video.publish"])
    with instance_scope(account.instance):
        for labels in (["VIP", "Berlin"], []):
            label_account(account, labels=labels, actor=admin)

    page = read(admin)
    assert "Labels changed" in page
    assert "Now: VIP, Berlin." in page
    assert "No labels now." in page
    assert "Reconnect needed" in page
    assert "because the age in the account owner’s profile changed. By Clipdesk." in page
    assert "No longer allowed: the list of videos. Allowed now: publishing." in page
    assert "History" not in read(editor)


@pytest.mark.parametrize(
    ("last", "said"), [(True, "revokes its access at TikTok"), (False, "so the authorization stays")]
)
def test_the_question_before_a_disconnect_says_what_it_does(
    client: Client, admin: User, account: TikTokAccount, other_instance: Instance, last: bool, said: str
) -> None:
    if not last:
        share(account, other_instance)
    with instance_scope(account.instance):
        for _ in range(3):
            make_post(account, state="scheduled")
    client.force_login(admin)
    url = f"/i/aurora/accounts/{account.pk}/disconnect/?from=account"

    page = client.get(url).content.decode()
    assert said in page
    assert "3 scheduled posts will wait" in page
    assert client.post(url)["Location"] == f"/i/aurora/accounts/{account.pk}/"


def test_labels_lead_to_accounts_that_carry_them_and_are_edited_by_admins(
    read: Read, client: Client, admin: User, editor: User, account: TikTokAccount
) -> None:
    change(account, labels=["VIP"])

    assert 'accounts/?label=VIP"' in read(editor, source=True)
    assert "Edit labels" not in read(editor)
    assert "Edit labels" in read(admin)
    url = f"/i/aurora/accounts/{account.pk}/labels/?from=account"
    assert f'href="/i/aurora/accounts/{account.pk}/"' in client.get(url).content.decode()
    assert client.post(url, {})["Location"] == f"/i/aurora/accounts/{account.pk}/"


def test_a_rename_leads_back_to_the_page(client: Client, admin: User, account: TikTokAccount) -> None:
    client.force_login(admin)
    url = f"/i/aurora/accounts/{account.pk}/name/?from=account"

    assert f'href="/i/aurora/accounts/{account.pk}/"' in client.get(url).content.decode()
    assert client.post(url, {"name": "The bakery"})["Location"] == f"/i/aurora/accounts/{account.pk}/"


@pytest.mark.parametrize(("rows", "own"), [(1, 9), (3, 9)])
def test_account_page_query_count_does_not_depend_on_the_number_of_rows(
    client: Client, admin: User, instance: Instance, account: TikTokAccount, other_instance: Instance,
    rows: int, own: int, django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    app = TikTokAppFactory.create()
    share(account, other_instance)
    for number in range(rows):
        with instance_scope(instance):
            make_account(instance, name=f"A{number}", credential=CredentialFactory.create(app=app))
            make_post(account, state="scheduled")
        note_scopes(account.credential_id, before=["video.list"], after=SCOPES)
    client.force_login(admin)
    client.get("/i/aurora/accounts/list/")  # the first request of a session notes it

    with django_assert_num_queries(SHELL + own):
        client.get(f"/i/aurora/accounts/{account.pk}/")
