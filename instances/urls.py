"""Pages of instances."""

from django.urls import include, path

from core.web import health, speculation
from instances.views import audit, front, invitation, notices, palette, settings

app_name = "instances"

settings_urls = [
    path("general/", settings.settings_general, name="settings-general"),
    path("two-factor/", settings.settings_two_factor, name="settings-two-factor"),
    path("members/", settings.settings_members, name="settings-members"),
    path("members/<uuid:user_id>/role/", settings.member_role, name="member-role"),
    path("members/<uuid:user_id>/remove/", settings.member_remove, name="member-remove"),
    path("invitations/<uuid:invitation_id>/revoke/", settings.invitation_revoke, name="invitation-revoke"),
    path("invitations/<uuid:invitation_id>/renew/", settings.invitation_renew, name="invitation-renew"),
    path("notifications/", notices.settings_notifications, name="settings-notifications"),
    path("advanced/", settings.settings_advanced, name="settings-advanced"),
    path("audit/", audit.settings_audit, name="settings-audit"),
    path("audit/export/", audit.audit_export, name="audit-export"),
    path("keys/<uuid:key_id>/revoke/", settings.api_key_revoke, name="api-key-revoke"),
]
notice_urls = [
    path("", notices.notice_list, name="notice-list"),
    path("bell/", notices.notice_bell, name="notice-bell"),
    path("read/", notices.notice_read_all, name="notice-read-all"),
    path("<uuid:notice_id>/", notices.notice_open, name="notice-open"),
    path("<uuid:notice_id>/read/", notices.notice_read, name="notice-read"),
]
urlpatterns = [
    path("", front.landing, name="landing"),
    path("privacy/", front.privacy, name="privacy"),
    path("terms/", front.terms, name="terms"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("speculation-rules.json", speculation.speculation_rules, name="speculation-rules"),
    path("instances/", front.instance_list, name="instance-list"),
    path("instances/find/", palette.palette_instances, name="palette-instances"),
    path("i/<slug:slug>/find/", palette.palette, name="palette"),
    path("instances/rows/", front.instance_rows, name="instance-rows"),
    path("instances/new/", front.instance_new, name="instance-new"),
    path("invite/<str:token>/", invitation.invitation, name="invitation"),
    path("i/<slug:slug>/switch/", front.instance_switch, name="instance-switch"),
    path("i/<slug:slug>/settings/", include(settings_urls)),
    path("i/<slug:slug>/notifications/", include(notice_urls)),
]
