"""Every URL and API route, called as everybody: with one's own ids, another instance's ids, and a mix of both."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from ninja import NinjaAPI
from pytest_django import Settings

from accounts.models import User
from config.tests.walker_table import TABLE, Door, Row
from config.tests.walker_world import CANARY, Place, furnish
from instances.models import Instance
from instances.roles import ALLOWED, KeyScope, Role
from instances.services.api_keys import write_api_key
from instances.tests.factories import InstanceFactory, person_of
from tiktok.rest import api

FINE_READING = {200, 204, 302}
FINE_WRITING = {200, 201, 202, 204, 302, 303, 400, 409, 411, 412, 415, 422}
LOGIN = ("/auth/login/", "/admin/login/")
PEOPLE = [
    "owner",
    "tenant_admin",
    "admin",
    "editor",
    "viewer",
    "tenant_member",
    "outsider",
    "ex_member",
    "neighbour",
    "anonymous",
]
# Instances that a person has no access to; for all others: all but aurora.
FOREIGN = {
    "owner": "borealis", "tenant_admin": "borealis", "neighbour": "aurora|borealis", "outsider": "aurora|calypso",
    "tenant_member": "aurora|borealis|calypso", "ex_member": "aurora|borealis|calypso",
    "anonymous": "aurora|borealis|calypso",
}  # fmt: skip
ROLES = {name: Role(name) for name in ("owner", "tenant_admin", "admin", "editor", "viewer")}
LEADERS = {"owner", "tenant_admin", "outsider"}


# --- what there is ------------------------------------------------------------------------------


def url_names() -> set[str]:
    """Every URL pattern outside the REST API by its name; one without a name by its route."""
    return set(_walk(get_resolver(), "", ""))


def _walk(resolver: URLResolver, namespace: str, route: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        here = route + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry, namespace + (f"{entry.namespace}:" if entry.namespace else ""), here)
        elif isinstance(entry, URLPattern) and not _is_api_route(namespace, entry):
            yield namespace + entry.name if entry.name else here


def _is_api_route(namespace: str, entry: URLPattern) -> bool:
    return namespace == "api-1:" and (entry.name or "") not in {"openapi-json", "openapi-view", "api-root"}


def api_names(rest: NinjaAPI) -> set[str]:
    """Every operation of the REST API: "api:GET /posts/{post_id}"."""
    return {
        f"api:{method} {_join(prefix, path)}"
        for prefix, router in rest._routers
        for path, view in router.path_operations.items()
        for operation in view.operations
        for method in operation.methods
    }


def _join(prefix: str, path: str) -> str:
    path = re.sub(r"{\w+:(\w+)}", r"{\1}", path)  # "{uuid:post_id}" is "{post_id}" in the table
    return "/" + "/".join(part for part in (prefix.strip("/"), path.strip("/")) if part)


# Doors of their own, tested below.
IGNORED = re.compile(r"^(admin[:/].*|auth/\^\(\?:3rdparty\|social\)/|auth/social/.*)$")


def test_every_address_has_a_row() -> None:
    rows = {row.name for row in TABLE}
    there_are = {name for name in url_names() | api_names(api) if not IGNORED.match(name)}

    assert sorted(there_are - rows) == [], "add a row for each to config/tests/walker_table.py"
    assert sorted(rows - there_are) == [], "rows of config/tests/walker_table.py whose address is gone"
    assert len(rows) == len(TABLE), "two rows for one address"


# --- who calls ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class World:
    """The cast, signed in and with keys, and three instances."""

    home: Place
    sibling: Place  # of the same tenant; its owner and tenant admin work there too, and the neighbour
    other: Place  # of another tenant
    client: Client
    users: Mapping[str, User | None]
    sessions: Mapping[str, str]
    keys: Mapping[str, str]


@pytest.fixture
def sibling_instance(instance: Instance) -> Instance:
    """Another instance of the same tenant."""
    return InstanceFactory.create(tenant=instance.tenant, name="Calypso", slug="calypso")


@pytest.fixture
def neighbour(sibling_instance: Instance) -> User:
    """Admin of the sibling: of the same tenant, and a stranger next door."""
    return person_of(sibling_instance, "admin", email="neighbour@example.com")


@pytest.fixture
def world(
    request: pytest.FixtureRequest,
    instance: Instance,
    sibling_instance: Instance,
    other_instance: Instance,
    settings: Settings,
) -> World:
    settings.TIKTOK_API_BASE_URL = "http://127.0.0.1:9"  # nothing answers there, and pages say so
    users = {name: None if name == "anonymous" else request.getfixturevalue(name) for name in PEOPLE}
    home, sibling, other = furnish(instance), furnish(sibling_instance), furnish(other_instance)
    sessions, keys = {}, {}
    for name, user in users.items():
        if user:
            client = Client()
            client.force_login(user)
            sessions[name] = client.cookies["sessionid"].value
            place = other_instance if name == "outsider" else instance
            keys[name] = write_api_key(place, user=user, actor=user, name="walker", scopes=list(KeyScope))[1]
    return World(home, sibling, other, Client(raise_request_exception=False), users, sessions, keys)


def call(world: World, person: str, row: Row, method: str, kwargs: Mapping[str, str]) -> HttpResponseBase:
    """One request, whose writes are undone, so that no call changes what the next one sees."""
    client = world.client
    client.cookies = SimpleCookie()
    if row.door is Door.API:
        key = world.keys.get(person, "cd_nobody_nothing")
        headers = {"authorization": f"Bearer {key}", "idempotency-key": "walker"}
    else:
        headers = {"accept": "text/html"}
        if person in world.sessions:
            client.cookies["sessionid"] = world.sessions[person]
    body, content_type = payload(row, method)
    with transaction.atomic():
        response = client.generic(method, address(row, kwargs), body, content_type, headers=headers)
        transaction.set_rollback(True)
    return response


def payload(row: Row, method: str) -> tuple[bytes, str]:
    """Return the row's data as a form or, for the API, as JSON; bytes unchanged."""
    if method in {"GET", "HEAD", "DELETE"}:
        return b"", "application/octet-stream"
    if isinstance(row.data, bytes):
        return row.data, row.content_type or "application/octet-stream"
    if row.door is Door.API:
        return json.dumps(row.data).encode(), "application/json"
    return urlencode(row.data, doseq=True).encode(), "application/x-www-form-urlencoded"


