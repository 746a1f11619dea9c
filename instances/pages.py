"""Where people land."""

from django.urls import reverse

from accounts.models import User
from instances.models import Instance
from instances.queries import instances_of


def instance_url(instance: Instance) -> str:
    """The instance's dashboard."""
    return f"/i/{instance.slug}/"


def list_address(path: str, query: str, page: int) -> str:
    """Where a list stands, with what was looked for (``query``, encoded) and its page, counted from 1."""
    wanted = "&".join(filter(None, [query, f"page={page}" if page > 1 else ""]))
    return f"{path}?{wanted}" if wanted else path


def home_of(user: User) -> str:
    """The person's only instance, or the list of all."""
    mine = list(instances_of(user)[:2])
    return instance_url(mine[0]) if len(mine) == 1 else reverse("instances:instance-list")
