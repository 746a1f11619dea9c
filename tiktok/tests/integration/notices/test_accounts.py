"""Notifications about accounts: before an authorization expires, when it has expired, when scopes are lost."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditLogEntry, User
from core.jobs.clock import pinned_clock
from core.models import OutgoingMail
from instances.models import Instance, Notice, NotificationPreference
from instances.notices.digest import COLLECTED, mail_digests
from instances.notices.reading import bell_of
from instances.scoping import instance_scope
from tiktok.access.endings import resolve_endings, warn_of_endings
from tiktok.access.status import lose_scope, need_reconnect, note_scopes, revive_accounts
from tiktok.accounts.disconnect import start_disconnect
from tiktok.accounts.queries import account_status
from tiktok.models import TikTokAccount, TikTokCredential
from tiktok.tests.factories import SCOPES, make_account, make_post
from tiktok.tests.integration.notices.conftest import notices

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def shared(account: TikTokAccount, other_instance: Instance) -> TikTokAccount:
    """The same TikTok user in another tenant's instance."""
    with instance_scope(other_instance):
        return make_account(other_instance, credential=account.credential, name="Theirs")


def page_of(account: TikTokAccount) -> str:
    return f"/i/aurora/accounts/{account.pk}/"


def end_in(credential: TikTokCredential, left: timedelta) -> None:
    TikTokCredential.objects.filter(pk=credential.pk).update(refresh_expires_at=timezone.now() + left)


def told(instance: Instance) -> list[tuple[str, dict[str, str], bool]]:
    """Kind, codes, and whether it is settled."""
    return [(notice.kind, notice.parts, notice.resolved_at is not None) for notice in notices(instance)]


def lose(account: TikTokAccount, reason: str = "withdrawn") -> None:
    version = TikTokCredential.objects.get(pk=account.credential_id).version
    assert need_reconnect(account.credential_id, seen_version=version, reason=reason)


def mails() -> list[OutgoingMail]:
    with pinned_clock(timezone.now() + COLLECTED + timedelta(seconds=1)):
        mail_digests()
    return list(OutgoingMail.objects.order_by("to"))


@pytest.mark.parametrize(
    ("left", "mark"),
    [
        (14 * DAY + timedelta(minutes=1), None), (14 * DAY - timedelta(minutes=1), "14"), (4 * DAY, "14"),
        (3 * DAY - timedelta(minutes=1), "3"), (DAY - timedelta(minutes=1), "1"), (-DAY, "1"),
    ],
)  # fmt: skip
def test_expiry_warning_is_created_once_at_the_nearest_mark(
    account: TikTokAccount, instance: Instance, left: timedelta, mark: str | None
) -> None:
    end_in(account.credential, left)

    for _ in range(3):
        warn_of_endings()

    assert told(instance) == ([("ending", {"days": mark}, False)] if mark else [])


def test_each_expiry_warning_comes_once_and_resolves_the_previous_one(
    account: TikTokAccount, shared: TikTokAccount
) -> None:
    for left in (10 * DAY, 9 * DAY, 2 * DAY, timedelta(hours=5)):
        end_in(account.credential, left)
        warn_of_endings()

    for place in (account.instance, shared.instance):
        assert told(place) == [
            ("ending", {"days": "14"}, True), ("ending", {"days": "3"}, True), ("ending", {"days": "1"}, False),
        ]  # fmt: skip


def test_renewed_authorization_resolves_the_warning_and_can_warn_again(
    account: TikTokAccount, instance: Instance
) -> None:
    end_in(account.credential, 5 * DAY)
    warn_of_endings()
    end_in(account.credential, 180 * DAY)
    resolve_endings(account.credential_id)
    assert told(instance) == [("ending", {"days": "14"}, True)]

    end_in(account.credential, 5 * DAY)
    warn_of_endings()
    assert [settled for _, _, settled in told(instance)] == [True, False]


def test_disconnected_account_causes_no_expiry_warning(account: TikTokAccount, instance: Instance) -> None:
    end_in(account.credential, 5 * DAY)
    with instance_scope(instance):
        TikTokAccount.objects.update(status="disconnected")

    assert warn_of_endings() == 0
    assert told(instance) == []


def test_lost_authorization_notifies_each_instance_once_until_it_returns(
    account: TikTokAccount, shared: TikTokAccount
) -> None:
    end_in(account.credential, 5 * DAY)
    warn_of_endings()
    for _ in range(2):
        lose(account)

    for place in (account.instance, shared.instance):
        assert told(place)[1:] == [("ended", {"reason": "withdrawn"}, False)]
        assert told(place)[0][2], "the warning is overtaken"
    revive_accounts(account.credential_id)
    assert all(settled for place in (account.instance, shared.instance) for _, _, settled in told(place))


