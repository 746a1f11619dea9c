"""Back office for instances, invitations, keys and background work. No token, hash or mail text is shown."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin import ReadOnlyAdmin
from accounts.audit import record
from accounts.models import User
from instances.forms import GeneralForm
from instances.models import ApiKey, Instance, Invitation, JobLease, Membership, OutgoingMail


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    """Who works in the instance; tenant owners and admins need no line."""

    model = Membership
    fields = ["user", "role"]
    autocomplete_fields = ["user"]
    extra = 0


@admin.register(Instance)
class InstanceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Instances are made in the product; here they are found and renamed."""

    form = GeneralForm
    list_display = ["name", "slug", "tenant", "time_zone", "created_at"]
    list_select_related = ["tenant"]
    search_fields = ["name", "slug", "tenant__name"]
    fields = ["name", "slug", "tenant", "time_zone", "created_at"]
    readonly_fields = ["slug", "tenant", "created_at"]
    inlines = [MembershipInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Sign-up, its tenant's admins and create_instance make them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """All its posts and media would go with it."""
        return False


class RevocableAdmin(ReadOnlyAdmin):
    """Rows that can be revoked and nothing else."""

    actions = ["revoke"]
    noun = ""

    @admin.action(description=_("Revoke"))
    def revoke(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        """End what is chosen, each with its audit line."""
        count = 0
        for row in rows.filter(revoked_at=None):
            with transaction.atomic():
                count += rows.model._default_manager.filter(pk=row.pk, revoked_at=None).update(
                    revoked_at=timezone.now()
                )
                self.write_down(request, row)
        messages.success(request, _("%(count)s revoked.") % {"count": count})

    def write_down(self, request: HttpRequest, row: Any) -> None:
        """The audit line."""
        actor = request.user if isinstance(request.user, User) else None
        record(f"{self.noun}.revoked", tenant=self.tenant_of(row), actor=actor, target=row, by_staff=True)

    def tenant_of(self, row: Any) -> Any:
        """Whose log the line belongs to."""
        return row.tenant


@admin.register(Invitation)
class InvitationAdmin(RevocableAdmin):
    """Who was invited; the link itself is known to nobody."""

    noun = "invitation"
    list_display = ["email", "tenant", "tenant_role", "invited_by", "expires_at", "accepted_at", "revoked_at"]
    list_select_related = ["tenant", "invited_by"]
    search_fields = ["email", "tenant__name"]
    exclude = ["token_hash"]


@admin.register(ApiKey)
class ApiKeyAdmin(RevocableAdmin):
    """Which programs have keys."""

    noun = "api_key"
    list_display = ["name", "prefix", "instance", "user", "created_at", "last_used_at", "revoked_at"]
    list_select_related = ["instance", "user"]
    search_fields = ["name", "prefix", "user__email", "instance__slug"]
    exclude = ["key_hash"]

    def tenant_of(self, row: ApiKey) -> Any:
        """The instance's tenant."""
        return row.instance.tenant


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin):
    """What was sent, waits or was given up; the text may hold a link that opens something."""

    list_display = ["subject", "to", "created_at", "attempts", "sent_at", "next_attempt_at", "last_error"]
    search_fields = ["to", "subject"]
    exclude = ["text", "html"]
    ordering = ["-created_at"]


@admin.register(JobLease)
class JobLeaseAdmin(ReadOnlyAdmin):
    """Who runs which periodic job."""

    list_display = ["name", "owner", "last_run_at", "due_at", "lease_until"]
