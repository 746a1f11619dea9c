"""The request as views behind /i/<slug>/ and /api/v1/ get it."""

from django.http import HttpRequest

from accounts.models import User
from instances.access import Access
from instances.models import ApiKey, Instance


class InstanceRequest(HttpRequest):
    """A request whose instance is known and whose scope is open."""

    user: User
    instance: Instance
    membership: Access
    api_key: ApiKey | None