def test_a_permission_that_has_run_out_says_so(account: TikTokAccount, instance: Instance) -> None:
    end_in(account.credential, -DAY)
    lose(account)

    assert told(instance) == [("ended", {"reason": "expired"}, False)]


def test_disconnecting_resolves_the_accounts_notifications(
    account: TikTokAccount, instance: Instance, admin: User
) -> None:
    lose(account)
    with instance_scope(instance):
        assert start_disconnect(TikTokAccount.objects.select_related("instance__tenant").get(), actor=admin)

    assert [settled for _, _, settled in told(instance)] == [True]


def test_lost_scopes_notify_both_instances_until_they_are_granted_again(
    account: TikTokAccount, shared: TikTokAccount
) -> None:
    fewer = [scope for scope in SCOPES if scope not in ("video.publish", "video.list")]
    note_scopes(account.credential_id, before=SCOPES, after=fewer)
    for place in (account.instance, shared.instance):
        assert told(place) == [("scopes", {"scopes": "video.list,video.publish"}, False)]
    line = AuditLogEntry.objects.get(action="account.scopes_changed", instance_id=shared.instance_id)
    assert line.detail == {"lost": ["video.list", "video.publish"], "gained": []}

    note_scopes(account.credential_id, before=fewer, after=[*fewer, "video.list"])
    assert told(account.instance)[1:] == [("scopes", {"scopes": "video.publish"}, False)]
    note_scopes(account.credential_id, before=[*fewer, "video.list"], after=SCOPES)
    assert all(settled for place in (account.instance, shared.instance) for _, _, settled in told(place))


def test_scope_refused_by_tiktok_notifies_once_and_limits_the_account(
    account: TikTokAccount, instance: Instance
) -> None:
    lose_scope(account.credential_id, "video.publish", seen_version=account.credential.version - 1)
    assert told(instance) == []  # an answer to older tokens: a consent has come in between
    for _ in range(2):
        lose_scope(account.credential_id, "video.publish", seen_version=account.credential.version)

    assert told(instance) == [("scopes", {"scopes": "video.publish"}, False)]
    with instance_scope(instance):
        found = TikTokAccount.objects.select_related("credential").get()
    assert account_status(found) == ("limited", "Can’t publish")


def test_the_mail_says_why_until_when_how_many_posts_wait_and_where_to_go(
    with_mail: None, account: TikTokAccount, instance: Instance, editor: User, viewer: User
) -> None:
    with instance_scope(instance):
        for state in ("scheduled", "waiting_account", "published"):
            make_post(account, state=state)
        ending = make_account(instance, name="Market", username="market")
    end_in(ending.credential, 5 * DAY)
    warn_of_endings()
    lose(account, "user_disconnected")

    (mail,) = mails()
    assert mail.to == editor.email
    subject = "1 account needs to be reconnected · The TikTok authorization of 1 account expires soon"
    assert mail.subject == f"Aurora: {subject}"
    lines = mail.text.splitlines()
    assert "The account owner revoked the authorization at TikTok." in lines
    assert "- Bakery (@noravale)" in lines
    assert "  2 posts scheduled or waiting" in lines
    assert f"  https://clipdesk.example{page_of(account)}" in lines
    until = timezone.localtime(TikTokCredential.objects.get(pk=ending.credential_id).refresh_expires_at)
    (said,) = [line for line in lines if line.startswith("  TikTok authorization expires")]
    assert f"{until:%Y}" in said
    assert said.endswith("(UTC)")
    assert f"https://clipdesk.example{page_of(account)}" in mail.html


def test_it_reaches_those_who_may_reconnect_and_can_be_switched_off(
    with_mail: None, account: TikTokAccount, instance: Instance,
    owner: User, admin: User, editor: User, viewer: User,
) -> None:  # fmt: skip
    with instance_scope(instance):
        NotificationPreference.objects.create(instance=instance, user=admin, mail_reconnect=False)
    lose(account)

    assert {mail.to for mail in mails()} == {owner.email, editor.email}
    with instance_scope(instance):
        assert [bell_of(person).count for person in (owner, admin, editor)] == [1, 1, 1]


def test_the_list_shows_accounts_beside_posts_and_opens_their_page(
    client: Client, account: TikTokAccount, instance: Instance, editor: User
) -> None:
    lose(account)
    client.force_login(editor)

    page = client.get("/i/aurora/notifications/").content.decode()
    assert "TikTok has ended the authorization for this account." in page
    assert "<bdi>Bakery</bdi></a>" in page
    with instance_scope(instance):
        notice = Notice.objects.get()
    answer = client.get(f"/i/aurora/notifications/{notice.pk}/")
    assert answer["Location"] == page_of(account)
