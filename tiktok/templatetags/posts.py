"""Template tags of lists of posts."""

from typing import cast

from django import template
from django.template.context import Context

from instances.http import InstanceRequest
from tiktok.models import Post
from tiktok.posts.web.rows import Row, rows_of

register = template.Library()


@register.simple_tag(takes_context=True)
def post_rows(context: Context, posts: list[Post]) -> list[Row]:
    """Return posts as rows for the person who looks at the page; one statement."""
    return list(rows_of(cast(InstanceRequest, context["request"]), posts).values())
