"""The account cards, and what can be done on them."""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuditLogEntry, User
from instances.models import Instance
from instances.scoping import instance_scope
from instances.tests.factories import UserFactory
from tiktok.accounts.queries import short_number
from tiktok.accounts.selection import SESSION_KEY
from tiktok.models import AccountStatus, TikTokAccount, TikTokApp, TikTokCredential
from tiktok.tests.factories import CredentialFactory, TikTokAppFactory, make_account, make_post
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db
HTMX = {"hx-request": "true"}


def page_of(client: Client, person: User, path: str = "accounts/") -> str:
    client.force_login(person)
    answer = client.get(f"/i/aurora/{path}")
    assert answer.status_code == 200
    return answer.content.decode()


def post(client: Client, account: TikTokAccount, act: str, *, htmx: bool = False, **data: str) -> str:
    """The answer's text; for a redirect where it leads."""
    answer = client.post(f"/i/aurora/accounts/{account.pk}/{act}/", data, headers=HTMX if htmx else None)
    return str(answer.get("Location") or answer.content.decode())


@pytest.fixture
def card_account(instance: Instance) -> TikTokAccount:
    with instance_scope(instance):
        return make_account(instance, name="Bakery", synced_at=timezone.now(), follower_count=184_300)


def content_of(client: Client, person: User) -> str:
    """The page without its frame."""
    return main_of(page_of(client, person, "accounts/"))


def main_of(page: str) -> str:
    return page.partition('id="content"')[2].partition("</main>")[0]


def menu_of(client: Client, person: User, account: TikTokAccount) -> str:
    return page_of(client, person, f"accounts/{account.pk}/menu/")


def test_card_shows_account_status_followers_and_new_post(
    client: Client, admin: User, card_account: TikTokAccount
) -> None:
    page = content_of(client, admin)

    for said in ("<bdi>Bakery</bdi>", "@noravale · Nora Vale", "Active", 'title="184,300">184.3k<'):
        assert said in page
    assert f'href="/i/aurora/posts/new/?to={card_account.pk}"' in page
    assert f'href="/i/aurora/accounts/{card_account.pk}/"' in page
    card = page[page.index("<article") : page.index("</article>")]
    for token_fact in ("Last synced", "expires", "Permissions", "Reconnect account"):
        assert token_fact not in card
    assert 'loading="lazy"' not in page, "no picture has been copied yet"


def test_card_shows_a_name_equal_to_tiktoks_once(client: Client, admin: User, instance: Instance) -> None:
    with instance_scope(instance):
        make_account(instance, name="Nora Vale", display_name="Nora Vale", username="noravale")

    card = re.search(r"<article.*?</article>", content_of(client, admin), re.DOTALL)

    assert card is not None
    assert re.sub(r"<[^>]+>|\s+", " ", card[0]).count("Nora Vale") == 1


def test_card_links_to_the_next_scheduled_post(client: Client, admin: User, card_account: TikTokAccount) -> None:
    now = timezone.now()
    with instance_scope(card_account.instance):
        later = make_post(card_account, state="scheduled", publish_at=now + timedelta(days=2))
        first = make_post(card_account, state="scheduled", publish_at=now + timedelta(days=1))
        draft = make_post(card_account, state="draft", publish_at=now + timedelta(hours=1))

    page = content_of(client, admin)

    assert re.search(rf'href="/i/aurora/posts/{first.pk}/"><time datetime="{first.publish_at:%Y-%m-%d}', page)
    assert str(later.pk) not in page
    assert str(draft.pk) not in page


@pytest.mark.parametrize("path", ["accounts/?view=cards", "accounts/?view=table"])
def test_account_that_cannot_publish_offers_reconnect_in_one_click(
    client: Client, admin: User, instance: Instance, path: str
) -> None:
    fewer = CredentialFactory.create(scopes=["user.info.basic", "user.info.profile"])
    with instance_scope(instance):
        account = make_account(instance, credential=fewer, follower_count=184_300)

    page = main_of(page_of(client, admin, path))

    assert "Can’t publish" in page
    assert "The account owner did not allow Clipdesk to publish." in page
    assert re.search(rf'action="/i/aurora/tiktok/connect/" data-connect>.*?value="{account.pk}".*?Reconnect account',
                     page, re.DOTALL)  # fmt: skip
    assert "New post" not in page
    assert "184" not in page, "the account owner does not let Clipdesk see followers"


