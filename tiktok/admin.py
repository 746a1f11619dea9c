"""Back office: TikTok apps can be edited; everything else is read-only, without tokens."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db import models, transaction
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin import ReadOnlyAdmin, actor_of
from accounts.audit import record
from accounts.models import Tenant
from core.jobs.nudge import nudge
from tiktok.access import quota
from tiktok.developer_apps.forms import EnvironmentAppForm, TikTokAppForm
from tiktok.developer_apps.prefix import views as prefix_views
from tiktok.developer_apps.services import forget_old_secret, has_old_secret, is_new_secret_known
from tiktok.developer_apps.views import setup, setup_new
from tiktok.models import Media, Post, TikTokAccount, TikTokApp, TikTokCredential, WebhookDelivery, WebhookRefusal
from tiktok.models.fields import EncryptedTextField
from tiktok.webhooks.replay import replay_deliveries
from tiktok.webhooks.results import error_of, result_of


@admin.register(TikTokApp)
class TikTokAppAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Developer apps. The environment's is read-only: it is written again at every start."""

    form = TikTokAppForm
    list_display = (
        "name", "client_key", "environment", "app_type", "tenant", "secret_set_at", "is_from_environment",
        "is_audited", "posting_accounts", "users_held_until",
    )  # fmt: skip
    list_select_related = ("tenant",)
    readonly_fields = ("callback_to_copy", "old_secret_state")
    actions = ("forget_old_secrets",)
    fields = (
        "name", "client_key", "new_secret", "old_secret_state", "environment", "app_type", "pkce", "redirect_uri",
        "callback_to_copy", "scopes", "tenant", "is_audited",
    )  # fmt: skip
    shown_fields = (
        "name", "client_key", "secret_state", "old_secret_state", "environment", "app_type", "pkce", "callback_to_copy",
        "scope_list", "tenant",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[TikTokApp]:
        """Count posting accounts; the back office sees all instances."""
        rows: models.QuerySet[TikTokApp] = super().get_queryset(request)
        return rows.annotate(users=quota.users_of_app())

    @admin.display(description=_("Accounts that posted in 24 hours"), ordering="users")
    def posting_accounts(self, app: TikTokApp) -> str:
        """Show the count; TikTok allows five while the app is not audited."""
        users: int = app.users  # type: ignore[attr-defined]
        most = quota.most_users(app)
        if most is None:
            return str(users)
        text = _("%(users)d of %(most)d, other accounts wait") if users >= most else _("%(users)d of %(most)d")
        return str(text % {"users": users, "most": most})

    @admin.display(description=_("Redirect URI to register at TikTok"))
    def callback_to_copy(self, app: TikTokApp) -> SafeString:
        """Show the address to copy into TikTok's developer portal."""
        return format_html("<code>{}</code>", app.redirect_uri or settings.TIKTOK_REDIRECT_URI)

    @admin.display(description=_("Scopes"))
    def scope_list(self, app: TikTokApp) -> SafeString:
        """Return TikTok's names, one per line."""
        return format_html("<ul>{}</ul>", format_html_join("", "<li><code>{}</code></li>", ((s,) for s in app.scopes)))

    @admin.display(description=_("Client secret"))
    def secret_state(self, app: TikTokApp) -> str:
        """Show whether a secret is set, and since when."""
        when = f"{app.secret_set_at:%Y-%m-%d %H:%M} UTC" if app.secret_set_at else "–"
        return str(_("from the environment, set %(when)s") % {"when": when})

    @admin.display(description=_("Previous client secret"))
    def old_secret_state(self, app: TikTokApp) -> str:
        """Show whether there is a previous secret; never the secret."""
        if not has_old_secret(app):
            return str(_("none"))
        return str(_("kept for three days after the change, and until TikTok accepts the new one"))

    @admin.action(description=_("Delete the previous client secret"), permissions=["change"])
    def forget_old_secrets(self, request: HttpRequest, rows: models.QuerySet[TikTokApp]) -> None:
        """Delete previous secrets now, for example after a leak; TikTok must know the new one."""
        known = [app for app in rows if is_new_secret_known(app)]
        forgotten = [app for app in known if forget_old_secret(app)]
        for app in forgotten:
            self.log_change(request, app, "Forgot the client secret before the change.")
            self._record(request, "tiktok_app.old_secret_removed", app, {app.tenant})
        messages.success(request, _("%(count)d deleted.") % {"count": len(forgotten)})
        if kept := [app.name for app in rows if app not in known]:
            text = _("Kept because TikTok has not confirmed the new secret: %(names)s.")
            messages.warning(request, text % {"names": ", ".join(kept)})

    def save_model(self, request: HttpRequest, obj: TikTokApp, form: Any, change: bool) -> None:
        """Save with an audit line of its tenant, and of the tenant that it belonged to."""
        before = TikTokApp.objects.filter(pk=obj.pk).select_related("tenant").first()
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            action = "tiktok_app.updated" if change else "tiktok_app.created"
            tenants = {obj.tenant, before.tenant if before else None}
            self._record(request, action, obj, tenants, fields=sorted(form.changed_data))

    def delete_model(self, request: HttpRequest, obj: TikTokApp) -> None:
        with transaction.atomic():
            self._record(request, "tiktok_app.deleted", obj, {obj.tenant})
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[TikTokApp]) -> None:
        """Delete one by one, each with its audit line."""
        for app in queryset.select_related("tenant"):
            self.delete_model(request, app)

    def _record(
        self,
        request: HttpRequest,
        action: str,
        app: TikTokApp,
        tenants: set[Tenant | None],
        fields: list[str] | None = None,
    ) -> None:
        with transaction.atomic():
            for tenant in filter(None, tenants):
                record(
                    action,
                    tenant=tenant,
                    actor=actor_of(request),
                    target=app,
                    name=app.name,
                    by_staff=True,
                    fields=fields or [],
                )

    def get_urls(self) -> list[URLPattern]:
        """Add the set-up guide, before an app is entered and of each app, and each app's URL prefix."""
        view = self.admin_site.admin_view
        guide = [
            path("setup/", view(setup_new), name="tiktok_tiktokapp_setup_new"),
            path("<uuid:app_id>/setup/", view(setup), name="tiktok_tiktokapp_setup"),
        ]
        own = "<uuid:app_id>/prefix/"
        prefix = [
            path(own, view(prefix_views.prefix), name="tiktok_tiktokapp_prefix"),
            path(f"{own}file/", view(prefix_views.prefix_file), name="tiktok_tiktokapp_prefix_file"),
            path(f"{own}check/", view(prefix_views.prefix_check), name="tiktok_tiktokapp_prefix_check"),
            path(f"{own}transfer/", view(prefix_views.prefix_transfer), name="tiktok_tiktokapp_prefix_transfer"),
        ]
        return guide + prefix + super().get_urls()

    def response_add(self, request: HttpRequest, obj: TikTokApp, post_url_continue: str | None = None) -> HttpResponse:
        """Continue with the guide, which checks the new app."""
        response = super().response_add(request, obj, post_url_continue)
        if {"_addanother", "_continue", "_popup"} & request.POST.keys():
            return response
        return redirect("admin:tiktok_tiktokapp_setup", obj.pk)

    def get_form(
        self, request: HttpRequest, obj: TikTokApp | None = None, change: bool = False, **kwargs: Any
    ) -> "type[ModelForm[TikTokApp]]":
        """Limit the environment's app to values that TikTok's answers show."""
        if obj and obj.is_from_environment:
            kwargs["form"] = EnvironmentAppForm
        form: type[ModelForm[TikTokApp]] = super().get_form(request, obj, change, **kwargs)
        return form

    def get_fields(self, request: HttpRequest, obj: TikTokApp | None = None) -> Any:
        """Leave out inputs for the environment's app, except one."""
        return (*self.shown_fields, "is_audited") if obj and obj.is_from_environment else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: TikTokApp | None = None) -> Any:
        """Make the environment's values read-only."""
        return self.shown_fields if obj and obj.is_from_environment else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: TikTokApp | None = None) -> bool:
        """Refuse for the environment's app; the database keeps apps that accounts are linked through."""
        return super().has_delete_permission(request, obj) and not (obj and obj.is_from_environment)


