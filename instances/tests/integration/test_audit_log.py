"""The audit log: sentences, filters, pages and CSV."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.audit import record
from accounts.models import AuditLogEntry, User
from instances.audit_log.export import harmless
from instances.audit_log.words import in_words
from instances.models import Instance
from instances.roles import Role
from instances.services import change_role, invite_member, update_instance

PAGE, EXPORT = "/i/aurora/settings/audit/", "/i/aurora/settings/audit/export/"


def write(instance: Instance, actor: User | None, action: str, **detail: Any) -> None:
    with transaction.atomic():
        record(action, tenant=instance.tenant, actor=actor, instance_id=instance.pk, **detail)


def texts(instance: Instance) -> list[str]:
    return [line.text for line in in_words(instance, AuditLogEntry.objects.select_related("actor").order_by("at"))]


def test_lines_are_sentences_with_names_and_roles(instance: Instance, owner: User, viewer: User) -> None:
    User.objects.filter(pk=owner.pk).update(name="Lena")
    owner.refresh_from_db()

    change_role(instance, actor=owner, member=viewer, role=Role.ADMIN)
    invite_member(instance, actor=owner, email="new@example.com", role=Role.EDITOR)
    update_instance(instance, actor=owner, name="Dawn", time_zone="Asia/Tokyo")

    assert texts(instance) == [
        "Lena changed the role of viewer@example.com from Viewer to Admin",
        "Lena invited new@example.com as Editor",
        "Lena saved the settings of the instance: name “Dawn”, time zone Asia/Tokyo",
    ]


def test_line_of_an_unknown_action_is_shown_as_it_is(instance: Instance, owner: User) -> None:
    write(instance, owner, "moon.landed")

    assert texts(instance) == [f"{owner}: moon.landed"]


def test_line_without_a_detail_shows_a_dash(instance: Instance, owner: User) -> None:
    write(instance, owner, "member.removed")

    assert texts(instance) == [f"{owner} removed –"]


def test_names_in_lines_are_escaped(client: Client, instance: Instance, owner: User) -> None:
    write(instance, owner, "member.removed", member="<script>alert(1)</script>%(who)s")
    client.force_login(owner)

    page = client.get(PAGE).content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;%(who)s" in page


def test_sign_in_lines_say_the_address(client: Client, instance: Instance, owner: User) -> None:
    write(instance, owner, "sign_in.succeeded", client_address="203.0.113.7", person=owner.email, by_staff=True)
    client.force_login(owner)

    page = client.get(PAGE).content.decode()

    assert "IP address 203.0.113.7 · in Administration" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"owner", "editor", "clipdesk"}),
        ("person=owner@example.com", {"owner"}),
        ("person=Clipdesk", {"clipdesk"}),
        ("kind=people", {"owner", "clipdesk"}),
        ("kind=settings", {"editor"}),
        ("kind=people&person=owner@example.com", {"owner"}),
        ("person=nobody@example.com", {"owner", "editor", "clipdesk"}),
        ("since=31-12-2026", {"owner", "editor", "clipdesk"}),
    ],
)
def test_filter_by_person_and_kind(
    client: Client, instance: Instance, owner: User, editor: User, query: str, found: set[str]
) -> None:
    write(instance, owner, "member.removed", member="line-owner")
    write(instance, editor, "instance.updated", name="line-editor")
    write(instance, None, "member.removed", member="line-clipdesk")
    client.force_login(owner)

    page = client.get(f"{PAGE}?{query}").content.decode()

    assert {name for name in ("owner", "editor", "clipdesk") if f"line-{name}" in page} == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("since=2026-11-30", {"after", "last"}),
        ("until=2026-11-29", {"before"}),
        ("since=2026-11-30&until=2026-11-30", {"after", "last"}),
        ("until=9999-12-31&since=0001-01-01", {"before", "after", "last"}),
    ],
)
def test_filter_by_days_of_the_instances_zone(
    client: Client, instance: Instance, owner: User, query: str, found: set[str]
) -> None:
    Instance.objects.update(time_zone="Europe/Berlin")
    times = {"before": "2026-11-29T22:59:59", "after": "2026-11-29T23:00:00", "last": "2026-11-30T22:59:59"}
    for name, at in times.items():
        AuditLogEntry.objects.create(
            tenant=instance.tenant, instance_id=instance.pk, actor_label="Clipdesk", action="member.removed",
            detail={"member": f"line-{name}"}, at=datetime.fromisoformat(at).replace(tzinfo=UTC),
        )  # fmt: skip
    client.force_login(owner)

    page = client.get(f"{PAGE}?{query}").content.decode()

    assert {name for name in times if f"line-{name}" in page} == found


def test_pages_keep_the_filter(client: Client, instance: Instance, owner: User) -> None:
    for number in range(51):
        write(instance, owner, "member.removed", member=f"line-{number:02}")
    client.force_login(owner)

    first = client.get(f"{PAGE}?kind=people").content.decode()
    second = client.get(f"{PAGE}?kind=people&page=2").content.decode()

    assert 'href="?kind=people&amp;page=2"' in first
    assert "line-50" in first
    assert ("line-00" in first, "line-00" in second) == (False, True)


def test_page_asks_as_often_for_three_lines_as_for_one(client: Client, instance: Instance, owner: User) -> None:
    client.force_login(owner)
    client.get("/i/aurora/")  # the first request of a session notes it
    counts = []
    for _ in range(3):
        write(instance, owner, "member.removed", member="x@example.com")
        with CaptureQueriesContext(connection) as asked:
            client.get(PAGE)
        counts.append(len(asked))

    assert len(set(counts)) == 1
    assert counts[0] <= 14


def test_export_has_the_filtered_lines_as_csv(client: Client, instance: Instance, owner: User) -> None:
    write(instance, owner, "member.removed", member="=HYPERLINK(1)")
    write(instance, None, "instance.updated", name="Dawn", time_zone="UTC")
    client.force_login(owner)

    answer = client.get(f"{EXPORT}?kind=people")

    day = timezone.localdate().isoformat()
    head, *rows = csv.reader(io.StringIO(answer.content.decode()))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="audit-aurora-{day}.csv"'
    assert head == ["Time", "Person", "Event", "Action", "Details"]
    assert [row[1:4] for row in rows] == [[owner.email, f"{owner} removed =HYPERLINK(1)", "member.removed"]]
    assert json.loads(rows[0][4]) == {"member": "=HYPERLINK(1)"}


def test_export_never_begins_a_cell_like_a_formula(client: Client, instance: Instance, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(name="=cmd|' /C calc'!A0")
    owner.refresh_from_db()
    write(instance, owner, "member.removed", member="x@example.com")
    client.force_login(owner)

    rows = csv.reader(io.StringIO(client.get(EXPORT).content.decode()))

    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_cell_that_looks_like_a_formula_becomes_text(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


def test_plain_cell_stays_as_it_is() -> None:
    assert harmless("Lena removed x@example.com") == "Lena removed x@example.com"
