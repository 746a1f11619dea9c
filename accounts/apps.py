"""People and customers."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Users, tenants, who belongs to which tenant, and the audit log."""

    default = True
    name = "accounts"
    verbose_name = _("People and tenants")


class AdminConfig(admin_apps.AdminConfig):
    """Django admin with the product's own sign-in."""

    default = False
    default_site = "accounts.admin_site.ClipdeskAdminSite"
