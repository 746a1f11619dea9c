"""Warn of a draft that has to wait: TikTok takes five unfinished drafts of an account in 24 hours."""

from django.utils.translation import gettext as _

from tiktok.access import quota
from tiktok.api.limits import PENDING_DRAFTS_MAX
from tiktok.models import Post
from tiktok.posts.same_file import Warned


def warnings_for(post: Post) -> list[Warned]:
    """Return the warning for a post that is to be sent to the TikTok inbox now; none for a draft in Clipdesk."""
    if post.publish_at is None or post.publish_local or post.way.is_direct:
        return []
    if quota.pending_drafts(post.account) < PENDING_DRAFTS_MAX:
        return []
    text = _(
        "The account has %(most)d unfinished drafts from apps in its TikTok inbox. This one is sent once a draft is "
        "finished, or a day has passed."
    )
    return [Warned("pending_drafts", text % {"most": PENDING_DRAFTS_MAX})]
