"""Create, revoke, replace and use connect links."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4, uuid5

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import ngettext

from accounts.audit import record
from accounts.models import User
from core.jobs.clock import db_in, db_now, read_db_now
from instances.acting import needs
from instances.models import Instance, NoticeKind
from instances.roles import Permission
from instances.services.quotas import need_room
from instances.tokens import hash_key, new_token
from tiktok.access.notices import notify
from tiktok.models import ConnectLink, TikTokAccount, TikTokApp

LIFETIME: Final = timedelta(days=7)
SHORTEST: Final = timedelta(hours=1)
LONGEST: Final = timedelta(days=30)
MOST_AT_ONCE: Final = 100
KEPT: Final = timedelta(days=90)


class LinkUnusable(Exception):
    """The link has been used, revoked or replaced, or has expired."""


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A link just created; ``url`` is known only now."""

    link: ConnectLink
    url: str


@needs(Permission.ACCOUNT_MANAGE)
def make_links(
    instance: Instance,
    *,
    actor: User,
    names: Sequence[str],
    note: str = "",
    lifetime: timedelta = LIFETIME,
    app: TikTokApp | None = None,
    batch: UUID | None = None,
) -> list[MadeLink]:
    """Create one link per name, all or none; for an empty name TikTok's is used later.

    ``batch`` makes a repeated request harmless: the second raises IntegrityError and writes nothing. Raises
    QuotaReached.
    """
    batch = batch or uuid4()
    with transaction.atomic():
        now = read_db_now()
        drafts = [
            ConnectLink(
                pk=uuid5(batch, str(number)), instance=instance, maker=actor, app=app, name=name, note=note,
                created_at=now, expires_at=now + lifetime,
            )
            for number, name in enumerate(names)
        ]  # fmt: skip
        made = [_write(draft) for draft in drafts]
        still_open = ConnectLink.objects.filter(
            instance=instance, used_at=None, revoked_at=None, expires_at__gt=db_now()
        )
        most = settings.QUOTA_CONNECT_LINKS
        need_room(still_open, holder=instance, most=most, refusal=_too_many(most), code="quota_connect_links")
        record(
            "connect_link.made", tenant=instance.tenant, actor=actor, instance_id=instance.pk,
            target=drafts[0] if len(drafts) == 1 else None, names=[name for name in names if name], count=len(drafts),
            expires_at=(now + lifetime).isoformat(timespec="seconds"),
        )  # fmt: skip
    return made


def _too_many(most: int) -> str:
    text = ngettext(
        "This instance can have %(most)d open connect link. Revoke it, or ask your administrator for more.",
        "This instance can have %(most)d open connect links. Revoke some, or ask your administrator for more.",
        most,
    )
    return text % {"most": most}


def _write(link: ConnectLink) -> MadeLink:
    token = new_token()
    link.token_hash = hash_key(token)
    link.save(force_insert=True)
    return MadeLink(link, settings.BASE_URL + reverse("tiktok:connect-link", args=[token]))


@needs(Permission.ACCOUNT_MANAGE)
def revoke_link(instance: Instance, link: ConnectLink, *, actor: User) -> bool:
    """Revoke an unused link; False (nothing written) if it was already used or revoked."""
    with transaction.atomic():
        unused = ConnectLink.objects.filter(pk=link.pk, instance=instance, used_at=None, revoked_at=None)
        if not unused.update(revoked_at=db_now(), revoked_by=actor):
            return False
        record(
            "connect_link.revoked", tenant=instance.tenant, actor=actor, instance_id=instance.pk, target=link,
            name=link.name,
        )  # fmt: skip
    return True


@needs(Permission.ACCOUNT_MANAGE)
def renew_link(instance: Instance, link: ConnectLink, *, actor: User) -> MadeLink:
    """Replace a link that was lost or has expired by a new one with the same lifetime; the old one stops working.

    Raises LinkUnusable if it was used or revoked in the meantime.
    """
    with transaction.atomic():
        if not revoke_link(instance, link, actor=actor):
            raise LinkUnusable
        (made,) = make_links(
            instance, actor=actor, names=[link.name], note=link.note, app=link.app,
            lifetime=link.expires_at - link.created_at,
        )  # fmt: skip
    return made


def claim_link(link_id: UUID) -> ConnectLink:
    """Use the link up, in the transaction that connects the account; of two at once one wins. Raises LinkUnusable."""
    still_open = ConnectLink.objects.filter(
        pk=link_id, used_at=None, revoked_at=None, instance__isnull=False, expires_at__gt=db_now()
    )
    if not still_open.update(used_at=db_now()):
        raise LinkUnusable
    return ConnectLink.objects.select_related("instance__tenant", "maker").get(pk=link_id)


def note_use(link: ConnectLink, account: TikTokAccount, *, by: User | None) -> None:
    """Record the account connected by a claimed link and notify the team; ``by``: the person, if signed in."""
    ConnectLink.objects.filter(pk=link.pk).update(account=account)
    notify(account, NoticeKind.LINKED)
    record(
        "connect_link.used", tenant=account.instance.tenant, actor=by, instance_id=account.instance_id, target=link,
        name=link.name, account=str(account.pk), used_by=by.email if by else "somebody with the link",
        made_by=link.maker.email if link.maker else "",
    )  # fmt: skip


def forget_old_links() -> None:
    """Delete links 90 days after they expired, used ones too; the audit log keeps what happened."""
    ConnectLink.objects.filter(expires_at__lt=db_in(-KEPT)).delete()
