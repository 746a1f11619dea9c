"""Template tags of planned times."""

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tiktok.models import Post
from tiktok.posts.wording.times import PlannedTime

register = template.Library()


@register.filter
def own_time(post: Post) -> str:
    """ "2027-03-01 10:00 Asia/Kolkata": the wall time a person meant, where the page's zone is another one."""
    is_told = post.publish_at is not None and post.publish_zone == timezone.get_current_timezone_name()
    if is_told or not post.publish_local:
        return ""
    return f"{post.publish_local[:16].replace('T', ' ')} {post.publish_zone}"


@register.simple_tag
def planned_time(planned: PlannedTime | None) -> SafeString | str:
    """Return ``<time>`` with the time as the person typed it, and its full form and other zones on hover."""
    if planned is None:
        return ""
    moment = timezone.localtime(planned.at) if planned.at else planned.local
    stamp = moment.isoformat(timespec="seconds")
    return format_html('<time datetime="{}" title="{}">{}</time>', stamp, planned.full, str(planned))
