"""Pages about posts: home, the list, the composer, and a post's live timeline."""

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
from tiktok.models import AccountStatus, Media, Post, PostEvent, PostState, TikTokAccount
from tiktok.posts import queries, queue, services
from tiktok.posts.questions import ends_with_question
from tiktok.posts.reposts import lost_by_outage
from tiktok.posts.schedule import note_for
from tiktok.posts.web.forms import PRIVACY_LABELS
from tiktok.posts.wording import codes, story
from tiktok.posts.wording.offers import offers_for

PER_PAGE = 25
SET_ASIDE = "set_aside"
EDITABLE = {PostState.DRAFT, PostState.SCHEDULED, PostState.DUE}
CANCELLABLE = {PostState.SCHEDULED, PostState.DUE, PostState.UPLOADING, PostState.WAITING_ACCOUNT}


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
@require_permission(Permission.CONTENT_VIEW)
def post_detail(request: InstanceRequest, post_id: UUID) -> HttpResponse:
    """One post: where it stands, live, and what it is."""
    post = get_object_or_404(Post.objects.select_related("account__instance", "created_by"), pk=post_id)
    context = live_context(request, post) | {
        "files": post.items.select_related("media"),
        "privacy_label": PRIVACY_LABELS.get(post.privacy_level, post.privacy_level or _("Not chosen yet")),
        "allowed": story.allowed_text(post),
        "disclosure": story.disclosure_text(post),
        "plan_note": note_for(post.publish_local, post.publish_zone, post.publish_at),
    }
    return render(request, "tiktok/posts/post_detail.html", context)


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def post_live(request: InstanceRequest, post_id: UUID) -> HttpResponse:
    """The part of the post's page that changes; it asks again, often while something moves."""
    post = get_object_or_404(Post.objects.select_related("account__instance"), pk=post_id)
    return render(request, "tiktok/posts/post_live.html", live_context(request, post))


def can_be_edited(post: Post) -> bool:
    """Whether it can still become a draft: nothing has been handed over."""
    return post.state in EDITABLE or services.is_certainly_unpublished(post)


def _looks_again_s(post: Post, events: list[PostEvent]) -> int:
    """After how many seconds an open page asks again; 0 where nothing is going to change by itself."""
    if queries.is_moving(post) or ends_with_question(events):
        return 2
    return 15 if post.state in queries.RESTING else 0


def live_context(request: InstanceRequest, post: Post) -> dict[str, Any]:
    """What the live part shows."""
    progress = queries.progress_of(post) if post.state == PostState.UPLOADING else None
    events = list(queries.events_of(post))
    offered = offers_for(post)
    may_write = request.membership.can(Permission.POST_WRITE)
    certain = services.is_certainly_unpublished(post)
    return {
        "post": post,
        "looks_again_s": _looks_again_s(post, events),
        "story": story.tell(post) if may_write else story.tell_onlooker(post),
        "tiktok_word": codes.word_of_tiktok(post),
        "percent": progress.percent if progress else None,
        "progress_text": f"{progress.shown_bytes / 1e6:.1f} / {progress.total_bytes / 1e6:.1f} MB" if progress else "",
        "link_note": story.link_note(post),
        "next_try_at": None if post.hold_reason in queue.UNTIL_WOKEN else post.tries_again_at,
        "events": story.timeline(events),
        "offers": offered,
        "can_decide": request.membership.can(Permission.POST_PUBLISH),
        "can_edit": may_write and can_be_edited(post),
        "can_cancel": may_write and (post.state in CANCELLABLE or certain) and not offered.too_late,
        "can_correct": may_write and post.state in {PostState.FAILED, PostState.CANCELLED},
        "can_delete": may_write and post.state in services.DELETABLE,
    }


@require_GET
@require_permission(Permission.POST_WRITE)
def post_media_choice(request: InstanceRequest, media_id: UUID) -> HttpResponse:
    """A just uploaded video as a choice of the composer, chosen unless it cannot be published."""
    media = get_object_or_404(Media, pk=media_id, deleted_at=None)
    mark_seen(media, request.user)
    checked = media.is_checking or media.can_be_published
    return render(request, "tiktok/posts/_media_choice.html", {"media": media, "checked": checked})
