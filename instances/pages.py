"""Addresses that people are redirected to."""

from django.urls import reverse

from accounts.models import User
from instances.models import Instance
from instances.queries import instances_of


def instance_url(instance: Instance) -> str:
    """Return the address of the instance's Home."""
    return f"/i/{instance.slug}/"


def list_address(path: str, query: str, page: int) -> str:
    """Return the address of a list with its encoded ``query`` and its page, counted from 1."""
    wanted = "&".join(filter(None, [query, f"page={page}" if page > 1 else ""]))
    return f"{path}?{wanted}" if wanted else path


def home_of(user: User) -> str:
    """Return the address of the person's only instance, or of the list."""
    mine = list(instances_of(user)[:2])
    return instance_url(mine[0]) if len(mine) == 1 else reverse("instances:instance-list")