def address(row: Row, kwargs: Mapping[str, str]) -> str:
    """The row's address with these ids in it."""
    if row.name.startswith("api:"):
        return "/api/v1" + row.name.split(" ")[1].format(**kwargs)
    return reverse(row.name, kwargs=dict(kwargs))


def ids(row: Row, slug_from: Place, ids_from: Place) -> dict[str, str]:
    """The row's kwargs: the slug of one instance, the ids of one (perhaps the other)."""
    found = {name: kind[1:] if kind.startswith("=") else ids_from.ids[kind] for name, kind in row.kwargs.items()}
    return found | ({"slug": slug_from.instance.slug} if row.door is Door.INSTANCE else {})


# --- what must come back ------------------------------------------------------------------------


def outcome(response: HttpResponseBase, row: Row, method: str) -> str:
    """in, sign-in, or the status."""
    status = response.status_code
    if status == 302 and response["Location"].startswith(LOGIN):
        return "sign-in"
    fine = (FINE_READING if method in {"GET", "HEAD"} else FINE_WRITING) | row.also
    return "in" if status in fine else str(status)


def expected(row: Row, person: str, place: str) -> str:
    """``place``: own (all ids of one's own), mixed (own slug, foreign ids), sibling (own slug, ids of another
    instance of the same tenant) or other (all of the other instance).
    """
    match row.door:
        case Door.PUBLIC:
            return "in"
        case Door.NOWHERE:
            return "404"
        case Door.SIGNED_IN | Door.LEADS:
            return "sign-in" if person == "anonymous" else "in" if may_lead(row, person) else "403"
        case Door.API:
            return expected_by_key(row, person, place)
        case Door.INSTANCE:
            return expected_in_instance(row, person, place)
        case Door.STAFF:
            return "sign-in"


def may_lead(row: Row, person: str) -> bool:
    return row.door is Door.SIGNED_IN or person in LEADERS


def role_in(person: str, place: str) -> Role | None:
    """By the cast, not by the code that is tested."""
    if place == "other":
        return Role.OWNER if person == "outsider" else None
    return ROLES.get(person)


def expected_in_instance(row: Row, person: str, place: str) -> str:
    if person == "anonymous":
        return "sign-in"
    role = role_in(person, place)
    if role is None:
        return "404"
    if row.permission and row.permission not in ALLOWED[role]:
        return "403"
    return "404" if place in {"mixed", "sibling"} else "in"


def expected_by_key(row: Row, person: str, place: str) -> str:
    role = role_in(person, "other" if person == "outsider" else "own")
    if role is None:
        return "401"
    if row.permission and row.permission not in ALLOWED[role]:
        return "403"
    is_foreign = place == "sibling" or (place == "other") != (person == "outsider")
    return "404" if is_foreign and row.has_ids else "in"


