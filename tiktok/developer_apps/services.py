"""Our developer apps at TikTok: the environment's app, and changing a secret without downtime."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import transaction
from django.utils import timezone

from tiktok.access.gateway import check_secret
from tiktok.api.errors import TikTokError
from tiktok.developer_apps.rules import check_key, check_redirect_uri, type_for
from tiktok.models import AppEnvironment, TikTokApp
from tiktok.models.fields import Undecryptable, seal

# TikTok repeats a webhook for 72 hours, perhaps with the signature that it had.
OLD_SECRET_KEPT: Final = timedelta(hours=72)


def set_client_secret(app: TikTokApp, secret: str) -> None:
    """Set a new secret, unsaved; the previous one stays usable until TikTok knows the new one.

    If that one cannot be read, the secret before it is dropped, too.
    """
    try:
        old = app.client_secret
    except Undecryptable:
        old = app.old_client_secret = None
    if old is not None and old.reveal() != secret:
        app.old_client_secret = seal(TikTokApp, app.pk, "old_client_secret", old)
    app.client_secret = seal(TikTokApp, app.pk, "client_secret", secret)
    app.secret_set_at = timezone.now()


def has_old_secret(app: TikTokApp) -> bool:
    """Return whether the previous secret is still kept, readable or not."""
    return TikTokApp._meta.get_field("old_client_secret").value_from_object(app) is not None


def forget_old_secret(app: TikTokApp) -> bool:
    """Drop the previous secret, unless the secret was changed again since; return whether there was one."""
    same = TikTokApp.objects.filter(pk=app.pk, secret_set_at=app.secret_set_at, old_client_secret__isnull=False)
    return bool(same.update(old_client_secret=None))


def drop_confirmed_secrets() -> int:
    """Drop old secrets three days after the change, once TikTok knows the new one; return how many.

    TikTok is asked here and not while tokens are refreshed: between its answer and our commit nothing is written.
    """
    changed = TikTokApp.objects.filter(old_client_secret__isnull=False)
    due = changed.filter(secret_set_at__lte=timezone.now() - OLD_SECRET_KEPT)
    return sum(forget_old_secret(app) for app in due if is_new_secret_known(app))


def is_new_secret_known(app: TikTokApp) -> bool:
    """Return whether TikTok accepts the present secret; False also if it cannot be asked."""
    try:
        secret = app.client_secret
        if secret is None:
            return False
        check_secret(app, secret)
    except (TikTokError, Undecryptable):
        return False
    return True


def upsert_environment_app() -> TikTokApp | None:
    """Store the app of TIKTOK_CLIENT_KEY and its companions as a row; None if unset. May run often.

    An app that is no longer the environment's stays for the accounts linked through it and becomes editable. Raises
    ImproperlyConfigured naming the variable.
    """
    key = settings.TIKTOK_CLIENT_KEY
    with transaction.atomic():
        TikTokApp.objects.filter(is_from_environment=True).exclude(client_key=key).update(is_from_environment=False)
        if not key and not settings.TIKTOK_CLIENT_SECRET:
            return None
        _check_environment()
        app = TikTokApp.objects.filter(client_key=key).first() or TikTokApp(client_key=key, name="TikTok")
        fill_from_environment(app)
        app.save()
    return app


def fill_from_environment(app: TikTokApp) -> None:
    """Set the row's values from the environment, unsaved."""
    app.app_type, app.pkce = type_for(settings.TIKTOK_REDIRECT_URI)
    app.redirect_uri, app.scopes = settings.TIKTOK_REDIRECT_URI, list(settings.TIKTOK_SCOPES)
    app.environment = AppEnvironment.SANDBOX if settings.TIKTOK_SANDBOX_MODE else AppEnvironment.PRODUCTION
    app.is_from_environment, app.tenant = True, None
    if not _has_secret(app, settings.TIKTOK_CLIENT_SECRET):
        set_client_secret(app, settings.TIKTOK_CLIENT_SECRET)


def _has_secret(app: TikTokApp, secret: str) -> bool:
    try:
        present = app.client_secret
    except Undecryptable:
        return False
    return present is not None and present.reveal() == secret


def _check_environment() -> None:
    redirect_uri = settings.TIKTOK_REDIRECT_URI
    for variable in ("TIKTOK_CLIENT_KEY", "TIKTOK_CLIENT_SECRET"):
        if not (value := getattr(settings, variable)):
            raise ImproperlyConfigured(f"{variable} is missing; set both the client key and the client secret.")
        try:
            check_key(value)
        except ValidationError as error:
            raise ImproperlyConfigured(f"{variable}: {error.messages[0]}") from error
    try:
        check_redirect_uri(redirect_uri, type_for(redirect_uri)[0])
    except ValidationError as error:
        raise ImproperlyConfigured(f"TIKTOK_REDIRECT_URI: {error.messages[0]}") from error
