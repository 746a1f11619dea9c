"""The words of notifications about accounts; ``tiktok.access.notices`` creates them."""

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from instances.models import Instance, Notice, NoticeKind
from instances.notices.words import Heading, Subject, Topic, Words
from tiktok.access.reasons import reason_text
from tiktok.access.scopes import features_of
from tiktok.api.types import Scope
from tiktok.models import Post, PostState, TikTokAccount

WAITING: Final = (PostState.SCHEDULED, PostState.DUE, PostState.WAITING_ACCOUNT)


def words(notice: Notice) -> Words:
    """Put a notification about an account into sentences."""
    posts_wait = _("Its posts wait until you reconnect it.")
    if notice.kind == NoticeKind.ENDING:
        what = _("The TikTok authorization of this account expires soon.")
        return Words(what, _("Everything works until then."), _("Reconnect the account before it expires."))
    if notice.kind == NoticeKind.LINKED:
        return Words(_("This account was connected with a connect link."), _("You can use it right away."), "")
    if notice.kind == NoticeKind.ENDED:
        can = _("Reconnect the account to continue.")
        return Words(reason_text(notice.parts.get("reason", "")), posts_wait, can)
    lost = notice.parts.get("scopes", "").split(",")
    what = _("The account owner no longer allows this: %(features)s.")
    does = posts_wait if Scope.VIDEO_PUBLISH in lost else _("Everything else keeps working.")
    can = _("Reconnect the account and allow everything that TikTok asks for.")
    return Words(what % {"features": ", ".join(features_of(lost))}, does, can)


def subjects(instance: Instance, account_ids: Collection[UUID]) -> Mapping[UUID, Subject]:
    """Return names, pages and states of accounts, in one statement."""
    found = TikTokAccount.objects.filter(pk__in=account_ids).select_related("credential")
    return {account.pk: _subject(instance, account) for account in found.annotate(waiting=waiting_posts())}


def waiting_posts() -> Coalesce:
    """Count the posts of an account that are scheduled or waiting, to annotate accounts with."""
    posts = Post.objects.filter(account=OuterRef("pk"), state__in=WAITING).order_by()
    return Coalesce(Subquery(posts.values("account").annotate(n=Count("pk")).values("n")), 0)


def _subject(instance: Instance, account: TikTokAccount) -> Subject:
    waiting: int = account.waiting  # type: ignore[attr-defined]
    notes = [_until(account)] if account.is_active and account.credential.refresh_expires_at else []
    if waiting:
        said = ngettext("%(count)d post scheduled or waiting", "%(count)d posts scheduled or waiting", waiting)
        notes.append(said % {"count": waiting})
    url = reverse("tiktok:account", args=[instance.slug, account.pk])
    return Subject(account.name, f"@{account.username}" if account.username else "", url, " · ".join(notes))


def _until(account: TikTokAccount) -> str:
    end = timezone.localtime(account.credential.refresh_expires_at)
    return _("TikTok authorization expires %(date)s (%(zone)s)") % {
        "date": date_format(end, "DATETIME_FORMAT"),
        "zone": timezone.get_current_timezone_name(),
    }


TOPIC = Topic(
    {
        NoticeKind.ENDED: Heading(
            "reconnect_needed",
            gettext_lazy("An account needs to be reconnected"),
            ngettext_lazy(
                "%(count)d account needs to be reconnected", "%(count)d accounts need to be reconnected", "count"
            ),
        ),
        NoticeKind.ENDING: Heading(
            "expiring",
            gettext_lazy("An account’s TikTok authorization expires soon"),
            ngettext_lazy(
                "The TikTok authorization of %(count)d account expires soon",
                "The TikTok authorizations of %(count)d accounts expire soon",
                "count",
            ),
        ),
        NoticeKind.SCOPES: Heading(
            "limited",
            gettext_lazy("TikTok permissions have changed"),
            ngettext_lazy(
                "The TikTok permissions of %(count)d account have changed",
                "The TikTok permissions of %(count)d accounts have changed",
                "count",
            ),
        ),
        NoticeKind.LINKED: Heading(
            "linked",
            gettext_lazy("A connect link was used"),
            ngettext_lazy(
                "%(count)d account was connected with a connect link",
                "%(count)d accounts were connected with connect links",
                "count",
            ),
        ),
    },
    words,
    subjects,
    gone=gettext_lazy("This account was removed."),
)