def leaks(response: HttpResponseBase, person: str) -> list[str]:
    """Names of the instance that the person has no place in."""
    foreign = FOREIGN.get(person, "borealis|calypso")
    parts = response.streaming_content if response.streaming else [response.content]  # type: ignore[attr-defined]
    text = b"".join(parts).decode(errors="replace") + str(response.headers)
    return re.findall(rf"canary[ -](?:{foreign})|{foreign.title()}", text.replace(CANARY, CANARY.lower()))


def visits(row: Row, world: World) -> Iterator[tuple[str, dict[str, str]]]:
    """The ways in which a row's address is built."""
    home, other = world.home, world.other
    yield "own", ids(row, home, home)
    if row.has_ids:
        yield "sibling", ids(row, home, world.sibling)
    if row.door is Door.INSTANCE and row.has_ids:
        yield "mixed", ids(row, home, other)
    if row.door is Door.INSTANCE or row.has_ids:
        yield "other", ids(row, other, other)


def callers(row: Row, place: str) -> list[str]:
    """Everybody; for a row of a sibling those who get as far as looking for it."""
    if place != "sibling":
        return PEOPLE
    return [person for person in PEOPLE if expected(row, person, "own") == "in"]


def problems_with(row: Row, world: World, person: str) -> Iterator[str]:
    """Return the faults, one line each."""
    for place, kwargs in visits(row, world):
        for method in row.methods if person in callers(row, place) else []:
            response = call(world, person, row, method, kwargs)
            got, want = outcome(response, row, method), expected(row, person, place)
            line = f"{method} {address(row, kwargs)} as {person}: "
            if got != want:
                yield f"{line}{got} ({response.status_code}), expected {want}"
            if found := leaks(response, person):
                yield f"{line}shows {found[0]}"


@pytest.mark.timeout(400)  # hundreds of calls
@pytest.mark.parametrize("person", PEOPLE)
def test_each_person_gets_what_their_role_allows_in_their_instance_only(world: World, person: str) -> None:
    problems = [problem for row in TABLE for problem in problems_with(row, world, person)]

    assert not problems, "\n" + "\n".join(problems)


@pytest.mark.timeout(400)
def test_with_the_encryption_key_lost_every_address_still_answers(
    instance: Instance, owner: User, settings: Settings
) -> None:
    settings.TIKTOK_API_BASE_URL = "http://127.0.0.1:9"
    home, client = furnish(instance), Client()
    client.force_login(owner)
    key = write_api_key(instance, user=owner, actor=owner, name="walker", scopes=list(KeyScope))[1]
    browser = Client(raise_request_exception=False)
    sessions = {"owner": client.cookies["sessionid"].value}
    world = World(home, home, home, browser, {"owner": owner}, sessions, {"owner": key})
    settings.FIELD_ENCRYPTION_KEYS = {"k2": b"2" * 32}

    rows = [row for row in TABLE if row.name.startswith(("tiktok:", "api:")) and row.door is not Door.PUBLIC]
    answers = {
        f"{method} {row.name}": outcome(call(world, "owner", row, method, ids(row, home, home)), row, method)
        for row in rows
        for method in row.methods
        if row.name != "tiktok:account-avatar"  # a file
    }

    assert {name: answer for name, answer in answers.items() if answer != "in"} == {}
    assert len(answers) > 50


# --- doors that need no rows --------------------------------------------------------------------


def admin_rows() -> list[Row]:
    """Django admin's own addresses: one door guards them all."""
    return [
        Row(f"admin:{pattern.name}", door=Door.STAFF, **admin_kwargs(pattern))  # type: ignore[arg-type]
        for entry in admin.site.get_urls()
        for pattern in (entry.url_patterns if isinstance(entry, URLResolver) else [entry])
        if isinstance(pattern, URLPattern) and pattern.name and pattern.name not in {"login", "logout"}
    ]


def admin_kwargs(pattern: URLPattern) -> dict[str, str]:
    values = {"app_label": "=accounts", "content_type_id": "=1", "url": "=x"}
    names = {**getattr(pattern.pattern, "converters", {}), **pattern.pattern.regex.groupindex}
    return {name: values.get(name, "=00000000-0000-4000-8000-000000000000") for name in names}


@pytest.mark.timeout(400)
def test_django_admin_is_for_staff_alone(world: World) -> None:
    rows = admin_rows()

    assert len(rows) > 30
    problems = [problem for row in rows for person in PEOPLE for problem in problems_with(row, world, person)]
    assert not problems, "\n" + "\n".join(problems)


@pytest.mark.parametrize("path", ["3rdparty/", "3rdparty/signup/", "social/login/cancelled/", "social/connections/"])
def test_sign_in_by_a_third_party_does_not_exist(client: Client, path: str) -> None:
    assert client.get(f"/auth/{path}").status_code == 404