def test_card_of_an_expiring_account_offers_both_reconnect_and_new_post(
    client: Client, editor: User, instance: Instance
) -> None:
    ending = CredentialFactory.create(refresh_expires_at=timezone.now() + timedelta(days=9, hours=1))
    with instance_scope(instance):
        make_account(instance, credential=ending)

    page = content_of(client, editor)

    assert 'aria-label="Reconnect account"' in page
    assert "New post" in page


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0"), (999, "999"), (1000, "1k"), (12_345, "12.3k"), (999_999, "999.9k"), (4_560_000, "4.5M")],
)
def test_short_number_never_rounds_up(number: int, said: str) -> None:
    assert short_number(number) == said


def test_menu_holds_rare_actions_and_loads_when_opened(
    client: Client, admin: User, card_account: TikTokAccount
) -> None:
    page, menu = content_of(client, admin), menu_of(client, admin, card_account)

    assert f'hx-get="/i/aurora/accounts/{card_account.pk}/menu/" hx-trigger="toggle once"' in page
    for act in ("Sync now", "Rename", "Edit labels", "Disconnect account", "Reconnect account"):
        assert act in menu
        assert act not in page
    assert "<html" not in menu


def test_row_is_answered_to_the_table_and_a_card_to_the_cards(
    client: Client, admin: User, card_account: TikTokAccount
) -> None:
    client.force_login(admin)

    assert "<tr id=" in post(client, card_account, "name", htmx=True, name="Bakery", view="table")
    assert "<article" in post(client, card_account, "name", htmx=True, name="Bakery")
    row = client.get(f"/i/aurora/accounts/{card_account.pk}/card/?view=table", headers=HTMX)
    assert "<tr id=" in row.content.decode()


def test_chosen_view_is_remembered(client: Client, admin: User, card_account: TikTokAccount) -> None:
    assert "<table" in page_of(client, admin, "accounts/?view=table")
    assert "<table" in client.get("/i/aurora/accounts/").content.decode()
    assert "<table" not in client.get("/i/aurora/accounts/?view=cards").content.decode()
    assert "<table" not in client.get("/i/aurora/accounts/?view=nonsense").content.decode()


def test_accounts_are_a_page_of_the_rail_and_no_setting(
    client: Client, viewer: User, admin: User, card_account: TikTokAccount
) -> None:
    rail = page_of(client, viewer).partition('id="content"')[0]

    assert re.search(r'href="/i/aurora/accounts/" aria-current="page"><svg.*?>Accounts</span>', rail)
    assert "/i/aurora/accounts/" not in main_of(page_of(client, admin, "settings/general/"))


