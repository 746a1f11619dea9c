"""Receive and delete media. Every caller has opened the instance's scope."""

import os
from contextlib import ExitStack
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.audit import record
from accounts.models import User
from instances.acting import needs
from instances.models import Instance
from instances.notices.write import resolve_notices
from instances.roles import Permission
from tiktok.media import queries, quotas, storage
from tiktok.media.checks import queue_check
from tiktok.media.containers import HEAD_BYTES, is_image
from tiktok.media.errors import MediaError, MediaInUse, MediaRefused
from tiktok.media.lease import Lease, held_lease
from tiktok.media.names import display_name
from tiktok.media.receive import UPLOAD_LIFE
from tiktok.media.verdict import remove_bytes
from tiktok.models import Media, MediaCheck, MediaKind, MediaUpload


@needs(Permission.MEDIA_WRITE)
def create_upload(*, instance: Instance, actor: User, size_bytes: int, name: str) -> MediaUpload:
    """Announce a file. Raises MediaError when it is empty, over 4 GB, or the disk or the quota lacks space for it."""
    storage.require_size(size_bytes)
    storage.require_space(size_bytes + queries.bytes_under_way())
    with storage.full_disk_as_fault(size_bytes), transaction.atomic():
        upload = MediaUpload.objects.create(
            instance=instance,
            size_bytes=size_bytes,
            original_name=display_name(name),
            path=storage.new_path(instance.pk),
            created_by=actor,
            expires_at=timezone.now() + UPLOAD_LIFE,
        )
        quotas.need_room(instance)
    return upload


def finish_upload(upload: MediaUpload) -> Media:
    """Make a complete upload media, which a worker then checks. May be repeated with the same result.

    Raises UploadLocked while another request holds it, MediaError (409) while bytes are missing, and MediaRefused when
    the received bytes are missing.
    """
    if upload.media is None:
        with storage.full_disk_as_fault(upload.size_bytes), held_lease(upload) as held:
            _finish(upload, held)
    if upload.media is None:
        raise MediaRefused("upload_lost", _("The file that was received is missing. Upload it again."))
    return upload.media


def _finish(upload: MediaUpload, held: Lease) -> None:
    if upload.media is not None:
        return  # another request did it while we waited for the lease
    if upload.offset < upload.size_bytes:
        raise MediaError("incomplete_upload", _("This file has not been received completely yet."), status=409)
    if not storage.absolute(upload.path).exists():
        return
    with transaction.atomic():
        media = _store(upload.path, upload.instance, upload.created_by, upload.original_name)
        held.renew(media=media)
    upload.media = media


@needs(Permission.MEDIA_WRITE)
def take_file(received: str, *, instance: Instance, actor: User, name: str) -> Media:
    """Make a file that was received whole (at the path ``received``) media; the caller removes ``received``.

    A worker then checks it. Raises MediaError, leaving nothing behind.
    """
    size_bytes = Path(received).stat().st_size
    storage.require_size(size_bytes)
    path = storage.new_path(instance.pk)
    with storage.full_disk_as_fault(size_bytes), ExitStack() as undo:
        undo.callback(remove_bytes, path)
        os.link(received, storage.absolute(path))
        with transaction.atomic():
            media = _store(path, instance, actor, display_name(name))
            quotas.need_room(instance)
        undo.pop_all()
    return media


def _store(path: str, instance: Instance, person: User | None, name: str) -> Media:
    """Store media without facts, and the check that finds them."""
    file = storage.absolute(path)
    stat = file.stat()
    with file.open("rb") as opened:
        kind = MediaKind.PHOTO if is_image(opened.read(HEAD_BYTES)) else MediaKind.VIDEO
    media = Media.objects.create(
        instance=instance,
        kind=kind,
        original_name=name,
        path=path,
        size_bytes=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
        inode=storage.inode_of(stat),
        uploaded_by=person,
    )
    queue_check(media)
    return media


def cancel_upload(upload: MediaUpload, *, only_if_expired: bool = False) -> bool:
    """Delete an upload and its bytes; media made of it stays. Raises UploadLocked while bytes arrive.

    Returns whether it did: ``only_if_expired`` spares an upload that was continued since.
    """
    with held_lease(upload):
        if only_if_expired and upload.expires_at >= timezone.now():
            return False
        is_media, path = upload.media_id is not None, upload.path
        MediaUpload.objects.filter(pk=upload.pk).delete()
    if not is_media:
        remove_bytes(path)
    return True


@needs(Permission.MEDIA_WRITE)
def delete_media(media: Media, *, actor: User) -> None:
    """Delete the file for good. The row stays, marked, while a finished post refers to it.

    Raises MediaInUse when a post in a state that is not final needs it.
    """
    with transaction.atomic():
        media = Media.objects.select_for_update().get(pk=media.pk)
        if count := queries.open_posts_with(media).count():
            raise MediaInUse(_in_use(count))
        MediaUpload.objects.filter(media=media).delete()
        MediaCheck.objects.filter(media=media).delete()
        resolve_notices(media.pk)
        paths = (media.path, media.thumbnail_path, media.copy_path)
        transaction.on_commit(lambda: storage.remove(*paths))
        record(
            "media.deleted",
            tenant=media.instance.tenant,
            actor=actor,
            instance_id=media.instance_id,
            target=media,
            size_bytes=media.size_bytes,
        )
        _forget(media)


def _forget(media: Media) -> None:
    if queries.posts_with(media).exists():
        Media.objects.filter(pk=media.pk).update(deleted_at=timezone.now(), thumbnail_path="", copy_path="")
    else:
        media.delete()


def _in_use(count: int) -> str:
    return ngettext(
        "%(count)d post still needs this file. Cancel it, or wait until it is published.",
        "%(count)d posts still need this file. Cancel them, or wait until they are published.",
        count,
    ) % {"count": count}


def remove_expired_uploads() -> int:
    """Delete the open instance's abandoned uploads; return how many."""
    count = 0
    for upload in MediaUpload.objects.filter(expires_at__lt=timezone.now()):
        try:
            count += cancel_upload(upload, only_if_expired=True)
        except MediaError:  # bytes are arriving this moment
            continue
    return count
