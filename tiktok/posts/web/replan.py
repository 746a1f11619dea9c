"""Another time for a post, or publishing it now, without the whole form."""

from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.jobs.clock import read_db_now
from core.jobs.nudge import nudge
from core.web.refusals import UserRefusal, add_refusal
from instances.decorators import require_permission
from instances.http import InstanceRequest
from instances.roles import Permission
from tiktok.models import Post
from tiktok.posts import queries, same_file, schedule, services
from tiktok.posts.consent import BRANDED_POLICY_URL, MUSIC_USAGE_URL, Consent
from tiktok.posts.creator import CreatorInfoUnavailable, offer_for
from tiktok.posts.schedule import TimeRefused, When
from tiktok.posts.web.forms import MINUTE_CHARS, PlanForm, stored_plan_of
from tiktok.posts.web.post_page import can_be_replanned
from tiktok.posts.wording import explanation, times
from tiktok.posts.wording.explanation import is_direct, started_text


@require_http_methods(["GET", "POST"])
@require_permission(Permission.POST_PUBLISH)
def post_reschedule(request: InstanceRequest, post_id: UUID) -> HttpResponse:
    """Give a scheduled post, or one that missed its time, another time."""
    post = _find(post_id)
    if refused := _refuse_unless_replannable(request, post):
        return refused
    plan = stored_plan_of(post)
    initial = {"publish_at": plan.local[:MINUTE_CHARS]}
    zone = plan.zone or request.instance.zone.key
    form = PlanForm(_with_offered_time(request), initial=initial, zone=zone, stored_plan=plan)
    if (
        request.method == "POST"
        and "use_time" not in request.POST
        and form.is_valid()
        and _reschedule(request, post, form)
    ):
        return redirect("tiktok:post-detail", request.instance.slug, post.pk)
    return render(request, "tiktok/posts/post_reschedule.html", _context(post) | {"form": form})


@require_http_methods(["GET", "POST"])
@require_permission(Permission.POST_PUBLISH)
def post_publish_now(request: InstanceRequest, post_id: UUID) -> HttpResponse:
    """Publish a scheduled post now; GET asks first."""
    post = _find(post_id)
    if refused := _refuse_unless_replannable(request, post):
        return refused
    form = Form(request.POST or None)
    if request.method == "POST" and form.is_valid() and _publish(request, post, form, None):
        messages.success(request, started_text(post.mode))
        return redirect("tiktok:post-detail", request.instance.slug, post.pk)
    repeats = same_file.warning(post.account, queries.files_of(post), read_db_now(), besides=post.pk)
    context = _context(post) | {
        "form": form, "repeats": repeats, "planned": times.planned_time(post), "is_direct": is_direct(post),
    }  # fmt: skip
    return render(request, "tiktok/posts/post_publish_now.html", context)


def _find(post_id: UUID) -> Post:
    return get_object_or_404(Post.objects.select_related("account__credential__app", "account__instance"), pk=post_id)


def _refuse_unless_replannable(request: InstanceRequest, post: Post) -> HttpResponse | None:
    if can_be_replanned(post):
        return None
    messages.error(request, _("This post can no longer be rescheduled."))
    return redirect("tiktok:post-detail", request.instance.slug, post.pk)


def _with_offered_time(request: InstanceRequest) -> dict[str, str] | None:
    """Return what was sent, with the time that was offered instead of one that the clocks skip if it was accepted."""
    data = request.POST.dict()
    if offered := data.get("use_time"):
        data["publish_at"] = offered
    return data or None


def _context(post: Post) -> dict[str, object]:
    return {
        "post": post,
        "title": explanation.title_of(post),
        "music_url": MUSIC_USAGE_URL,
        "branded_url": BRANDED_POLICY_URL,
    }


def _reschedule(request: InstanceRequest, post: Post, form: PlanForm) -> bool:
    try:
        when = schedule.from_plan(form.plan())
    except TimeRefused as error:
        _tell(form, error)
        return False
    if not _publish(request, post, form, when):
        return False
    moved = _("The post was moved to %(time)s.") % {"time": times.PlannedTime(when.local, when.zone, when.at)}
    messages.success(request, " ".join(filter(None, [moved, when.note])))
    return True


def _publish(request: InstanceRequest, post: Post, form: Form, when: When | None) -> bool:
    """Publish under a consent given now; return whether it was accepted, with the errors in the form if not."""
    try:
        creator = offer_for(post.account, post.mode, when.at if when else None)
        consent = Consent(user=request.user, creator_info=creator, channel="web", agreed=True)
        services.publish_post(post, when=when, consent=consent, actor=request.user)
    except CreatorInfoUnavailable as error:
        form.add_error(None, error.user_message)
    except UserRefusal as error:
        _tell(form, error)
    else:
        nudge("advance_post", post.pk)
        return True
    return False


def _tell(form: Form, error: UserRefusal) -> None:
    names = {problem.field: None for problem in error.errors if problem.field not in form.fields}
    add_refusal(form, error, names)
    if isinstance(form, PlanForm) and isinstance(error, TimeRefused):
        form.next_valid = error.next_valid
