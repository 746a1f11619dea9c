"""Back office for people and the audit log. Nothing secret is shown, and history is not edited."""

from typing import Any, Final, cast

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin_forms import PersonForm
from accounts.audit import record_about_person
from accounts.models import AuditLogEntry, User
from accounts.session_ends import end_sessions_of

# People do not sign in with a third party; session keys and two-factor secrets stay hidden; roles are the product's
# own; an address changes only with its owner's confirmation.
HIDDEN: Final = (SocialAccount, SocialApp, SocialToken, UserSession, Authenticator, Group, EmailAddress)
for model in HIDDEN:
    admin.site.unregister(model)
# Fields of a person that staff change, and the audit action for true and for false.
PERSON_ACTIONS: Final = {
    "is_active": ("person.enabled", "person.disabled"),
    "is_staff": ("person.staff_granted", "person.staff_revoked"),
    "is_superuser": ("person.superuser_granted", "person.superuser_revoked"),
}


def actor_of(request: HttpRequest) -> User:
    """Return the member of staff who acts."""
    return cast(User, request.user)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Read-only rows."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: the product creates rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: rows are not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: rows are not deleted."""
        return False


@admin.register(User)
class UserAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """People come by sign-up, invitation or create_owner; here they are found, shut out or made staff."""

    form = PersonForm
    list_display = ["email", "name", "is_active", "is_staff", "last_login", "date_joined"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    fields = ["email", "name", "is_active", "is_staff", "is_superuser", "last_login", "date_joined"]
    readonly_fields = ["email", "last_login", "date_joined"]
    actions = ["end_sessions"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: a person needs a membership, which the product creates."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """People are shut out by "active"; a tenant could lose its last owner, and the audit log its people."""
        return False

    @admin.action(description=_("End all sessions"), permissions=["change"])
    def end_sessions(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """End all sessions of these people."""
        ended = sum(end_sessions_of(person, request=request, actor=actor_of(request)) for person in people)
        text = ngettext("%(count)d session ended.", "%(count)d sessions ended.", ended) % {"count": ended}
        self.message_user(request, text, messages.SUCCESS)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save, with a line in the audit log of each tenant of the person."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            for field in form.changed_data:
                yes, no = PERSON_ACTIONS.get(field, ("person.updated", "person.updated"))
                action = yes if getattr(obj, field) else no
                record_about_person(action, person=obj, actor=actor_of(request), by_staff=True)


@admin.register(Authenticator)
class AuthenticatorAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The second factors of people; staff remove one for a person who lost their phone."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    search_fields = ["user__email"]
    fields = ["user", "type", "created_at", "last_used_at"]
    readonly_fields = ["user", "type", "created_at", "last_used_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: people set up their own second factor."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: nothing can be edited."""
        return False

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        """Remove it, with a line in the audit log of each tenant of the person, and an email to the person."""
        with transaction.atomic():
            super().delete_model(request, obj)
            record_about_person("person.two_factor_removed", person=obj.user, actor=actor_of(request), by_staff=True)
            get_adapter(request).send_notification_mail("mfa/email/totp_deactivated", obj.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Authenticator]) -> None:
        """Remove them one by one, each as ``delete_model`` does."""
        for authenticator in queryset.select_related("user"):
            self.delete_model(request, authenticator)


@admin.register(AuditLogEntry)
class AuditLogEntryAdmin(ReadOnlyAdmin):
    """The audit log."""

    list_display = ["at", "actor_label", "action", "tenant", "target_type"]
    list_select_related = ["tenant"]
    list_filter = ["action"]
    search_fields = ["actor_label", "action", "target_id"]
    date_hierarchy = None


admin.site.index_title = _("Administration")
