"""Queries for the pages of accounts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from instances.access import Access
from instances.roles import Permission
from tiktok.access import quota
from tiktok.access.reasons import reason_text
from tiktok.api.types import Scope
from tiktok.developer_apps.choice import label_apps, successor_of
from tiktok.models import AccountStatus, Post, PostState, TikTokAccount, TikTokApp, shown_status
from tiktok.models.account import EXPIRING, LIMITED
from tiktok.models.states import HANDED_OVER

THOUSAND: Final = 1000
MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Rights:
    """Rights of a person on the accounts of an instance."""

    can_write: bool
    can_reconnect: bool
    can_sync: bool
    can_manage: bool

    @classmethod
    def of(cls, access: Access) -> "Rights":
        """Read them from the person's role."""
        return cls(
            can_write=access.can(Permission.POST_WRITE),
            can_reconnect=access.can(Permission.ACCOUNT_RECONNECT),
            can_sync=access.can(Permission.ACCOUNT_SYNC),
            can_manage=access.can(Permission.ACCOUNT_MANAGE),
        )

    @property
    def has_menu(self) -> bool:
        """Whether the menu of rare actions would hold anything."""
        return self.can_reconnect or self.can_sync or self.can_manage


class Action(StrEnum):
    """Action of the button of a card or row."""

    NEW_POST = "new_post"
    RECONNECT = "reconnect"
    OTHER_APP = "other_app"
    HURRY = "hurry"
    NONE = ""


@dataclass(frozen=True, slots=True)
class NextPost:
    """The next scheduled post of an account."""

    url: str
    at: datetime


@dataclass(frozen=True)
class AccountCard:
    """An account with what its card or row shows.

    ``url`` is the account's page; its other addresses lie below it. ``apps``: those through which the instance may
    connect accounts.
    """

    account: TikTokAccount
    url: str
    status: str
    status_label: str
    avatar_url: str
    next_post: NextPost | None
    under_way: int
    usage: quota.Usage
    rights: Rights
    new_post_url: str
    apps: Collection[TikTokApp] = ()

    @cached_property
    def id(self) -> str:
        """The account's id as text."""
        return str(self.account.pk)

    @cached_property
    def subtitle(self) -> str:
        """The @username and, where it differs from the account's name, TikTok's display name."""
        account = self.account
        name = account.display_name if account.display_name != account.name else ""
        return " · ".join(part for part in (account.username and f"@{account.username}", name) if part)

    @cached_property
    def is_sandbox(self) -> bool:
        """Whether it was connected through a sandbox app."""
        return self.account.credential.app.is_sandbox

    @property
    def is_disconnecting(self) -> bool:
        """Whether it changes without anybody's action."""
        return self.account.status == AccountStatus.DISCONNECTING

    @property
    def has_ended(self) -> bool:
        """Whether it needs a new consent before anything works."""
        return self.account.status in (AccountStatus.RECONNECT_NEEDED, AccountStatus.DISCONNECTED)

    @cached_property
    def action(self) -> Action:
        """The one thing to do: fix what keeps it from publishing, otherwise write a post."""
        rights = self.rights
        if self.is_disconnecting:
            return Action.HURRY if self.under_way and rights.can_manage else Action.NONE
        if self.has_ended and self.successor and rights.can_manage:
            return Action.OTHER_APP
        if self.account.status == AccountStatus.DISCONNECTED:
            return Action.RECONNECT if rights.can_manage else Action.NONE
        if self.has_ended or self.status == LIMITED:
            is_possible = self.has_own_app or not self.successor
            return Action.RECONNECT if rights.can_reconnect and is_possible else Action.NONE
        return Action.NEW_POST if rights.can_write else Action.NONE

    @property
    def has_reconnect_in_menu(self) -> bool:
        """Whether the menu offers a reconnect: of an active account, or through the app that has been replaced."""
        is_second_choice = self.action == Action.OTHER_APP and self.has_own_app
        return is_second_choice or (self.account.is_active and self.rights.can_reconnect)

    @property
    def can_renew_early(self) -> bool:
        """Whether a reconnect is offered beside the action, before the consent expires."""
        return self.status == EXPIRING and self.rights.can_reconnect

    @cached_property
    def successor(self) -> TikTokApp | None:
        """The app of the environment that may have replaced the one of the account."""
        return successor_of(self.account.credential.app, self.apps)

    @property
    def has_own_app(self) -> bool:
        """Whether a reconnect may go through the account's own app."""
        return self.account.credential.app in self.apps

    @property
    def app_label(self) -> str:
        """Return the label of the account's own app beside the successor."""
        return self._labels[self.account.credential.app_id]

    @property
    def successor_label(self) -> str:
        """Return the label of the successor."""
        return self._labels[self.successor.pk] if self.successor else ""

    @property
    def _labels(self) -> dict[UUID, str]:
        own = self.account.credential.app
        return label_apps([own, self.successor] if self.successor else [own])

    @cached_property
    def followers(self) -> int | None:
        """As of the last sync; None unless the account owner allows Clipdesk to see them."""
        is_granted = Scope.USER_INFO_STATS in self.account.credential.scopes
        return self.account.follower_count if is_granted else None

    @property
    def followers_short(self) -> str:
        """ "12.3k"."""
        return short_number(self.followers or 0)

    @property
    def has_trouble(self) -> bool:
        """Whether anything is to be said about it beyond its status."""
        is_waiting = self.is_disconnecting and self.under_way
        return bool(self.reason or self.usage.hold or is_waiting or self.action == Action.OTHER_APP)

    @cached_property
    def reason(self) -> str:
        """Why nothing can be published; "" while all is well."""
        if self.account.status == AccountStatus.RECONNECT_NEEDED:
            return reason_text(self.account.status_reason)
        if self.status == LIMITED:
            return _("The account owner did not allow Clipdesk to publish.")
        return ""