@pytest.mark.parametrize(("rows", "path"), [(1, ""), (3, ""), (1, "list/"), (3, "list/")])
def test_the_number_of_queries_does_not_grow_with_the_accounts(
    client: Client, admin: User, instance: Instance, rows: int, path: str,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    app = TikTokAppFactory.create()
    with instance_scope(instance):
        for number in range(rows):
            account = make_account(instance, name=f"A{number}", credential=CredentialFactory.create(app=app))
            make_post(account, state="scheduled")
    client.force_login(admin)
    client.get("/i/aurora/accounts/list/")  # the first request of a session notes it

    with django_assert_num_queries(7 if path else 11):
        client.get(f"/i/aurora/accounts/{path}")


def test_a_viewer_sees_cards_without_buttons(client: Client, viewer: User, card_account: TikTokAccount) -> None:
    page = page_of(client, viewer)

    assert "Bakery" in page
    for act in ("tiktok/connect/", "/disconnect/", "btn-tiktok", "New post", "/menu/", "More actions for"):
        assert act not in page


def test_an_editor_may_sync_and_reconnect_but_not_disconnect(
    client: Client, editor: User, card_account: TikTokAccount
) -> None:
    page, menu = page_of(client, editor), menu_of(client, editor, card_account)

    for act in ("Sync now", "Reconnect account"):
        assert act in menu
    for act in ("btn-tiktok", "/disconnect/", "/name/", "/labels/"):
        assert act not in page + menu


def test_without_an_app_staff_get_a_setup_link_and_others_a_hint(
    client: Client, instance: Instance, admin: User
) -> None:
    assert "Your administrator must set up a TikTok app first." in page_of(client, admin)
    admin.is_staff = True
    admin.save()
    assert "/admin/tiktok/tiktokapp/setup/" in page_of(client, admin)


def test_without_accounts_the_page_offers_the_next_step(client: Client, instance: Instance, admin: User) -> None:
    TikTokAppFactory.create()

    page = page_of(client, admin)

    assert "No TikTok accounts yet" in page
    assert "Connect TikTok" in page


def test_apps_are_counted_only_where_there_are_accounts(
    client: Client, instance: Instance, owner: User, other_instance: Instance
) -> None:
    TikTokAppFactory.create()
    with instance_scope(other_instance):
        make_account(other_instance)
    assert "apps-title" not in content_of(client, owner)

    with instance_scope(instance):
        make_account(instance)
    assert "apps-title" in content_of(client, owner)


def test_with_several_apps_one_is_chosen(client: Client, instance: Instance, admin: User) -> None:
    TikTokAppFactory.create(name="Test app")
    assert 'name="app"' not in page_of(client, admin)
    TikTokAppFactory.create(name="Real app")
    assert 'name="app"' in page_of(client, admin)


def test_an_expiring_permission_is_counted_in_days(client: Client, instance: Instance, admin: User) -> None:
    ending = CredentialFactory.create(refresh_expires_at=timezone.now() + timedelta(days=9, hours=1))
    with instance_scope(instance):
        make_account(instance, credential=ending)

    assert "Expires in 9 days" in page_of(client, admin)


def test_sandbox_accounts_carry_a_badge(client: Client, instance: Instance, admin: User) -> None:
    sandbox = TikTokAppFactory.create(environment="sandbox")
    with instance_scope(instance):
        make_account(instance, credential=CredentialFactory.create(app=sandbox))

    page = page_of(client, admin)

    assert "sheet-muted" in page
    assert 'href="#sandbox-limits"' in page
    assert "at most ten" in page


def test_without_sandbox_accounts_nothing_is_said_of_sandboxes(
    client: Client, admin: User, card_account: TikTokAccount
) -> None:
    assert "sandbox" not in page_of(client, admin).lower()


def test_a_damaged_token_does_not_break_the_list(client: Client, admin: User, card_account: TikTokAccount) -> None:
    with instance_scope(card_account.instance):
        other = CredentialFactory.create()
    TikTokCredential.objects.filter(pk=card_account.credential_id).update(
        access_token=vars(other)["access_token_sealed"]
    )

    assert "Bakery" in page_of(client, admin)


def test_a_name_is_edited_in_place(client: Client, admin: User, card_account: TikTokAccount) -> None:
    client.force_login(admin)
    form = client.get(f"/i/aurora/accounts/{card_account.pk}/name/", headers=HTMX)
    assert "<html" not in form.content.decode()

    card = post(client, card_account, "name", htmx=True, name="  The bakery ")

    assert "<html" not in card
    assert "<bdi>The bakery</bdi></a></h3>" in card
    line = AuditLogEntry.objects.get(action="account.renamed")
    assert (line.actor, line.detail) == (admin, {"before": "Bakery", "after": "The bakery"})


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "nul\0", "two\nlines", "back\u202ewards"])
def test_a_bad_name_is_refused_where_it_was_typed(
    client: Client, admin: User, card_account: TikTokAccount, name: str
) -> None:
    client.force_login(admin)
    url = f"/i/aurora/accounts/{card_account.pk}/name/"

    assert client.post(url, {"name": name}).status_code == 422
    answer = client.post(url, {"name": name}, headers=HTMX)

    assert answer["HX-Retarget"] == f"#name-{card_account.pk}"
    assert "errorlist" in answer.content.decode()


def test_without_javascript_a_rename_leads_back(client: Client, admin: User, card_account: TikTokAccount) -> None:
    client.force_login(admin)

    assert post(client, card_account, "name", name="New") == "/i/aurora/accounts/"
    assert "<bdi>New</bdi></a></h3>" in page_of(client, admin)


def test_sync_now_reads_the_profile_and_keeps_the_name(
    client: Client, sim: Simulator, account: TikTokAccount, editor: User
) -> None:
    sim.create_user("maren", display_name="Maren\n B.\u202e", follower_count=7)
    client.force_login(editor)

    answer = client.post(f"/i/aurora/accounts/{account.pk}/sync/", headers=HTMX)

    with instance_scope(account.instance):
        account.refresh_from_db()
    assert (account.name, account.display_name, account.follower_count) == ("Bakery", "Maren B.", 7)
    assert json.loads(answer["HX-Trigger"])["toast"][0]["level"] == "good"


def test_sync_now_notices_a_withdrawn_permission(
    client: Client, sim: Simulator, account: TikTokAccount, editor: User
) -> None:
    sim.revoke("maren")
    client.force_login(editor)

    card = post(client, account, "sync", htmx=True)

    assert "TikTok has ended the authorization" in card


def test_disconnecting_says_what_will_happen(client: Client, admin: User, card_account: TikTokAccount) -> None:
    with instance_scope(card_account.instance):
        for state in ("scheduled", "scheduled", "scheduled", "uploading"):
            make_post(card_account, state=state)

    page = page_of(client, admin, f"accounts/{card_account.pk}/disconnect/")

    assert "3 scheduled posts will wait until you connect this account again." in page
    assert "1 post is being published and finishes first." in page


