"""Template tags of planned times."""

from django import template
from django.utils import timezone

from tiktok.models import Post

register = template.Library()


@register.filter
def own_time(post: Post) -> str:
    """ "2027-03-01 10:00 Asia/Kolkata": the wall time a person meant, where the page's zone is another one."""
    is_told = post.publish_at is not None and post.publish_zone == timezone.get_current_timezone_name()
    if is_told or not post.publish_local:
        return ""
    return f"{post.publish_local[:16].replace('T', ' ')} {post.publish_zone}"
