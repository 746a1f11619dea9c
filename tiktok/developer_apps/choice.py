"""The TikTok apps that an instance may link through, the default one, and their labels."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from instances.models import Instance
from tiktok.models import TikTokApp

KEY_END: Final = 4  # characters of a client key that tell two apps apart, as a rule


def apps_for(instance: Instance) -> QuerySet[TikTokApp]:
    """Return the apps that this instance may link through: the environment's, its tenant's, then the deployment's."""
    usable = Q(tenant=None) | Q(tenant_id=instance.tenant_id)
    usable_apps = TikTokApp.objects.filter(usable, client_secret__isnull=False)
    return usable_apps.order_by("-is_from_environment", F("tenant").asc(nulls_last=True), "name", "-created_at")


def default_app(apps: Sequence[TikTokApp]) -> TikTokApp | None:
    """Return the app to use if none was chosen: the environment's, else the only one."""
    is_clear = len(apps) == 1 or (apps and apps[0].is_from_environment)
    return apps[0] if is_clear else None


def successor_of(app: TikTokApp, apps: Collection[TikTokApp]) -> TikTokApp | None:
    """Return the environment's app if it may have replaced this one, another app of the deployment.

    A sandbox never replaces production.
    """
    present = next((each for each in apps if each.is_from_environment), None)
    if present is None or app.pk == present.pk or app.tenant_id is not None:
        return None
    return None if present.is_sandbox and not app.is_sandbox else present


def label_apps(apps: Collection[TikTokApp]) -> dict[UUID, str]:
    """Return a label for each; two equal names show the end of their client key, or all of it if that is equal."""
    short = {app.pk: _with_key(app, f"…{app.client_key[-KEY_END:]}") for app in apps}
    names, shorts = Counter(str(app) for app in apps), Counter(short.values())
    return {
        app.pk: str(app) if names[str(app)] == 1
        else short[app.pk] if shorts[short[app.pk]] == 1
        else _with_key(app, app.client_key)
        for app in apps
    }  # fmt: skip


def _with_key(app: TikTokApp, key: str) -> str:
    return _("%(app)s, client key %(key)s") % {"app": app, "key": key}
