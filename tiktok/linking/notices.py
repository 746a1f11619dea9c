"""What people are told of accounts: a permission that ends soon, has ended, or has become less; a connect link used.

Each is written in the transaction of what it tells, once, to every instance that linked the TikTok user, and settled
when nobody has to do anything about it any more.
"""

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from instances.models import Instance, Notice, NoticeKind
from instances.notices.words import Subject, Words
from instances.notices.write import settle_notices, write_notice
from tiktok.api.types import Scope
from tiktok.linking.reasons import reason_text
from tiktok.linking.scopes import features_of
from tiktok.models import Post, PostState, TikTokAccount

KINDS: Final = frozenset({NoticeKind.ENDED, NoticeKind.ENDING, NoticeKind.SCOPES, NoticeKind.LINKED})
WAITING: Final = (PostState.SCHEDULED, PostState.DUE, PostState.WAITING_ACCOUNT)


def tell(account: TikTokAccount, kind: NoticeKind, **codes: str) -> None:
    """Tell the instance, in place of what was told of this kind before; its scope is open."""
    settle(account, kind)
    write_notice(
        account.instance_id, kind=kind, subject_id=account.pk, maker_id=account.linked_by_id, parts=dict(codes)
    )


def correct(account: TikTokAccount, kind: NoticeKind, **codes: str) -> None:
    """More is known about what was told: its words change, and nobody is told again."""
    Notice.objects.filter(subject_id=account.pk, kind=kind, settled_at=None).update(parts=dict(codes))


def settle(account: TikTokAccount, *kinds: NoticeKind) -> None:
    """Nobody has to do anything about these any more; without ``kinds`` about any."""
    settle_notices(account.pk, kinds or KINDS)


def tell_scopes(account: TikTokAccount, before: Collection[str], after: Collection[str]) -> None:
    """Say what is not allowed any more, with what was lost earlier; settle what is allowed again."""
    told = {
        scope
        for notice in Notice.objects.filter(subject_id=account.pk, kind=NoticeKind.SCOPES, settled_at=None)
        for scope in notice.parts["scopes"].split(",")
    }
    missing = (told | set(before)) - set(after)
    if missing == told:
        return
    settle(account, NoticeKind.SCOPES)
    if missing:
        tell(account, NoticeKind.SCOPES, scopes=",".join(sorted(missing)))


def words(notice: Notice) -> Words:
    """A notice about an account in sentences."""
    posts_wait = _("Its posts wait.")
    if notice.kind == NoticeKind.ENDING:
        what = _("TikTok's permission for this account ends soon.")
        return Words(what, _("Until then everything works."), _("Reconnect it once before then."))
    if notice.kind == NoticeKind.LINKED:
        return Words(_("Somebody has linked this account by a connect link."), _("It can be used at once."), "")
    if notice.kind == NoticeKind.ENDED:
        can = _("Reconnect it once and everything goes on.")
        return Words(reason_text(notice.parts.get("reason", "")), posts_wait, can)
    lost = notice.parts.get("scopes", "").split(",")
    what = _("TikTok no longer allows Clipdesk this for the account: %(features)s.")
    does = posts_wait if Scope.VIDEO_PUBLISH in lost else _("Everything else goes on.")
    can = _("Reconnect it and allow all that TikTok asks for.")
    return Words(what % {"features": ", ".join(features_of(lost))}, does, can)


def subjects(instance: Instance, account_ids: Collection[UUID]) -> Mapping[UUID, Subject]:
    """Names, pages and how the accounts stand; one statement."""
    found = TikTokAccount.objects.filter(pk__in=account_ids).select_related("credential")
    return {account.pk: _subject(instance, account) for account in found.annotate(waiting=waiting_posts())}


def waiting_posts() -> Coalesce:
    """How many posts of an account are planned or wait, to annotate accounts with."""
    posts = Post.objects.filter(account=OuterRef("pk"), state__in=WAITING).order_by()
    return Coalesce(Subquery(posts.values("account").annotate(n=Count("pk")).values("n")), 0)


def _subject(instance: Instance, account: TikTokAccount) -> Subject:
    waiting: int = account.waiting  # type: ignore[attr-defined]
    notes = [_until(account)] if account.is_active and account.credential.refresh_expires_at else []
    if waiting:
        said = ngettext("%(count)d post planned or waiting", "%(count)d posts planned or waiting", waiting)
        notes.append(said % {"count": waiting})
    url = reverse("tiktok:account", args=[instance.slug, account.pk])
    return Subject(account.name, f"@{account.username}" if account.username else "", url, " · ".join(notes))


def _until(account: TikTokAccount) -> str:
    end = timezone.localtime(account.credential.refresh_expires_at)
    return _("Permission until %(date)s (%(zone)s)") % {
        "date": date_format(end, "DATETIME_FORMAT"),
        "zone": timezone.get_current_timezone_name(),
    }
