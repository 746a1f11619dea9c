"""Back office for people, tenants and the audit log. Nothing secret is shown, and history is not edited."""

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import AuditLogEntry, Tenant, TenantMembership, User

# Nobody signs in by a third party; a session's key and a two-factor secret are nobody's business; roles are ours.
for model in (SocialAccount, SocialApp, SocialToken, UserSession, Authenticator, Group):
    admin.site.unregister(model)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Looked at, never written."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows come from the product."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Rows stay as they are."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Rows stay."""
        return False


@admin.register(User)
class UserAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """People come by sign-up, invitation or create_owner; here they are found, shut out or made staff."""

    list_display = ["email", "name", "is_active", "is_staff", "last_login", "date_joined"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    fields = ["email", "name", "is_active", "is_staff", "is_superuser", "last_login", "date_joined"]
    readonly_fields = ["email", "last_login", "date_joined"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A person without a place could do nothing."""
        return False


class TenantMembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    """Who belongs to the tenant."""

    model = TenantMembership
    fields = ["user", "role"]
    autocomplete_fields = ["user"]
    extra = 0


@admin.register(Tenant)
class TenantAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Customers, their policies and their people."""

    list_display = ["name", "require_two_factor", "created_at"]
    search_fields = ["name"]
    readonly_fields = ["created_at"]
    inlines = [TenantMembershipInline]


@admin.register(Authenticator)
class AuthenticatorAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Which second factors people have; taking one away helps somebody who has lost their phone."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    search_fields = ["user__email"]
    fields = ["user", "type", "created_at", "last_used_at"]
    readonly_fields = ["user", "type", "created_at", "last_used_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """People set up their own."""
        return False


@admin.register(AuditLogEntry)
class AuditLogEntryAdmin(ReadOnlyAdmin):
    """Who did what."""

    list_display = ["at", "actor_label", "action", "tenant", "target_type"]
    list_select_related = ["tenant"]
    list_filter = ["action"]
    search_fields = ["actor_label", "action", "target_id"]
    date_hierarchy = None


admin.site.index_title = _("What this deployment holds")
