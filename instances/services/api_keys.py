"""API keys: made and revoked."""

import secrets
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.audit import record
from accounts.languages import in_language_of
from accounts.models import User
from core.jobs.mail import queue_mail
from instances.acting import needs
from instances.models import ApiKey, Instance
from instances.roles import KeyScope, Permission
from instances.services.quotas import need_room
from instances.tokens import hash_key, new_token

LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"


@needs(Permission.API_KEY_MANAGE)
def create_api_key(
    instance: Instance, *, actor: User, name: str, scopes: list[KeyScope], key_id: UUID | None = None
) -> tuple[ApiKey, str]:
    """Create a key of ``actor``; return it with its plain text, which is never stored: ``cd_<6 letters>_<random>``.

    ``key_id`` makes a repeated request harmless. Raises NotAllowed or QuotaReached.
    """
    with transaction.atomic():
        made = write_api_key(instance, user=actor, actor=actor, name=name, scopes=scopes, key_id=key_id)
        keys = ApiKey.objects.filter(instance=instance, revoked_at=None)
        most = settings.QUOTA_API_KEYS
        need_room(keys, holder=instance, most=most, refusal=_too_many_keys(most), code="quota_api_keys")
    return made


def _too_many_keys(most: int) -> str:
    text = ngettext(
        "This instance can have %(most)d API key. Revoke it, or ask your administrator for more.",
        "This instance can have %(most)d API keys. Revoke one, or ask your administrator for more.",
        most,
    )
    return text % {"most": most}


def write_api_key(
    instance: Instance,
    *,
    user: User,
    actor: User | None,
    name: str,
    scopes: list[KeyScope],
    key_id: UUID | None = None,
) -> tuple[ApiKey, str]:
    """Write a key of ``user`` without asking who may; it is worth what their present role allows."""
    prefix = "cd_" + "".join(secrets.choice(LETTERS) for _n in range(6))
    plain = f"{prefix}_{new_token()}"
    with transaction.atomic():
        fixed = {"id": key_id} if key_id else {}
        key = ApiKey(
            instance=instance,
            user=user,
            name=name,
            prefix=prefix,
            key_hash=hash_key(plain),
            scopes=[KeyScope(scope).value for scope in scopes],
            **fixed,
        )
        key.save(force_insert=True)
        record(
            "api_key.created",
            tenant=instance.tenant,
            actor=actor,
            instance_id=instance.pk,
            target=key,
            name=name,
            of=user.email,
            scopes=list(key.scopes),
        )
        _tell_owner(key)
    return key, plain


def _tell_owner(key: ApiKey) -> None:
    """Email the person in whose name the key acts."""
    if not settings.EMAIL_URL:
        return
    with in_language_of(key.user):
        _queue_news_of_key(key)


def _queue_news_of_key(key: ApiKey) -> None:
    text = _(
        "A new API key “%(key)s” (%(prefix)s…) for %(instance)s acts in your name.\n\n"
        "If you did not create it, revoke it under Settings → API keys and change your password:\n%(link)s"
    )
    link = f"{settings.BASE_URL}/i/{key.instance.slug}/settings/advanced/"
    values = {"key": key.name, "prefix": key.prefix, "instance": key.instance.name, "link": link}
    queue_mail(to=key.user.email, subject=_("New API key for %(instance)s") % values, text=text % values)


@needs(Permission.API_KEY_MANAGE)
def revoke_api_key(key: ApiKey, *, actor: User) -> None:
    """End a key at once; again changes nothing. Raises NotAllowed."""
    instance = key.instance
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
            record(
                "api_key.revoked",
                tenant=instance.tenant,
                actor=actor,
                instance_id=instance.pk,
                target=key,
                name=key.name,
            )
