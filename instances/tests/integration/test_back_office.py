"""Django admin: everything opens, nothing secret shows, history cannot be edited; and the health pages."""

import pytest
from django.conf import LazySettings
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import AuditLogEntry, Tenant, User
from core.jobs.mail import queue_mail
from core.models import JobLease, OutgoingMail
from instances.models import ApiKey, Instance, Invitation
from instances.roles import KeyScope, Role
from instances.services import create_api_key, invite_member
from instances.tests.factories import PASSWORD
from instances.tests.integration.test_invitations import path_of
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
def test_nul_in_the_address_of_a_list_is_refused(staff: Client, query: str) -> None:
    for model in ("accounts_user", "instances_instance"):
        assert staff.get(f"{reverse(f'admin:{model}_changelist')}?{query}").status_code == 400


@pytest.mark.django_db
def test_nul_in_the_name_of_a_row_is_refused(staff: Client) -> None:
    assert staff.get("/admin/core/joblease/%00/change/").status_code == 400
    assert staff.get("/admin/core/joblease/nobody/change/").status_code == 302


@pytest.mark.django_db
def test_sign_in_by_third_parties_and_roles_of_django_have_no_pages(staff: Client) -> None:
    registered = {model._meta.label for model in admin.site._registry}

    assert not {label for label in registered if label.startswith("socialaccount.")}
    assert "usersessions.UserSession" not in registered
    assert "auth.Group" not in registered


@pytest.mark.django_db
def test_instances_time_zone_is_one_that_exists(staff: Client, instance: Instance) -> None:
    page = reverse("admin:instances_instance_change", args=[instance.pk])
    body = {"name": "Aurora", "memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}

    for unknown in ("Mars/Olympus", "localtime", "Factory"):
        answer = staff.post(page, body | {"time_zone": unknown})
        assert list(answer.context["adminform"].form.errors) == ["time_zone"]

    assert staff.post(page, body | {"time_zone": "Europe/Vienna"}).status_code == 302
    instance.refresh_from_db()
    assert instance.time_zone == "Europe/Vienna"


@pytest.mark.django_db
def test_audit_log_cannot_be_edited(staff: Client, instance: Instance, owner: User) -> None:
    create_api_key(instance, actor=owner, name="x", scopes=[])
    line = AuditLogEntry.objects.get(action="api_key.created")
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


NEW = {"name": "Borealis Ltd", "slug": "borealis", "email": "Second@Example.com"}


def test_staff_add_a_tenant_its_instance_and_its_owner(staff: Client, owner: User) -> None:
    answer = staff.post("/admin/accounts/tenant/add/", NEW)

    invitation = Invitation.objects.select_related("tenant").get()
    assert (invitation.email, invitation.tenant_role, invitation.gives_staff) == ("second@example.com", "owner", False)
    assert Instance.objects.get(slug="borealis").tenant == invitation.tenant
    assert Tenant.objects.filter(name="Borealis Ltd").count() == 1
    link = answer.context["invited"].link
    assert link in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    lines = AuditLogEntry.objects.filter(tenant=invitation.tenant, actor=owner)
    assert set(lines.values_list("action", flat=True)) == {"tenant.created", "instance.created", "invitation.created"}
    newcomer = Client()
    newcomer.get(path_of(link))
    newcomer.post("/auth/signup/", {"email": "second@example.com", "password1": PASSWORD})
    assert newcomer.get("/i/borealis/settings/members/").status_code == 200
    assert not User.objects.get(email="second@example.com").is_staff


def test_with_mail_the_new_owner_gets_the_link_by_mail(staff: Client, settings: LazySettings) -> None:
    settings.EMAIL_URL = "smtp://localhost"

    answer = staff.post("/admin/accounts/tenant/add/", NEW)

    mail = OutgoingMail.objects.get()
    link = answer.context["invited"].link
    assert (mail.to, link in mail.text, link in answer.content.decode()) == ("second@example.com", True, False)


@pytest.mark.parametrize(("field", "value"), [("slug", "aurora"), ("slug", "Not A Slug"), ("email", "x"), ("name", "")])
def test_wrong_input_for_a_tenant_makes_nothing(staff: Client, instance: Instance, field: str, value: str) -> None:
    answer = staff.post("/admin/accounts/tenant/add/", NEW | {field: value})

    assert list(answer.context["adminform"].form.errors) == [field]
    assert (Tenant.objects.count(), Invitation.objects.count()) == (1, 0)


def test_healthz_asks_no_database(client: Client) -> None:
    answer = client.get("/healthz")  # pytest-django would refuse a query here

    assert answer.json() == {"status": "ok"}


@pytest.mark.django_db
def test_readyz_says_what_it_checked(client: Client) -> None:
    answer = client.get("/readyz")

    # On PostgreSQL the role of the tests owns the tables: nobody can take its rights away.
    is_sqlite = connection.vendor == "sqlite"
    assert answer.status_code == 200
    assert answer.json()["checks"] == {
        "database": True, "migrations": True, "database_role": True, "append_only": is_sqlite,
    }  # fmt: skip


@pytest.mark.django_db
def test_readyz_refuses_a_role_that_walls_do_not_hold(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.doctor.database.ROLE_SQL", "SELECT 1")
    monkeypatch.setattr("core.append_only.IS_PROTECTED_SQL", "SELECT %s <> ''")
    monkeypatch.setattr(connection, "vendor", "postgresql")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["database_role"] is False


@pytest.mark.django_db
def test_staff_end_all_sessions_of_a_person(staff: Client, editor: User) -> None:
    phone = Client()
    phone.post("/auth/login/", {"login": editor.email, "password": PASSWORD})
    assert phone.get("/instances/").status_code == 200

    form = {"action": "end_sessions", "_selected_action": [str(editor.pk)]}
    staff.post(reverse("admin:accounts_user_changelist"), form)

    assert phone.get("/instances/").status_code == 302
    line = AuditLogEntry.objects.get(action="session.ended_by_staff")
    assert (line.target_id, line.detail["sessions"]) == (str(editor.pk), "1")
    assert line.actor != editor
