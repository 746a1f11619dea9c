"""The page of one post, with a live part that shows its state, actions and history."""

from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import User
from core.sizes import size_text
from instances.decorators import require_permission
from instances.http import InstanceRequest
from instances.notices.reading import mark_read, unread_by
from instances.roles import Permission
from tiktok.models import AttentionReason, Post, PostEvent, PostState
from tiktok.posts import queries, queue, services
from tiktok.posts.schedule import note_for
from tiktok.posts.status_checks import ends_with_pending_check
from tiktok.posts.web.forms import PRIVACY_LABELS
from tiktok.posts.wording import codes, explanation, history, times
from tiktok.posts.wording.actions import actions_for

EDITABLE: Final = frozenset({PostState.DRAFT, PostState.SCHEDULED, PostState.DUE})
CANCELLABLE: Final = frozenset({PostState.SCHEDULED, PostState.DUE, PostState.UPLOADING, PostState.WAITING_ACCOUNT})
REPOSTABLE: Final = frozenset({PostState.FAILED, PostState.CANCELLED})


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def post_detail(request: InstanceRequest, post_id: UUID) -> HttpResponse:
    """Show a post; its notifications count as read."""
    post = get_object_or_404(Post.objects.select_related("account__instance", "created_by", "corrects"), pk=post_id)
    _mark_notifications_read(post, request.user)
    context = live_context(request, post) | {
        "title": explanation.title_of(post),
        "original": {"post": post.corrects, "title": explanation.title_of(post.corrects)} if post.corrects else None,
        "files": post.items.select_related("media"),
        "is_direct": explanation.is_direct(post),
        "privacy_label": PRIVACY_LABELS.get(post.privacy_level, post.privacy_level or _("Not chosen yet")),
        "interactions": explanation.interactions_text(post),
        "disclosure": explanation.disclosure_text(post),
        "planned": times.planned_time(post),
        "plan_note": note_for(post.publish_local, post.publish_zone, post.publish_at),
    }
    return render(request, "tiktok/posts/post_detail.html", context)


@require_GET
@require_permission(Permission.CONTENT_VIEW)
def post_live(request: InstanceRequest, post_id: UUID) -> HttpResponse:
    """Show the live part, which polls often while something moves."""
    post = get_object_or_404(Post.objects.select_related("account__instance"), pk=post_id)
    return render(request, "tiktok/posts/post_live.html", live_context(request, post))


def can_be_edited(post: Post) -> bool:
    """Return whether the post can still become a draft: nothing has been sent to TikTok."""
    return post.state in EDITABLE or services.is_certainly_unpublished(post)


def can_be_cancelled(post: Post) -> bool:
    """Return whether the state allows a cancel; past the commit point it is too late nevertheless."""
    return post.state in CANCELLABLE or services.is_certainly_unpublished(post)


def can_be_replanned(post: Post) -> bool:
    """Return whether the post can get another time, or be published now, without another edit."""
    return post.state == PostState.SCHEDULED or post.attention_reason == AttentionReason.MISSED


def _mark_notifications_read(post: Post, user: User) -> None:
    mark_read(user, unread_by(user).filter(subject_id=post.pk))


def _poll_interval_s(post: Post, events: list[PostEvent]) -> int:
    """Return after how many seconds an open page asks again; 0: never, since nothing will change by itself."""
    if queries.is_moving(post) or ends_with_pending_check(events):
        return 2
    return 15 if post.state in queries.RESTING else 0


def live_context(request: InstanceRequest, post: Post) -> dict[str, Any]:
    """Return what the live part shows."""
    progress = queries.progress_of(post) if post.state == PostState.UPLOADING else None
    events = list(queries.events_of(post))
    successor = queries.successor_of(post) if post.state in REPOSTABLE else None
    may_write = request.membership.can(Permission.POST_WRITE)
    has_next_step = may_write and successor is None
    return {
        "post": post,
        "poll_interval_s": _poll_interval_s(post, events),
        "explanation": (explanation.explain_state if has_next_step else explanation.explain_state_to_viewer)(post),
        "tiktok_code": codes.tiktok_code_of(post),
        "percent": progress.percent if progress else None,
        "progress_text": f"{size_text(progress.shown_bytes)} / {size_text(progress.total_bytes)}" if progress else "",
        "link_note": explanation.link_note(post),
        "next_try_at": None if post.hold_reason in queue.UNTIL_WOKEN else post.tries_again_at,
        "events": history.timeline(events),
        "successor": {"post": successor, "title": explanation.title_of(successor)} if successor else None,
    } | _permitted_actions(request, post, has_successor=successor is not None)


def _permitted_actions(request: InstanceRequest, post: Post, *, has_successor: bool) -> dict[str, Any]:
    actions = actions_for(post)
    may_write = request.membership.can(Permission.POST_WRITE)
    may_publish = request.membership.can(Permission.POST_PUBLISH)
    return {
        "actions": actions,
        "can_decide": may_publish,
        "can_edit": may_write and can_be_edited(post),
        "can_replan": may_publish and can_be_replanned(post),
        "can_cancel": may_write and (actions.stop_download or (can_be_cancelled(post) and not actions.too_late)),
        "can_correct": may_write and post.state in REPOSTABLE and not has_successor,
        "can_delete": may_write and post.state in services.DELETABLE,
    }
