"""The quota of media of one instance; announced uploads count with their whole size."""

from django.conf import settings
from django.db.models import Count, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.sizes import size_text
from instances.models import Instance
from instances.services.quotas import lock_holder
from tiktok.media.errors import MediaQuotaReached
from tiktok.models import Media, MediaUpload


def need_room(instance: Instance) -> None:
    """Raise MediaQuotaReached when the instance holds more than its quotas allow.

    Call it after the row is written, in the same transaction.
    """
    lock_holder(instance)
    files = Media.objects.filter(instance=instance, deleted_at=None)
    copies = files.aggregate(size=Sum("copy_size_bytes", default=0))["size"]
    uploads = MediaUpload.objects.filter(instance=instance, media=None, problem__isnull=True)
    totals = [rows.order_by().aggregate(n=Count("pk"), size=Sum("size_bytes", default=0)) for rows in (files, uploads)]
    if sum(total["n"] for total in totals) > settings.QUOTA_MEDIA:
        text = ngettext(
            "This instance can hold %(most)d file. Delete media, or ask your administrator for more.",
            "This instance can hold %(most)d files. Delete media, or ask your administrator for more.",
            settings.QUOTA_MEDIA,
        )
        raise MediaQuotaReached("quota_media", text % {"most": settings.QUOTA_MEDIA})
    if copies + sum(total["size"] for total in totals) > settings.QUOTA_MEDIA_BYTES:
        text = _("This instance can hold %(most)s of media. Delete media, or ask your administrator for more.")
        raise MediaQuotaReached("quota_media_bytes", text % {"most": size_text(settings.QUOTA_MEDIA_BYTES)})
