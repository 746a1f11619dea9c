"""Posts in the rail."""

from typing import Any

from django.urls import reverse

from instances.http import InstanceRequest
from instances.roles import Permission


def rail_new_post(request: InstanceRequest) -> dict[str, Any]:
    """Return ``new_post_url``, empty for people who cannot write posts."""
    can_write = request.membership.can(Permission.POST_WRITE)
    return {"new_post_url": reverse("tiktok:post-new", args=[request.instance.slug]) if can_write else ""}
