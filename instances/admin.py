"""Back office for instances, invitations, keys and background work. No token, hash or email text is shown."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin import ReadOnlyAdmin, actor_of
from accounts.audit import record
from accounts.models import Tenant, TenantMembership
from core.models import JobLease, OutgoingMail
from instances.admin_forms import FixedPeople, PeopleOfTenant
from instances.forms import GeneralForm
from instances.models import ApiKey, Instance, Invitation, Membership
from instances.services import staff
from instances.tenant_admin import AddsCustomers

PLACE_ACTS: Final[dict[type[Model], tuple[Callable[..., None], Callable[..., None]]]] = {
    Membership: (staff.set_instance_role, staff.remove_from_instance),
    TenantMembership: (staff.set_tenant_role, staff.remove_from_tenant),
}


class PlacesInline(admin.TabularInline):  # type: ignore[type-arg]
    """Places of people; whose place it is cannot be changed, only the role."""

    fields = ["user", "role"]
    autocomplete_fields = ["user"]
    extra = 0


class MembershipInline(PlacesInline):
    """Members of the instance; tenant owners and admins need no line."""

    model = Membership
    formset = FixedPeople


class TenantMembershipInline(PlacesInline):
    """Members of the tenant."""

    model = TenantMembership
    formset = PeopleOfTenant


class PlacesAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Changes people's places by the services, which write audit lines and end keys and invitations."""

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Add, change and remove places, each with its audit line."""
        formset.save(commit=False)
        actor = actor_of(request)
        save, remove = PLACE_ACTS[formset.model]
        for place in formset.deleted_objects:
            remove(place, actor=actor)
        for place in [*formset.new_objects, *(place for place, _fields in formset.changed_objects)]:
            save(place, actor=actor)


@admin.register(Tenant)
class TenantAdmin(AddsCustomers, PlacesAdmin):
    """Customers, their policies and their people."""

    list_display = ["name", "require_two_factor", "created_at"]
    search_fields = ["name"]
    readonly_fields = ["created_at"]
    inlines = [TenantMembershipInline]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Its audit log would go with it."""
        return False

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        """With its audit line."""
        if change:
            staff.update_tenant(obj, actor=actor_of(request), changed=form.changed_data)
        else:
            super().save_model(request, obj, form, change)


@admin.register(Instance)
class InstanceAdmin(PlacesAdmin):
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

    def save_model(self, request: HttpRequest, obj: Instance, form: Any, change: bool) -> None:
        """With its audit line."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            if form.changed_data:
                record(
                    "instance.updated", tenant=obj.tenant, actor=actor_of(request), instance_id=obj.pk, target=obj,
                    name=obj.name, time_zone=obj.time_zone, by_staff=True,
                )  # fmt: skip


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
        """Record the revocation."""
        record(
            f"{self.noun}.revoked", tenant=self.tenant_of(row), actor=actor_of(request), target=row,
            instance_id=getattr(row, "instance_id", None), by_staff=True, name=str(row),
        )  # fmt: skip

    def tenant_of(self, row: Any) -> Any:
        """Return the tenant whose log gets the line."""
        return row.tenant


@admin.register(Invitation)
class InvitationAdmin(RevocableAdmin):
    """Invitations; the link itself is not stored."""

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
    exclude = ["key_hash", "minute_at", "minute_count"]

    def tenant_of(self, row: ApiKey) -> Any:
        """Return the instance's tenant."""
        return row.instance.tenant


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin):
    """Emails that were sent, wait or were given up; their text is hidden because its link may grant access."""

    list_display = ["subject", "to", "created_at", "attempts", "sent_at", "next_attempt_at", "last_error"]
    search_fields = ["to", "subject"]
    exclude = ["text", "html"]
    ordering = ["-created_at"]


@admin.register(JobLease)
class JobLeaseAdmin(ReadOnlyAdmin):
    """Leases of the workers on periodic jobs."""

    list_display = ["name", "owner", "last_run_at", "due_at", "lease_until"]
