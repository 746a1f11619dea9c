"""Housekeeping of media, run from the periodic table."""

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.media import services


def remove_expired_uploads() -> None:
    """Delete what was begun and not continued for a day, in every instance."""
    for instance in Instance.objects.all():
        with instance_scope(instance):
            services.remove_expired_uploads()
