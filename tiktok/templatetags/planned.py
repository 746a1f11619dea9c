"""Template tags of planned times."""

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tiktok.posts.wording.times import PlannedTime

register = template.Library()


@register.simple_tag
def planned_time(planned: PlannedTime | None) -> SafeString | str:
    """Return ``<time>`` with the time as the person typed it, and its full form and other zones on hover."""
    if planned is None:
        return ""
    moment = timezone.localtime(planned.at) if planned.at else planned.local
    stamp = moment.isoformat(timespec="seconds")
    return format_html('<time datetime="{}" title="{}">{}</time>', stamp, planned.full, str(planned))