@dataclass(frozen=True, slots=True)
class Disconnection:
    """The posts that disconnecting an account would affect."""

    scheduled: int
    under_way: int

    @property
    def text(self) -> str:
        """Return the consequences, for the confirmation."""
        texts = [
            _(
                "Clipdesk can no longer publish to it. If no other instance uses the account, Clipdesk also revokes its"
                " access at TikTok. Posts and history stay."
            ),
        ]  # fmt: skip
        if self.scheduled:
            texts.append(_waiting(self.scheduled))
        if self.under_way:
            texts.append(_finishing(self.under_way))
        return " ".join(texts)


@dataclass(frozen=True, slots=True)
class AppLine:
    """A TikTok app with the accounts of the installation that posted through it in 24 hours, and the most that may."""

    app: TikTokApp
    label: str
    users: int
    most_users: int | None

    @property
    def are_users_used_up(self) -> bool:
        """Whether a further account has to wait."""
        return self.most_users is not None and self.users >= self.most_users


def _waiting(count: int) -> str:
    said = ngettext(
        "%(count)d scheduled post will wait until you connect this account again.",
        "%(count)d scheduled posts will wait until you connect this account again.",
        count,
    )
    return said % {"count": count}


def _finishing(count: int) -> str:
    said = ngettext(
        "%(count)d post is being published and finishes first.",
        "%(count)d posts are being published and finish first.",
        count,
    )
    return said % {"count": count}


def account_status(account: TikTokAccount) -> tuple[str, str]:
    """Return the status as templates know it, and in words; "expiring" counts the days."""
    credential = account.credential
    shown = shown_status(account.status, credential.refresh_expires_at, credential.scopes)
    if shown == LIMITED:
        return shown, pgettext("account", "Can’t publish")
    if shown == EXPIRING:
        return shown, _expires_text(account.expires_in)
    return shown, str(AccountStatus(shown).label)


def _expires_text(left: timedelta | None) -> str:
    if left is None or left.days < 1:
        return _("Expires within a day")
    return ngettext("Expires in %(days)d day", "Expires in %(days)d days", left.days) % {"days": left.days}


def avatar_url(account: TikTokAccount, slug: str) -> str:
    """Return the address of our copy, which changes with the picture; "" without one."""
    if not account.avatar_path:
        return ""
    stamp = account.avatar_path.rpartition("-")[2].removesuffix(".webp")
    return reverse("tiktok:account-avatar", args=[slug, account.pk]) + f"?v={stamp}"


def accounts() -> QuerySet[TikTokAccount]:
    """Return the open instance's accounts with what their status needs, by name."""
    return TikTokAccount.objects.select_related("credential__app")


def account_cards(
    access: Access, ids: Sequence[UUID], apps: Collection[TikTokApp] = ()
) -> tuple[list[AccountCard], list[AppLine]]:
    """Return one card per account, in the order of ``ids``, and one line per app, in two statements."""
    counted = accounts().annotate(
        under_way=count_posts(*HANDED_OVER), next_id=_next_scheduled("pk"), next_at=_next_scheduled("publish_at")
    )
    places = {pk: place for place, pk in enumerate(ids)}
    found = sorted(counted.filter(pk__in=ids), key=lambda account: places[account.pk])
    day = quota.count_day([account.credential for account in found], apps)
    rights, slug = Rights.of(access), access.instance.slug
    base = reverse("tiktok:account-list", args=[slug])
    posts, new_post = reverse("tiktok:post-list", args=[slug]), reverse("tiktok:post-new", args=[slug])
    cards = [
        AccountCard(
            account,
            f"{base}{account.pk}/",
            *account_status(account),
            avatar_url(account, slug),
            NextPost(f"{posts}{account.next_id}/", account.next_at) if account.next_id else None,
            account.under_way,
            day.usage(account.credential),
            rights,
            f"{new_post}?to={account.pk}",
            apps,
        )
        for account in found
    ]
    labels = label_apps(apps)
    lines = [AppLine(app, labels[app.pk], day.users.get(app.pk, 0), quota.most_users(app)) for app in apps]
    return cards, lines


def disconnection_of(account: TikTokAccount) -> Disconnection:
    """Count the posts that disconnecting would affect, in one statement."""
    states = {"scheduled": Q(state=PostState.SCHEDULED), "under_way": Q(state__in=HANDED_OVER)}
    posts = Post.objects.filter(account=account).order_by()
    return Disconnection(**posts.aggregate(**{name: Count("pk", filter=state) for name, state in states.items()}))


def _next_scheduled(column: str) -> Subquery:
    posts = Post.objects.filter(account=OuterRef("pk"), state=PostState.SCHEDULED, publish_at__isnull=False)
    return Subquery(posts.order_by("publish_at", "pk").values(column)[:1])


def count_posts(*states: PostState) -> Coalesce:
    """Count an account's posts in these states, to annotate accounts with."""
    posts = Post.objects.filter(account=OuterRef("pk"), state__in=states).order_by()
    return Coalesce(Subquery(posts.values("account").annotate(n=Count("pk")).values("n")), 0)


def short_number(number: int) -> str:
    """ "950", "12.3k", "4.5M": at most four characters and a sign."""
    if number >= MILLION:
        return _("%(number)sM") % {"number": _short(number / MILLION)}
    if number >= THOUSAND:
        return _("%(number)sk") % {"number": _short(number / THOUSAND)}
    return str(number)


def _short(value: float) -> str:
    cut = int(value * 10) / 10  # 999,999 is no million yet
    return number_format(cut, decimal_pos=0 if cut == int(cut) else 1)
