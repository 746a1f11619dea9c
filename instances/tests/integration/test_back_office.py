"""Django admin: everything opens, nothing secret shows, history cannot be edited; and the health pages."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import AuditLogEntry, User
from instances.jobs.mail import queue_mail
from instances.models import ApiKey, Instance, Invitation, JobLease
from instances.roles import KeyScope, Role
from instances.services import create_api_key, invite_member
from instances.tests.sign_in import sign_in_as_staff

MINE = ["accounts", "instances", "account", "mfa"]


@pytest.fixture
def staff(client: Client, owner: User) -> Client:
    sign_in_as_staff(client, owner)
    return client


@pytest.mark.django_db
def test_every_list_and_every_row_opens_without_secrets(staff: Client, instance: Instance, owner: User) -> None:
    key, plain = create_api_key(instance, actor=owner, name="x", scopes=[KeyScope.POSTS_READ])
    invited = invite_member(instance, actor=owner, email="new@example.com", role=Role.VIEWER)
    queue_mail(to="a@example.com", subject="x", text="text-with-a-link")
    JobLease.objects.create(name="x")
    secrets = [plain, key.key_hash, invited.invitation.token_hash, "text-with-a-link", "pbkdf2", "md5$", owner.password]

    for model in admin.site._registry:
        if model._meta.app_label not in MINE:
            continue
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages = [reverse(f"{base}_changelist")]
        pages += [reverse(f"{base}_change", args=[row.pk]) for row in model._default_manager.all()[:1]]
        for page in pages:
            answer = staff.get(page)
            assert answer.status_code == 200, page
            assert [secret for secret in secrets if secret in answer.content.decode()] == [], page


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["is_active__exact=%00", "tenant__id__exact=%00", "q=%00", "%00=1"])
def test_a_nul_in_the_address_of_a_list_is_refused(staff: Client, query: str) -> None:
    for model in ("accounts_user", "instances_instance"):
        assert staff.get(f"{reverse(f'admin:{model}_changelist')}?{query}").status_code == 400


@pytest.mark.django_db
def test_a_nul_in_the_name_of_a_row_is_refused(staff: Client) -> None:
    assert staff.get("/admin/instances/joblease/%00/change/").status_code == 400
    assert staff.get("/admin/instances/joblease/nobody/change/").status_code == 302


@pytest.mark.django_db
def test_sign_in_by_third_parties_and_roles_of_django_have_no_pages(staff: Client) -> None:
    registered = {model._meta.label for model in admin.site._registry}

    assert not {label for label in registered if label.startswith("socialaccount.")}
    assert "usersessions.UserSession" not in registered
    assert "auth.Group" not in registered


@pytest.mark.django_db
def test_an_instances_time_zone_is_one_that_exists(staff: Client, instance: Instance) -> None:
    page = reverse("admin:instances_instance_change", args=[instance.pk])
    body = {"name": "Aurora", "memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}

    answer = staff.post(page, body | {"time_zone": "Mars/Olympus"})

    assert list(answer.context["adminform"].form.errors) == ["time_zone"]
    assert staff.post(page, body | {"time_zone": "Europe/Vienna"}).status_code == 302
    instance.refresh_from_db()
    assert instance.time_zone == "Europe/Vienna"


@pytest.mark.django_db
def test_the_audit_log_cannot_be_edited(staff: Client, instance: Instance, owner: User) -> None:
    create_api_key(instance, actor=owner, name="x", scopes=[])
    line = AuditLogEntry.objects.get()
    base = f"/admin/accounts/auditlogentry/{line.pk}"

    assert staff.post(f"{base}/change/", {"action": "nothing"}).status_code == 403
    assert staff.post(f"{base}/delete/", {"post": "yes"}).status_code == 403
    assert staff.get("/admin/accounts/auditlogentry/add/").status_code == 403


@pytest.mark.django_db
def test_staff_revoke_keys_and_invitations(staff: Client, instance: Instance, owner: User) -> None:
    key, _plain = create_api_key(instance, actor=owner, name="x", scopes=[])
    invitation = invite_member(instance, actor=owner, email="new@example.com", role=Role.VIEWER).invitation

    for path, row in (("apikey", key), ("invitation", invitation)):
        staff.post(f"/admin/instances/{path}/", {"action": "revoke", "_selected_action": [str(row.pk)]})

    assert ApiKey.objects.get().revoked_at
    assert Invitation.objects.get().revoked_at
    actions = AuditLogEntry.objects.filter(detail__by_staff=True).values_list("action", flat=True)
    assert sorted(actions) == ["api_key.revoked", "invitation.revoked"]


def test_healthz_asks_no_database(client: Client) -> None:
    answer = client.get("/healthz")  # pytest-django would refuse a query here

    assert answer.json() == {"status": "ok"}


@pytest.mark.django_db
def test_readyz_says_what_it_checked(client: Client) -> None:
    answer = client.get("/readyz")

    # On PostgreSQL the role of the tests owns the tables: nobody can take its rights away.
    is_sqlite = connection.vendor == "sqlite"
    assert answer.status_code == (200 if is_sqlite else 503)
    assert answer.json()["checks"] == {
        "database": True, "migrations": True, "database_role": True, "append_only": is_sqlite,
    }  # fmt: skip


@pytest.mark.django_db
def test_readyz_refuses_a_role_that_walls_do_not_hold(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("instances.doctor.database.ROLE_SQL", "SELECT 1")
    monkeypatch.setattr("accounts.append_only.IS_PROTECTED_SQL", "SELECT %s <> ''")
    monkeypatch.setattr(connection, "vendor", "postgresql")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["database_role"] is False
