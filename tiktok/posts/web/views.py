"""Pages about posts: home and the list."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from instances.decorators import require_permission
from instances.http import InstanceRequest
from instances.roles import Permission
from tiktok.accounts.selection import selected_account_id
from tiktok.media.notices import mark_seen
from tiktok.models import AccountStatus, Media, PostState, TikTokAccount
from tiktok.posts import queries
from tiktok.posts.reposts import lost_by_outage

PER_PAGE = 25
SET_ASIDE = "set_aside"


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def dashboard(request: InstanceRequest) -> HttpResponse:
    """Home: what needs somebody, what comes next, what happened last."""
    accounts = list(queries.linked_accounts())
    chosen = chosen_account(request)
    account_id = chosen.pk if chosen else None
    context = {
        "accounts": accounts,
        "unwell": [account for account in accounts if account.status == AccountStatus.RECONNECT_NEEDED],
        "tallies": _tallies(request, queries.counts_by_state(account_id)),
        "upcoming": queries.upcoming(account_id),
        "latest": queries.posts_for_list(account_id=account_id)[:8],
        "lost": _lost_posts(request),
    }
    return render(request, "tiktok/posts/dashboard.html", context)


def _tallies(request: InstanceRequest, counts: dict[str, int]) -> list[dict[str, Any]]:
    base = reverse("tiktok:post-list", args=[request.instance.slug])
    rows = [
        (PostState.NEEDS_ATTENTION, _("need somebody"), "warn"),
        (PostState.FAILED, _("failed"), "bad"),
        (PostState.SCHEDULED, _("scheduled"), "accent"),
        (PostState.PUBLISHED, _("published"), "good"),
    ]
    return [
        {"count": counts.get(state, 0), "label": label, "tone": tone, "url": f"{base}?state={state}"}
        for state, label, tone in rows
    ]


def _lost_posts(request: InstanceRequest) -> list[dict[str, str]]:
    """What outages of TikTok have cost, for those who may repost it."""
    if not request.membership.can(Permission.POST_PUBLISH):
        return []
    return [
        {
            "title": lost.title(request.instance.zone),
            "url": reverse("tiktok:outage-posts", args=[request.instance.slug, lost.outage_id]),
        }
        for lost in lost_by_outage()
    ]


def chosen_account(request: InstanceRequest) -> TikTokAccount | None:
    """The account that the person looks at; None for all."""
    wanted = selected_account_id(request)
    return TikTokAccount.objects.select_related("credential__app").filter(pk=wanted).first() if wanted else None


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def post_list(request: InstanceRequest) -> HttpResponse:
    """All posts, newest first, by state and account."""
    state = request.GET.get("state", "")
    state = state if state in {*PostState.values, SET_ASIDE} else ""
    account = chosen_account(request)
    is_aside = state == SET_ASIDE
    rows = queries.posts_for_list(
        state="" if is_aside else state, account_id=account.pk if account else None, set_aside=is_aside
    )
    chosen = {"state": state, "account": account.pk if account else ""}
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "states": [*PostState.choices, (SET_ASIDE, _("Set aside"))],
        "state": state,
        "account": account,
        "lost": _lost_posts(request),
        "accounts": queries.linked_accounts(account),
        "query": urlencode({name: value for name, value in chosen.items() if value}),
    }
    return render(request, "tiktok/posts/post_list.html", context)


@require_GET
@require_permission(Permission.POST_WRITE)
def post_media_choice(request: InstanceRequest, media_id: UUID) -> HttpResponse:
    """A just uploaded video as a choice of the composer, chosen unless it cannot be published."""
    media = get_object_or_404(Media, pk=media_id, deleted_at=None)
    mark_seen(media, request.user)
    checked = media.is_checking or media.can_be_published
    return render(request, "tiktok/posts/_media_choice.html", {"media": media, "checked": checked})
