"""The page that reposts what an outage of TikTok kept from being published."""

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from core.jobs.nudge import nudge
from instances.decorators import require_permission
from instances.http import InstanceRequest
from instances.roles import Permission
from tiktok.posts import reposts
from tiktok.posts.consent import BRANDED_POLICY_URL, MUSIC_USAGE_URL

# Reasons why posts were not sent, one message each.
MOST_REASONS: Final = 3


def outage_notes(request: InstanceRequest) -> list[dict[str, str]]:
    """Return a title and an address for each outage whose posts can be reposted, for those who may do that."""
    if not request.membership.can(Permission.POST_PUBLISH):
        return []
    return [
        {
            "title": lost.title(request.instance.zone),
            "url": reverse("tiktok:outage-posts", args=[request.instance.slug, lost.outage_id]),
        }
        for lost in reposts.lost_by_outage()
    ]


@require_http_methods(["GET", "POST"])
@require_permission(Permission.POST_PUBLISH)
def outage_posts(request: InstanceRequest, outage_id: UUID) -> HttpResponse:
    """Show the posts, all selected, with TikTok's terms; POST publishes the selected ones now."""
    posts = reposts.lost_posts().filter(outage_id=outage_id).order_by("publish_at", "pk")
    if request.method == "POST":
        return _repost(request, outage_id)
    lost = next((each for each in reposts.lost_by_outage() if each.outage_id == outage_id), None)
    if lost is None:
        messages.info(request, _("There are no posts from this outage left to repost."))
        return redirect("tiktok:post-list", request.instance.slug)
    context = {
        "posts": posts,
        "title": lost.title(request.instance.zone),
        "has_ended": lost.ended_at is not None,
        "is_branded": any(post.brand_content for post in posts),
        "music_url": MUSIC_USAGE_URL,
        "branded_url": BRANDED_POLICY_URL,
    }
    return render(request, "tiktok/posts/outage_posts.html", context)


def _repost(request: InstanceRequest, outage_id: UUID) -> HttpResponse:
    try:
        chosen = list(reposts.lost_posts().filter(outage_id=outage_id, pk__in=request.POST.getlist("posts")))
    except ValidationError:
        chosen = []
    result = reposts.repost(chosen, actor=request.user)
    for post in result.sent:
        nudge("advance_post", post.pk)
    sent = len(result.sent)
    if sent:
        messages.success(
            request, ngettext("%(n)d post is being published.", "%(n)d posts are being published.", sent) % {"n": sent}
        )
    for words in result.refused[:MOST_REASONS]:
        messages.error(request, words)
    if (more := len(result.refused) - MOST_REASONS) > 0:
        text = ngettext("%(n)d more post was not sent.", "%(n)d more posts were not sent.", more)
        messages.error(request, text % {"n": more})
    return redirect("tiktok:post-list", request.instance.slug)
