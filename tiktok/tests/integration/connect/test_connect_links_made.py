"""Making, listing and revoking connect links, on the page and by API."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts.models import AuditLogEntry, User
from instances.models import Instance
from instances.roles import Role
from instances.scoping import instance_scope
from instances.services.members import set_role
from instances.tokens import hash_key
from tiktok.connect.links.services import make_links
from tiktok.models import ConnectLink, TikTokApp
from tiktok.tests.factories import TikTokAppFactory, make_account
from tiktok.tests.fixtures_rest import Answer, Api, MakeApi, fields_of

pytestmark = pytest.mark.django_db
NOBODYS = "3f2c8f0e-0000-4000-8000-000000000000"
URL = re.compile(r"http://[\w.:]+/connect/([\w-]{43})/")


@pytest.fixture
def app(db: None) -> TikTokApp:
    return TikTokAppFactory.create()


@pytest.fixture
def browser(client: Client, admin: User, app: TikTokApp) -> Client:
    client.force_login(admin)
    return client


@pytest.fixture
def admins(make_api: MakeApi, admin: User, app: TikTokApp) -> Api:
    return make_api(admin)


def page_of(instance: Instance) -> str:
    return f"/i/{instance.slug}/accounts/connect-links/"


def make(browser: Client, instance: Instance, names: str = "", **fields: Any) -> Answer:
    data = {"batch": str(uuid4()), "names": names, "lifetime": "604800"} | fields
    return browser.post(page_of(instance), data)


def tokens_in(answer: Answer) -> list[str]:
    """The tokens shown, each once."""
    return list(dict.fromkeys(URL.findall(answer.content.decode())))


def days(link: ConnectLink) -> float:
    return (link.expires_at - timezone.now()) / timedelta(days=1)


def test_one_link_is_shown_once_and_kept_as_a_hash(browser: Client, instance: Instance, admin: User) -> None:
    answer = make(browser, instance, " The bakery ", note="Shop login", lifetime="3600")

    link = ConnectLink.objects.get()
    assert [hash_key(token) for token in tokens_in(answer)] == [link.token_hash]
    assert (link.name, link.note, link.maker, link.instance) == ("The bakery", "Shop login", admin, instance)
    assert days(link) == pytest.approx(1 / 24, abs=0.001)
    assert "no-store" in answer["Cache-Control"]
    assert tokens_in(browser.get(page_of(instance))) == []
    line = AuditLogEntry.objects.get(action="connect_link.made")
    assert (line.actor, line.target_id, line.detail["names"]) == (admin, str(link.pk), ["The bakery"])


def test_a_pasted_list_makes_a_link_for_each_name(browser: Client, instance: Instance) -> None:
    answer = make(browser, instance, "Nord\r\n\r\n  Süd \nOst, West & Söhne\n")

    links = {link.name: link for link in ConnectLink.objects.all()}
    assert set(links) == {"Nord", "Süd", "Ost, West & Söhne"}
    download = re.search(r'href="data:text/plain;charset=utf-8,([^"]+)"', answer.content.decode())
    assert download
    lines = [line.split("\t") for line in unquote(download[1]).splitlines()]
    assert [name for name, _ in lines] == ["Nord", "Süd", "Ost, West & Söhne"]
    assert all(links[name].token_hash == hash_key(URL.findall(url)[0]) for name, url in lines)
    assert AuditLogEntry.objects.get(action="connect_link.made").detail["count"] == 3


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ("Nord\nSüd\n nord ", "These names appear twice: Nord, nord."),
        ("\n".join(f"n{number}" for number in range(101)), "Enter at most 100 names at once. You entered 101."),
        ("ok\n" + "x" * 81, "is longer than 80 characters."),
        ("ok\nno\x07t", "Line 2 contains characters that can’t be shown. Remove them."),
    ],
)
def test_a_list_with_a_fault_makes_nothing_and_names_it(
    browser: Client, instance: Instance, names: str, text: str
) -> None:
    answer = make(browser, instance, names)

    assert (answer.status_code, ConnectLink.objects.count()) == (422, 0)
    assert text in answer.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lifetime", "5"),
        ("lifetime", "x"),
        ("batch", "x"),
        ("note", "x" * 301),
        ("note", "\x00"),
        ("note", "two\nlines"),
        ("app", "3e04a092-8706-4516-8d0a-e0d859c3026f"),
    ],
)
def test_another_bad_field_makes_nothing(browser: Client, instance: Instance, field: str, value: str) -> None:
    answer = make(browser, instance, **{field: value})

    assert (answer.status_code, ConnectLink.objects.count()) == (422, 0)


def test_a_hundred_names_are_not_too_many(browser: Client, instance: Instance) -> None:
    answer = make(browser, instance, "\n".join(f"Client {number}" for number in range(100)))

    assert (answer.status_code, len(tokens_in(answer)), ConnectLink.objects.count()) == (200, 100, 100)


def test_the_same_form_sent_twice_makes_links_once(browser: Client, instance: Instance) -> None:
    batch = str(uuid4())
    make(browser, instance, "Nord\nSüd", batch=batch)

    answer = make(browser, instance, "Nord\nSüd", batch=batch)

    assert "These links were already created" in answer.content.decode()
    assert (answer.status_code, ConnectLink.objects.count()) == (422, 2)


def test_with_several_apps_one_is_chosen(browser: Client, instance: Instance, other_instance: Instance) -> None:
    second, theirs = TikTokAppFactory.create(), TikTokAppFactory.create(tenant=other_instance.tenant)

    assert make(browser, instance).status_code == 422
    assert make(browser, instance, app=str(theirs.pk)).status_code == 422
    assert make(browser, instance, app=str(second.pk)).status_code == 200
    assert ConnectLink.objects.get().app == second


def test_the_list_says_what_became_of_each(
    browser: Client, instance: Instance, other_instance: Instance, admin: User, tenant_admin: User, outsider: User
) -> None:
    names = ["open", "used", "revoked", "expired"]
    links = {made.link.name: made.link for made in make_links(instance, actor=admin, names=names)}
    lost = make_links(instance, actor=tenant_admin, names=["lost"])[0].link
    make_links(other_instance, actor=outsider, names=["theirs"])
    with instance_scope(instance):
        account = make_account(instance, name="Bakery", username="maren.bakes")
    rows = ConnectLink.objects
    rows.filter(pk=links["used"].pk).update(used_at=timezone.now(), account=account)
    rows.filter(pk=links["revoked"].pk).update(revoked_at=timezone.now(), revoked_by=admin)
    rows.filter(pk=links["expired"].pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    User.objects.filter(pk=tenant_admin.pk).update(is_active=False)

    html = browser.get(page_of(instance)).content.decode()

    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.partition('id="links-title"')[2]))
    for part in (
        f"open {admin}",
        "Open",
        "Bakery (@maren.bakes)",
        f"Revoked {admin}",
        "Expired",
        "Creator lost access",
    ):
        assert part in text, text
    assert "theirs" not in text
    assert html.count("/revoke/") == 2
    assert html.count("/renew/") == 3
    assert str(lost.pk) in html


def test_a_long_list_comes_in_parts_with_a_constant_number_of_queries(
    browser: Client, instance: Instance, admin: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_links(instance, actor=admin, names=[f"Client {number:03}" for number in range(60)])
    browser.get(page_of(instance))  # the visit is noted once

    with django_assert_max_num_queries(12):
        first = browser.get(page_of(instance)).content.decode()
    second = browser.get(page_of(instance) + "?page=2").content.decode()

    assert ("Client 000" in first, "Client 059" in first, "Client 059" in second) == (True, False, True)


def test_revoking_is_done_once_and_never_to_a_used_link(browser: Client, instance: Instance, admin: User) -> None:
    link, used = (made.link for made in make_links(instance, actor=admin, names=["a", "b"]))
    ConnectLink.objects.filter(pk=used.pk).update(used_at=timezone.now())

    for pk in (link.pk, link.pk, used.pk):
        browser.post(f"{page_of(instance)}{pk}/revoke/")

    link.refresh_from_db()
    used.refresh_from_db()
    assert (link.revoked_by, used.revoked_at) == (admin, None)
    assert AuditLogEntry.objects.filter(action="connect_link.revoked").count() == 1


def test_a_new_link_takes_the_place_of_the_old_one(browser: Client, instance: Instance, admin: User) -> None:
    old = make_links(instance, actor=admin, names=["Nord"], note="Hi", lifetime=timedelta(days=30))[0].link

    answer = browser.post(f"{page_of(instance)}{old.pk}/renew/")

    new = ConnectLink.objects.exclude(pk=old.pk).get()
    old.refresh_from_db()
    assert [hash_key(token) for token in tokens_in(answer)] == [new.token_hash]
    assert (new.name, new.note, old.revoked_at is not None) == ("Nord", "Hi", True)
    assert days(new) == pytest.approx(30, abs=0.01)
    assert browser.post(f"{page_of(instance)}{old.pk}/renew/").status_code == 302
    assert ConnectLink.objects.count() == 2


def test_an_editor_makes_none(browser: Client, instance: Instance, editor: User) -> None:
    browser.force_login(editor)

    assert make(browser, instance).status_code == 403
    assert "Connect links" not in browser.get(f"/i/{instance.slug}/accounts/").content.decode()


def test_without_an_app_the_page_says_so(browser: Client, instance: Instance) -> None:
    TikTokApp.objects.all().delete()

    html = browser.get(page_of(instance)).content.decode()

    assert "No TikTok app is set up yet" in html
    assert "Create connect links" not in html
    assert make(browser, instance).status_code == 422


# --- by API -------------------------------------------------------------------------------------

ROUTE = "/accounts/connect-links"


def test_a_program_makes_a_link(admins: Api, instance: Instance, admin: User) -> None:
    answer = admins.send("POST", ROUTE, {"name": "Nord", "note": "Hi", "expires_in": 3600})

    link = ConnectLink.objects.get()
    made = answer.json()
    assert (answer.status_code, made["id"]) == (201, str(link.pk))
    assert hash_key(URL.findall(made["url"])[0]) == link.token_hash
    assert (link.name, link.note, link.maker, link.instance) == ("Nord", "Hi", admin, instance)
    assert days(link) == pytest.approx(1 / 24, abs=0.001)


def test_all_fields_may_be_left_out(admins: Api) -> None:
    assert admins.send("POST", ROUTE, {}).status_code == 201
    assert days(ConnectLink.objects.get()) == pytest.approx(7, abs=0.01)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": 5}, "name"),
        ({"note": "a\x00b"}, "note"),
        ({"expires_in": 3599}, "expires_in"),
        ({"expires_in": 2_592_001}, "expires_in"),
        ({"expires_in": "3600"}, "expires_in"),
        ({"app_id": NOBODYS}, "app_id"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_bad_field_is_named(admins: Api, body: dict[str, Any], field: str) -> None:
    answer = admins.send("POST", ROUTE, body)

    assert (answer.status_code, fields_of(answer), ConnectLink.objects.count()) == (422, [field], 0)


def test_a_program_chooses_among_several_apps(admins: Api, app: TikTokApp) -> None:
    second = TikTokAppFactory.create(name="Second")

    answer = admins.send("POST", ROUTE, {})
    assert (answer.status_code, fields_of(answer)) == (422, ["app_id"])
    assert f"{second.pk} (Second)" in answer.json()["errors"][0]["message"]
    assert admins.send("POST", ROUTE, {"app_id": str(second.pk)}).status_code == 201
    assert ConnectLink.objects.get().app == second


def test_api_without_app_id_leaves_the_choice_to_the_use(admins: Api, app: TikTokApp) -> None:
    TikTokAppFactory.create(name="Second", is_from_environment=True)

    assert admins.send("POST", ROUTE, {}).status_code == 201
    assert ConnectLink.objects.get().app is None


def test_without_an_app_there_are_no_links(admins: Api, app: TikTokApp) -> None:
    app.delete()

    answer = admins.send("POST", ROUTE, {})

    assert (answer.status_code, answer.json()["code"]) == (409, "no_app")


def test_a_program_lists_and_revokes(admins: Api, instance: Instance, other_instance: Instance, outsider: User) -> None:
    made = [admins.send("POST", ROUTE, {"name": name}).json() for name in ("Nord", "Süd")]
    theirs = make_links(other_instance, actor=outsider, names=["theirs"])[0].link

    answers = [admins.send("DELETE", f"{ROUTE}/{pk}").status_code for pk in (made[0]["id"], made[0]["id"], theirs.pk)]
    first = admins.get(ROUTE, limit=1).json()
    second = admins.get(ROUTE, cursor=first["next_cursor"]).json()

    assert answers == [204, 204, 404]
    found = {item["name"]: item["state"] for item in [*first["items"], *second["items"]]}
    assert found == {"Nord": "revoked", "Süd": "open"}
    assert "/connect/" not in str([first, second])


def test_a_used_link_is_not_revoked(admins: Api) -> None:
    made = admins.send("POST", ROUTE, {}).json()
    ConnectLink.objects.update(used_at=timezone.now())

    answer = admins.send("DELETE", f"{ROUTE}/{made['id']}")

    assert (answer.status_code, answer.json()["code"], answer.json()["state"]) == (409, "state_conflict", "used")


def test_api_key_needs_the_scope_and_a_creator_who_may_connect(
    admins: Api, make_api: MakeApi, admin: User, instance: Instance
) -> None:
    assert make_api(admin, "posts:read").send("POST", ROUTE, {}).json()["code"] == "scope_missing"
    set_role(instance, member=admin, role=Role.EDITOR)

    for method, path in (("POST", ROUTE), ("GET", ROUTE), ("DELETE", f"{ROUTE}/{uuid4()}")):
        assert admins.send(method, path, {}).status_code == 403


def test_list_reloads_itself_while_a_link_can_be_used(browser: Client, instance: Instance, admin: User) -> None:
    make_links(instance, actor=admin, names=["Bakery"])
    poll = 'hx-trigger="every 5s"'
    assert poll in browser.get(page_of(instance)).content.decode()
    ConnectLink.objects.update(used_at=timezone.now())

    part = browser.get(page_of(instance), headers={"hx-request": "true", "hx-target": "links"}).content.decode()

    assert part.lstrip().startswith('<div id="links"')
    assert "Used" in part
    assert poll not in part
    assert "<html" not in part


def test_page_says_for_each_scope_why_it_is_requested(browser: Client, app: TikTokApp, instance: Instance) -> None:
    page = browser.get(f"/i/{instance.slug}/accounts/").content.decode()

    assert "To publish the videos and photos that the team schedules for the account." in page
    assert "To show which account is connected." in page
    assert "Clipdesk does not use this yet." not in page
