"""People and customers."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from core.append_only import AppendOnlyTable, protect, register


class AccountsConfig(AppConfig):
    """Users, tenants, who belongs to which tenant, and the audit log."""

    default = True
    name = "accounts"
    verbose_name = _("People and tenants")

    def ready(self) -> None:
        """Lines of the audit log stay as they are; receivers write what happens to sign-ins."""
        register(AppendOnlyTable("accounts_auditlogentry"))
        post_migrate.connect(protect, sender=self, dispatch_uid="append-only")
        from accounts import receivers  # noqa: F401 - connects them


class AdminConfig(admin_apps.AdminConfig):
    """Django admin with the product's own sign-in."""

    default = False
    default_site = "accounts.admin_site.ClipdeskAdminSite"