class RowAdmin(ReadOnlyAdmin):
    """Read-only rows without encrypted columns."""

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        """Return every column except encrypted ones."""
        return [field.name for field in self.model._meta.concrete_fields if not isinstance(field, EncryptedTextField)]

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        return self.get_fields(request, obj)


@admin.register(TikTokCredential)
class TikTokCredentialAdmin(RowAdmin):
    """Stored authorizations and their end; never the tokens."""

    list_display = ("id", "app", "open_id", "version", "access_expires_at", "refresh_expires_at", "withdrawn_at")
    list_select_related = ("app",)


@admin.register(TikTokAccount)
class TikTokAccountAdmin(RowAdmin):
    """Linked accounts of all instances."""

    list_display = ("name", "username", "instance", "status", "synced_at", "linked_at")
    list_select_related = ("instance",)
    list_filter = ("status",)
    search_fields = ("name", "username")


@admin.register(Media)
class MediaAdmin(RowAdmin):
    """Uploaded files of all instances."""

    list_display = ("id", "instance", "kind", "size_bytes")
    list_select_related = ("instance",)


@admin.register(Post)
class PostAdmin(RowAdmin):
    """Posts of all instances with their state."""

    list_display = ("id", "instance", "account", "state", "attention_reason", "publish_at", "created_at")
    list_select_related = ("instance", "account")
    list_filter = ("state",)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(RowAdmin):
    """Deliveries from TikTok, and their outcome; never their body."""

    list_display = ("received_at", "event", "app", "account", "shown_post", "state", "result", "error")
    list_select_related = ("app__tenant", "post__account", "post__instance__tenant")
    list_filter = ("state", "event", "app")
    search_fields = ("user_openid", "publish_id", "post__id")
    actions = ("replay",)
    computed = ("account", "shown_post", "result", "error")
    hidden = frozenset({"body", "post", "outcome"})

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        """Return the columns, and what they mean."""
        return [name for name in super().get_fields(request, obj) if name not in self.hidden] + list(self.computed)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Return whether this member of staff may have deliveries applied again."""
        user = actor_of(request)
        return user.has_perm("tiktok.change_webhookdelivery")

    @admin.display(description=_("Account"))
    def account(self, row: WebhookDelivery) -> str:
        """Return the name of the post's account."""
        return row.post.account.name if row.post else "–"

    @admin.display(description=_("Post"))
    def shown_post(self, row: WebhookDelivery) -> str:
        """Link the post."""
        if row.post is None:
            return "–"
        url = reverse("admin:tiktok_post_change", args=[row.post.pk])
        return format_html('<a href="{}">{}</a>', url, str(row.post.pk)[:8])

    @admin.display(description=_("Result"))
    def result(self, row: WebhookDelivery) -> str:
        """Return what it led to."""
        return result_of(row) or "–"

    @admin.display(description=_("Error"))
    def error(self, row: WebhookDelivery) -> str:
        """Return why it was not applied."""
        return error_of(row) or "–"

    @admin.action(description=_("Apply again"), permissions=["replay"])
    def replay(self, request: HttpRequest, rows: models.QuerySet[WebhookDelivery]) -> None:
        """Have a worker apply the deliveries again, for example after a fault was fixed; harmless when repeated."""
        chosen = rows.select_related("app__tenant", "post__instance__tenant")
        for row in chosen:
            self.log_change(request, row, "Applied again.")
        replayed = replay_deliveries(chosen, actor=actor_of(request))
        for delivery_id in replayed:
            nudge("apply_delivery", delivery_id)
        text = ngettext(
            "%(count)d webhook will be applied again.", "%(count)d webhooks will be applied again.", len(replayed)
        )
        messages.success(request, text % {"count": len(replayed)})


@admin.register(WebhookRefusal)
class WebhookRefusalAdmin(RowAdmin):
    """Refused requests: the last time for each app and reason."""

    list_display = ("app", "reason", "at")
    list_select_related = ("app",)
