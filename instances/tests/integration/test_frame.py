"""The rail: which instance it shows, what it offers, and who sees it."""

import re
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import Client, RequestFactory
from pytest_django import Settings

from accounts.models import Tenant, User
from instances import overview
from instances.access import access_for
from instances.models import Instance, Membership
from instances.templatetags.instances_text import tile_colour
from instances.tests.factories import InstanceFactory
from instances.tests.sign_in import sign_in_again
from instances.views.settings import settings_members

PERSONAL = [
    "/auth/profile/", "/auth/email/", "/auth/password/change/",
    "/auth/2fa/", "/auth/2fa/totp/activate/", "/auth/sessions/",
]  # fmt: skip


def text_of(client: Client, path: str) -> str:
    return client.get(path).content.decode()


@pytest.mark.parametrize("path", PERSONAL)
def test_personal_pages_keep_the_frame_of_the_last_instance(client: Client, editor: User, path: str) -> None:
    sign_in_again(client, editor)
    client.get("/i/aurora/")

    page = text_of(client, path)

    assert 'href="/i/aurora/posts/"' in page
    assert page.count("<h1>") == 1
    assert '<header class="page-header">' in page


def test_personal_pages_show_times_in_the_zone_of_the_instance(client: Client, editor: User) -> None:
    Instance.objects.update(time_zone="Asia/Tokyo")
    sign_in_again(client, editor)
    client.get("/i/aurora/")

    assert 'data-zone="Asia/Tokyo"' in text_of(client, "/auth/sessions/")


def test_frame_of_an_instance_closes_with_the_membership(client: Client, editor: User, outsider: User) -> None:
    client.force_login(editor)
    client.get("/i/aurora/")
    client.force_login(outsider)

    assert "/i/aurora/" not in text_of(client, "/auth/profile/")


def test_frame_of_an_instance_needs_the_second_factor_it_requires(client: Client, editor: User) -> None:
    client.force_login(editor)
    client.get("/i/aurora/")
    Tenant.objects.update(require_two_factor=True)

    assert "/i/aurora/posts/" not in text_of(client, "/auth/profile/")


def test_view_checks_the_role_in_its_own_instance_not_in_that_of_the_frame(
    instance: Instance, viewer: User, rf: RequestFactory
) -> None:
    other = InstanceFactory.create(tenant=instance.tenant, slug="calm")
    Membership.objects.create(user=viewer, instance=other, role="admin")
    request: Any = rf.get("/i/aurora/settings/members/")
    request.user, request.instance, request.membership = viewer, other, access_for(viewer, other)

    with pytest.raises(PermissionDenied):
        settings_members(request, slug="aurora")


@pytest.mark.parametrize("path", ["/auth/2fa/reauthenticate/", "/auth/2fa/authenticate/", "/auth/reauthenticate/"])
def test_pages_that_authenticate_open_no_instance(client: Client, editor: User, path: str) -> None:
    client.force_login(editor)
    client.get("/i/aurora/")

    request: Any = client.get(path).wsgi_request

    assert not hasattr(request, "membership")


def test_refused_page_keeps_the_rail_and_leads_home(client: Client, viewer: User) -> None:
    client.force_login(viewer)

    answer = client.get("/i/aurora/settings/members/")

    page = answer.content.decode()
    assert answer.status_code == 403
    assert "You don’t have access to this" in page
    assert 'href="/i/aurora/posts/"' in page
    assert re.search(r'<a class="btn btn-primary" href="/i/aurora/">.*Go to Home</a>', page)


def test_missing_page_of_an_instance_keeps_the_rail(client: Client, viewer: User) -> None:
    client.force_login(viewer)

    assert 'href="/i/aurora/posts/"' in text_of(client, "/i/aurora/nowhere/")


def test_viewer_has_the_bell_and_reads_notifications(client: Client, viewer: User) -> None:
    client.force_login(viewer)

    assert 'id="bell-rail"' in text_of(client, "/i/aurora/")
    page = text_of(client, "/i/aurora/notifications/")
    assert "<h1>Notifications</h1>" in page
    assert "Email notifications" not in page  # viewers get none


@pytest.mark.parametrize(("count", "has_search"), [(8, False), (9, True)])
def test_switcher_offers_a_search_for_more_than_eight_instances(
    client: Client, instance: Instance, owner: User, count: int, has_search: bool
) -> None:
    for _ in range(count - 1):
        InstanceFactory.create(tenant=instance.tenant)
    client.force_login(owner)

    page = text_of(client, "/i/aurora/")

    assert ("data-instances-search" in page) is has_search
    assert "data-instances-all" in page


def test_switcher_marks_instances_with_a_warning(
    client: Client, instance: Instance, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    InstanceFactory.create(tenant=instance.tenant, name="Calm", slug="calm")
    alarm = overview.Overview(alarms=(overview.Alarm("bad", "1 account to reconnect", "accounts/"),))
    monkeypatch.setattr(overview, "_tellers", [lambda found: {each.pk: alarm for each in found if each == instance}])
    client.force_login(owner)

    items = text_of(client, "/i/aurora/switch/").split("<li>")[1:]

    assert [("Aurora" in item, "Has a warning" in item) for item in items] == [(True, True), (False, False)]


def test_instances_have_colours_that_last(client: Client, instance: Instance, owner: User) -> None:
    client.force_login(owner)
    before = re.findall(r"tile-\d", text_of(client, "/i/aurora/"))
    Instance.objects.update(name="Renamed")

    assert before == re.findall(r"tile-\d", text_of(client, "/i/aurora/"))


def test_instances_have_different_colours() -> None:
    slugs = [f"{name}-{what}" for name in ("bay", "birch", "coast", "dune") for what in ("bakery", "studio", "yoga")]

    assert len({tile_colour(slug) for slug in slugs}) > 4


@pytest.mark.parametrize(
    ("name", "email", "text"),
    [
        ("Nordwind GmbH", "ops@nordwind.example", "Nordwind GmbH operates this installation. Write to"),
        ("Nordwind GmbH", "", "Nordwind GmbH operates this installation."),
        ("", "ops@nordwind.example", "The operator of this installation can be reached at"),
        ("", "", "They are its operator."),
    ],
)
def test_legal_pages_name_the_operator(
    client: Client, db: None, settings: Settings, name: str, email: str, text: str
) -> None:
    settings.OPERATOR_NAME, settings.OPERATOR_EMAIL = name, email

    for path in ("/privacy/", "/terms/"):
        page = text_of(client, path)
        assert text in page
        assert (f"mailto:{email}" in page) is bool(email)


@pytest.mark.parametrize(("rows", "is_shown"), [(2, False), (3, True)])
def test_pages_of_a_list_are_named_only_where_there_are_several(rows: int, is_shown: bool) -> None:
    page = Paginator(range(rows), 2).page(1)

    html = Template('{% include "components/pagination.html" %}').render(Context({"page": page}))

    assert ("1–2 of 3" in html) is is_shown
    assert bool(html.strip()) is is_shown
