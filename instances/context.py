"""What every page's frame shows: the left rail."""

from typing import Any

from django.http import HttpRequest


def rail(request: HttpRequest) -> dict[str, Any]:
    """The instances a person can switch to, and the navigation of the open one."""
    return {}