def test_disconnect_begins_and_the_card_polls(client: Client, admin: User, card_account: TikTokAccount) -> None:
    client.force_login(admin)

    card = post(client, card_account, "disconnect", htmx=True)

    assert "Disconnecting…" in card
    assert "every 2s" in card
    polled = client.get(f"/i/aurora/accounts/{card_account.pk}/card/", headers=HTMX)
    assert "HX-Trigger" not in polled.headers
    with instance_scope(card_account.instance):
        assert TikTokAccount.objects.get().status == AccountStatus.DISCONNECTING


def test_card_that_has_stopped_moving_tells_the_rail(client: Client, admin: User, card_account: TikTokAccount) -> None:
    client.force_login(admin)
    with instance_scope(card_account.instance):
        TikTokAccount.objects.update(status=AccountStatus.DISCONNECTED)

    polled = client.get(f"/i/aurora/accounts/{card_account.pk}/card/", headers=HTMX)

    assert json.loads(polled["HX-Trigger"]) == {"accounts-changed": True}
    assert "every 2s" not in polled.content.decode()


def test_an_account_that_is_being_disconnected_cannot_be_reconnected_yet(
    client: Client, admin: User, card_account: TikTokAccount
) -> None:
    client.force_login(admin)
    post(client, card_account, "disconnect")

    assert client.post("/i/aurora/tiktok/connect/", {"account": str(card_account.pk)}).status_code == 422


def test_a_disconnected_account_is_connected_again_by_admins_only(
    client: Client, sim: Simulator, app: TikTokApp, account: TikTokAccount, admin: User, editor: User
) -> None:
    with instance_scope(account.instance):
        TikTokAccount.objects.update(status=AccountStatus.DISCONNECTED)

    assert "Reconnect account" not in page_of(client, editor)
    assert client.post("/i/aurora/tiktok/connect/", {"account": str(account.pk)}).status_code == 403
    assert "Reconnect account" in page_of(client, admin)
    assert client.post("/i/aurora/tiktok/connect/", {"account": str(account.pk)}).status_code == 302


def test_the_choice_of_an_account_is_kept_per_person(
    client: Client, admin: User, card_account: TikTokAccount, other_instance: Instance
) -> None:
    client.force_login(admin)
    client.post("/i/aurora/accounts/select/", {"account": str(card_account.pk)})
    assert list(client.session[SESSION_KEY].values()) == [str(card_account.pk)]

    assert f'href="?account={card_account.pk}" aria-current="true"' in page_of(client, admin)
    client.get("/i/aurora/accounts/?account=")
    assert client.session[SESSION_KEY] == {}
    client.get(f"/i/aurora/accounts/?account={card_account.pk}")
    assert list(client.session[SESSION_KEY].values()) == [str(card_account.pk)]


@pytest.mark.parametrize("wrong", ["nonsense", "00000000-0000-4000-8000-000000000000"])
def test_an_unknown_account_is_not_chosen(client: Client, admin: User, instance: Instance, wrong: str) -> None:
    client.force_login(admin)

    assert client.post("/i/aurora/accounts/select/", {"account": wrong}).status_code == 404
    client.get(f"/i/aurora/accounts/?account={wrong}")
    assert SESSION_KEY not in client.session


def test_a_choice_leads_back_to_our_own_pages_only(client: Client, admin: User, instance: Instance) -> None:
    client.force_login(admin)

    def leads(target: str) -> str:
        return client.post("/i/aurora/accounts/select/", {"account": "", "next": target})["Location"]

    assert leads("/i/aurora/accounts/") == "/i/aurora/accounts/"
    assert leads("https://evil.example/") == "/i/aurora/"


def test_strangers_get_no_picture(client: Client, card_account: TikTokAccount) -> None:
    client.force_login(UserFactory.create())

    assert client.get(f"/i/aurora/accounts/{card_account.pk}/avatar/").status_code == 404


def test_first_account_changes_the_offer_to_connect_the_first_one(
    client: Client, scoped: Instance, admin: User
) -> None:
    app = TikTokAppFactory.create(tenant=scoped.tenant)
    page = page_of(client, admin)
    assert "Connect your first TikTok account" in page
    reload = re.search(r'hx-get="(/i/aurora/accounts/list/\?[^"]*)"', page)
    assert reload

    make_account(scoped, name="Bakery", credential=CredentialFactory.create(app=app))
    part = client.get(reload[1].replace("&amp;", "&")).content.decode()

    assert 'id="connect" hx-swap-oob="true"' in part
    assert "Connect another account" in part
    again = re.search(r'hx-get="(/i/aurora/accounts/list/\?[^"]*)"', part)
    assert again
    assert 'id="connect"' not in client.get(again[1].replace("&amp;", "&")).content.decode()
