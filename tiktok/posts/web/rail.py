"""What the rail shows of posts."""

from typing import Any

from django.urls import reverse

from instances.http import InstanceRequest
from instances.roles import Permission


def rail_new_post(request: InstanceRequest) -> dict[str, Any]:
    """``new_post_url`` for those who may write posts."""
    can_write = request.membership.can(Permission.POST_WRITE)
    return {"new_post_url": reverse("tiktok:post-new", args=[request.instance.slug]) if can_write else ""}
