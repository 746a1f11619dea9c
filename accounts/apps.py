"""People and customers."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Users, tenants, who belongs to which tenant, and the audit log."""

    name = "accounts"
    verbose_name = _("People and tenants")
