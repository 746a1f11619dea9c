"""Accounts and posts of several instances at a glance, for /instances/.

The caller passes only instances that the person may see inside.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Count, Min, OuterRef, Q, Subquery, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from instances.models import Instance
from instances.overview import Alarm, Overview, Tally
from instances.scoping import unscoped
from tiktok.api.types import Scope
from tiktok.models import AccountStatus, AttentionReason, Post, PostState, TikTokAccount
from tiktok.models.account import EXPIRING, EXPIRING_WITHIN, LIMITED
from tiktok.posts.successors import has_failed

FAILED_WITHIN: Final = timedelta(days=7)
ACCOUNTS: Final = "accounts/?status="
ATTENTION: Final = f"posts/?account=&state={PostState.NEEDS_ATTENTION}"  # of all accounts, whichever is remembered
Counts = Mapping[UUID, "Counter[str]"]


def overviews(instances: Sequence[Instance]) -> dict[UUID, Overview]:
    """Return one overview per instance; three statements, however many there are."""
    ids = [instance.pk for instance in instances]
    if not ids:
        return {}
    with unscoped(reason="the overview of a person's instances counts accounts and posts in each"):
        accounts, (posts, next_at), last_at = _accounts(ids), _posts(ids), _last(ids)
    return {
        pk: Overview(
            accounts=accounts[pk].total(),
            tallies=_tallies(accounts[pk]),
            alarms=tuple(_alarms(accounts[pk], posts[pk])),
            next_at=next_at.get(pk),
            last_at=last_at.get(pk),
        )
        for pk in ids
    }


def _accounts(ids: list[UUID]) -> Counts:
    """Count linked accounts by the status that people see (``shown_status``), each once."""
    is_active = Q(status=AccountStatus.ACTIVE)
    may_publish = Q(scopes_text__contains=f'"{Scope.VIDEO_PUBLISH}"')
    ends_soon = Q(credential__refresh_expires_at__lt=timezone.now() + EXPIRING_WITHIN)
    counts = {
        "n": Count("pk"),
        "limited": Count("pk", filter=is_active & ~may_publish),
        "expiring": Count("pk", filter=is_active & may_publish & ends_soon),
    }
    rows = TikTokAccount.objects.filter(instance__in=ids).exclude(status=AccountStatus.DISCONNECTED)
    # SQLite cannot search lists in JSON; as text the query is the same on both databases.
    worded = rows.order_by().alias(scopes_text=Cast("credential__scopes", TextField()))
    found: defaultdict[UUID, Counter[str]] = defaultdict(Counter)
    for pk, status, n, limited, expiring in worded.values_list("instance", "status").annotate(**counts):
        found[pk].update({status: n - limited - expiring, LIMITED: limited, EXPIRING: expiring})
    return found


def _posts(ids: list[UUID]) -> tuple[Counts, dict[UUID, datetime]]:
    """Count posts that need attention or failed recently, and find the time of the next scheduled one."""
    failed = has_failed() & Q(updated_at__gt=timezone.now() - FAILED_WITHIN)
    waiting = Q(state__in=[PostState.SCHEDULED, PostState.WAITING_ACCOUNT, PostState.NEEDS_ATTENTION])
    rows = Post.objects.filter(failed | waiting, instance__in=ids, dismissed_at=None)
    grouped = rows.order_by().values_list("instance", "state", "attention_reason")
    found: defaultdict[UUID, Counter[str]] = defaultdict(Counter)
    next_at: dict[UUID, datetime] = {}
    for pk, state, reason, count, first_at in grouped.annotate(n=Count("pk"), first_at=Min("publish_at")):
        is_held = reason == AttentionReason.QUARANTINED
        found[pk][AttentionReason.QUARANTINED if is_held else state] += count
        if state == PostState.SCHEDULED and first_at:
            next_at[pk] = first_at
    return found, next_at


def _last(ids: list[UUID]) -> dict[UUID, datetime]:
    """Find when each published last; from an index, since there are many published posts."""
    published = Post.objects.filter(instance=OuterRef("pk"), published_at__isnull=False).order_by("-published_at")
    rows = Instance.objects.filter(pk__in=ids).order_by()
    found = rows.annotate(at=Subquery(published.values("published_at")[:1])).values_list("pk", "at")
    return {pk: at for pk, at in found if at is not None}


def _tallies(counts: Mapping[str, int]) -> tuple[Tally, ...]:
    return tuple(Tally(status, say % {"count": counts[status]}) for status, say in _said().items() if counts[status])


def _said() -> dict[str, str]:
    return {
        "active": _("%(count)d active"),
        LIMITED: _("%(count)d can’t publish"),
        EXPIRING: _("%(count)d expiring"),
        "reconnect_needed": _("%(count)d to reconnect"),
        "disconnecting": _("%(count)d disconnecting"),
    }


def _alarms(accounts: Mapping[str, int], posts: Mapping[str, int]) -> list[Alarm]:
    """Return what needs attention, the worst first."""
    reconnect, limited, expiring = accounts["reconnect_needed"], accounts[LIMITED], accounts[EXPIRING]
    attention, held = posts[PostState.NEEDS_ATTENTION], posts[AttentionReason.QUARANTINED]
    failed, waiting = posts[PostState.FAILED], posts[PostState.WAITING_ACCOUNT]
    every = [
        (reconnect, "bad",
         ngettext("%d account needs to be reconnected", "%d accounts need to be reconnected", reconnect),
         f"{ACCOUNTS}reconnect_needed"),
        (failed, "bad", ngettext("%d post failed this week", "%d posts failed this week", failed),
         ATTENTION),
        (attention, "warn", ngettext("%d post needs attention", "%d posts need attention", attention),
         ATTENTION),
        (held, "warn", ngettext("%d post is held after a restore", "%d posts are held after a restore", held),
         ATTENTION),
        (waiting, "warn",
         ngettext("%d post is waiting for its account", "%d posts are waiting for their account", waiting),
         ATTENTION),
        (limited, "warn", ngettext("%d account can’t publish", "%d accounts can’t publish", limited),
         f"{ACCOUNTS}{LIMITED}"),
        (expiring, "warn",
         ngettext("%d TikTok authorization expires soon", "%d TikTok authorizations expire soon", expiring),
         f"{ACCOUNTS}{EXPIRING}"),
    ]  # fmt: skip
    return [Alarm(tone, text % count, path) for count, tone, text, path in every if count]
