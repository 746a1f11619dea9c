"""What the pages of linking show."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from instances.models import Instance
from tiktok.access import quota
from tiktok.access.reasons import reason_text
from tiktok.access.scopes import missing_features
from tiktok.api.types import Scope
from tiktok.developer_apps.choice import label_apps, successor_of
from tiktok.models import AccountStatus, Post, PostState, TikTokAccount, TikTokApp, shown_status
from tiktok.models.account import EXPIRING, LIMITED
from tiktok.models.states import HANDED_OVER


@dataclass(frozen=True, slots=True)
class AccountCard:
    """An account with what its card says. ``apps``: those through which the instance may link."""

    account: TikTokAccount
    slug: str
    scheduled: int
    under_way: int
    usage: quota.Usage
    apps: Collection[TikTokApp] = ()

    @property
    def status(self) -> str:
        """The account's status, or "limited", or "expiring"."""
        return account_status(self.account)[0]

    @property
    def status_label(self) -> str:
        """The status in words."""
        return account_status(self.account)[1]

    @property
    def avatar_url(self) -> str:
        """Our copy of the picture, "" without one."""
        return avatar_url(self.account, self.slug)

    @property
    def is_sandbox(self) -> bool:
        """Whether it was linked through a sandbox app."""
        return self.account.credential.app.is_sandbox

    @property
    def successor(self) -> TikTokApp | None:
        """The app of the environment where the account was linked through one that it may have replaced."""
        return successor_of(self.account.credential.app, self.apps)

    @property
    def has_own_app(self) -> bool:
        """Whether a reconnect may go through the account's own app."""
        return self.account.credential.app in self.apps

    @property
    def app_label(self) -> str:
        """What the account's own app is called beside the successor."""
        return self._labels[self.account.credential.app_id]

    @property
    def successor_label(self) -> str:
        """What the successor is called."""
        return self._labels[self.successor.pk] if self.successor else ""

    @property
    def _labels(self) -> dict[UUID, str]:
        own = self.account.credential.app
        return label_apps([own, self.successor] if self.successor else [own])

    @property
    def missing(self) -> list[str]:
        """Features that the TikTok user left off."""
        credential = self.account.credential
        return missing_features(credential.app.scopes, credential.scopes) if credential.scopes else []

    @property
    def asked_count(self) -> int:
        """How many permissions the app asks for."""
        return len(self.account.credential.app.scopes)

    @property
    def granted_count(self) -> int:
        """How many of them the TikTok user has given."""
        return self.asked_count - len(self.missing) if self.account.credential.scopes else 0

    @property
    def followers(self) -> int | None:
        """As of the last sync; None where the TikTok user does not let us know (any more)."""
        is_granted = Scope.USER_INFO_STATS in self.account.credential.scopes
        return self.account.follower_count if is_granted else None

    @property
    def reason(self) -> str:
        """Why it has to be reconnected."""
        return f"{reason_text(self.account.status_reason)} {_('Reconnect once and everything goes on.')}"

    @property
    def disconnect_text(self) -> str:
        """What will happen, for the question before."""
        texts = [_("The account's link ends; the last one gives the permission back to TikTok. History stays.")]
        if self.scheduled:
            texts.append(_waiting(self.scheduled))
        if self.under_way:
            texts.append(_finishing(self.under_way))
        return " ".join(texts)


@dataclass(frozen=True, slots=True)
class AppLine:
    """A TikTok app with how many accounts posted through it in 24 hours, of how many (None: not known)."""

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
        "%(count)d post is under way and is finished first.",
        "%(count)d posts are under way and are finished first.",
        count,
    )
    return said % {"count": count}


def account_status(account: TikTokAccount) -> tuple[str, str]:
    """The word for templates and the words for people; "limited": can’t publish; "expiring" counts the days."""
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
    """The address of our copy; changes with the picture."""
    if not account.avatar_path:
        return ""
    stamp = account.avatar_path.rpartition("-")[2].removesuffix(".webp")
    return reverse("tiktok:account-avatar", args=[slug, account.pk]) + f"?v={stamp}"


def accounts() -> QuerySet[TikTokAccount]:
    """The open instance's accounts with what their status needs, by name."""
    return TikTokAccount.objects.select_related("credential__app")


def account_cards(
    instance: Instance, ids: Sequence[UUID], apps: Collection[TikTokApp] = ()
) -> tuple[list[AccountCard], list[AppLine]]:
    """One card per account, in the order of ``ids``, and one line per app; two statements, however many there are."""
    counted = accounts().annotate(scheduled=_posts_in(PostState.SCHEDULED), under_way=_posts_in(*HANDED_OVER))
    found = sorted(counted.filter(pk__in=ids), key=lambda account: ids.index(account.pk))
    day = quota.count_day([account.credential for account in found], apps)
    cards = [
        AccountCard(account, instance.slug, account.scheduled, account.under_way, day.usage(account.credential), apps)
        for account in found
    ]
    labels = label_apps(apps)
    lines = [AppLine(app, labels[app.pk], day.users.get(app.pk, 0), quota.most_users(app)) for app in apps]
    return cards, lines


def _posts_in(*states: PostState) -> Coalesce:
    """How many posts of an account stand in these states."""
    posts = Post.objects.filter(account=OuterRef("pk"), state__in=states).order_by()
    return Coalesce(Subquery(posts.values("account").annotate(n=Count("pk")).values("n")), 0)
