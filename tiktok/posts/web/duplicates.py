"""A new post that starts as a copy of another: ``?from=<post id>`` in the composer's address."""

from typing import Any

from instances.http import InstanceRequest
from tiktok.accounts.selection import parse_id
from tiktok.models import Post
from tiktok.posts.web.forms import initial_from


def source_of(request: InstanceRequest) -> Post | None:
    """Return the post to copy, in any state; None for a post of another instance."""
    wanted = parse_id(request.GET.get("from", ""))
    return Post.objects.select_related("account__credential__app").filter(pk=wanted).first() if wanted else None


def initial_of_copy(source: Post) -> dict[str, Any]:
    """Return the form's values: video, caption and options, without a time.

    The audience is left open: TikTok wants it chosen by hand for every post (docs/tiktok.md, section 11).
    """
    return initial_from(source) | {"seen": "", "privacy_level": "", "when": "now", "publish_at": None}
