"""The buttons of a post's page: each calls one service, reports the result and returns to the page."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.jobs.nudge import nudge
from core.web.refusals import UserRefusal
from instances.decorators import require_permission
from instances.http import InstanceRequest
from instances.roles import Permission
from tiktok.models import Post
from tiktok.posts import decisions, download_cancels, services
from tiktok.posts.wording.actions import actions_for


def _decide(request: InstanceRequest, post: Post, service: Callable[..., None], *, done: str) -> bool:
    """Call the service and report the result; return whether it succeeded."""
    try:
        service(post, actor=request.user)
    except UserRefusal as error:
        messages.error(request, error.user_message)
        return False
    messages.success(request, done)
    return True


@require_POST
@require_permission(Permission.POST_WRITE)
def post_cancel(request: InstanceRequest, post_id: UUID) -> HttpResponse:
    """Cancel a post that has not been sent to TikTok or is being downloaded, or report that it is too late."""
    post = _find(post_id)
    stops = download_cancels.can_cancel_download(post)
    done = _("Clipdesk asks TikTok to stop downloading.") if stops else _("Post cancelled.")
    if _decide(request, post, download_cancels.cancel, done=done) and stops:
        nudge("advance_post", post.pk)
    return redirect(_page_before(request) or reverse("tiktok:post-detail", args=[request.instance.slug, post.pk]))


@require_POST
@require_permission(Permission.POST_WRITE)
def post_delete(request: InstanceRequest, post_id: UUID) -> HttpResponse:
    """Delete a post that is certainly not published."""
    post = _find(post_id)
    if not _decide(request, post, services.delete_post, done=_("Post deleted.")):
        return redirect("tiktok:post-detail", request.instance.slug, post_id)
    before = _page_before(request)
    is_gone = str(post_id) in before
    return redirect(before if before and not is_gone else reverse("tiktok:post-list", args=[request.instance.slug]))


@require_POST
@require_permission(Permission.POST_WRITE)
def post_correct(request: InstanceRequest, post_id: UUID) -> HttpResponse:
    """Create a draft with the content of a post that failed or was cancelled."""
    post = _find(post_id)
    try:
        new = services.correct_post(post, actor=request.user)
    except UserRefusal as error:
        messages.error(request, error.user_message)
    else:
        return redirect("tiktok:post-edit", request.instance.slug, new.pk)
    return redirect("tiktok:post-detail", request.instance.slug, post.pk)


@require_POST
@require_permission(Permission.POST_PUBLISH)
def post_recheck(request: InstanceRequest, post_id: UUID) -> HttpResponse:
    """Request a status check; TikTok's answer appears on the page."""
    post = _find(post_id)
    if _decide(request, post, decisions.recheck_post, done=_("Status check started.")):
        nudge("advance_post", post.pk)
    return redirect("tiktok:post-detail", request.instance.slug, post.pk)


@require_http_methods(["GET", "POST"])
@require_permission(Permission.POST_SEND_AGAIN)
def post_send_again(request: InstanceRequest, post_id: UUID) -> HttpResponse:
    """Resend a post that may be published; ask first unless the person has confirmed it."""
    post = _find(post_id)
    if request.method == "POST" and request.POST.get("confirm") == "yes":
        if _decide(request, post, decisions.send_again_post, done=_("The post is being resent.")):
            nudge("advance_post", post.pk)
    elif post.is_in_doubt:
        return render(request, "tiktok/posts/post_send_again.html", {"post": post, "actions": actions_for(post)})
    return redirect("tiktok:post-detail", request.instance.slug, post.pk)


@require_POST
@require_permission(Permission.POST_PUBLISH)
def post_set_aside(request: InstanceRequest, post_id: UUID) -> HttpResponse:
    """Take the post off the lists."""
    post = _find(post_id)
    done = _("Post dismissed. You can find it under Dismissed in the list of posts.")
    _decide(request, post, decisions.set_aside_post, done=done)
    return redirect("tiktok:post-detail", request.instance.slug, post.pk)


@require_POST
@require_permission(Permission.POST_PUBLISH)
def post_take_up(request: InstanceRequest, post_id: UUID) -> HttpResponse:
    """Put the post back on the lists."""
    post = _find(post_id)
    _decide(request, post, decisions.take_up_post, done=_("Post restored to the list."))
    return redirect("tiktok:post-detail", request.instance.slug, post.pk)


def _page_before(request: InstanceRequest) -> str:
    """Return the address of the page that the form was on, a list or the post's own; "" when it is not known."""
    before = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(before, {request.get_host()}, require_https=request.is_secure())
    return before if is_ours else ""


def _find(post_id: UUID) -> Post:
    return get_object_or_404(Post.objects.select_related("account__credential__app", "account__instance"), pk=post_id)
