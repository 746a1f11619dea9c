"""Taking media in and giving it up. Every caller has opened the instance's scope."""

import os
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.audit import record
from accounts.models import User
from instances.models import Instance
from tiktok.media import probe, queries, storage
from tiktok.media.errors import MediaError, MediaInUse, MediaRefused
from tiktok.media.facts import Facts, problems_of
from tiktok.media.lease import Lease, lease
from tiktok.media.names import display_name
from tiktok.models import Media, MediaKind, MediaUpload

UPLOAD_LIFE: Final = timedelta(hours=24)


def create_upload(*, instance: Instance, actor: User, size_bytes: int, name: str) -> MediaUpload:
    """Announce a file. Raises MediaError when it is empty, over 4 GB, or the disk has no room for it."""
    storage.require_size(size_bytes)
    storage.require_space(size_bytes + queries.bytes_under_way())
    return MediaUpload.objects.create(
        instance=instance,
        size_bytes=size_bytes,
        original_name=display_name(name),
        path=storage.new_path(instance.pk),
        created_by=actor,
        expires_at=timezone.now() + UPLOAD_LIFE,
    )


def prolong_upload(upload: MediaUpload) -> None:
    """Somebody is at it: the day begins anew."""
    upload.expires_at = timezone.now() + UPLOAD_LIFE
    MediaUpload.objects.filter(pk=upload.pk).update(expires_at=upload.expires_at)


def finish_upload(upload: MediaUpload) -> Media:
    """Examine a complete upload and make it media. May be repeated; the same upload gives the same media.

    Raises MediaRefused when the content is no video (remembered, the bytes are deleted), UploadLocked while
    somebody else is at it, MediaError (409) while bytes are missing.
    """
    if upload.media is None and upload.problem is None:
        with lease(upload) as held:
            _examine_upload(upload, held)
    if upload.media is None:
        problem = upload.problem or {}
        raise MediaRefused(problem["code"], problem["user_message"])
    return upload.media


def _examine_upload(upload: MediaUpload, held: Lease) -> None:
    if upload.media is not None or upload.problem is not None:
        return  # somebody else did it while we waited for the lease
    if upload.offset < upload.size_bytes:
        raise MediaError("incomplete_upload", _("This file has not arrived completely yet."), status=409)
    try:
        media = _examine(upload.path, held)
    except MediaRefused as refused:
        upload.problem = {"code": refused.code, "user_message": refused.user_message}
        held.renew(problem=upload.problem)
        remove_bytes(upload.path)
        return
    with transaction.atomic():
        media.instance, media.original_name = upload.instance, upload.original_name
        media.uploaded_by = upload.created_by
        media.save()
        held.renew(media=media)
    upload.media = media


def _examine(path: str, held: Lease | None) -> Media:
    """Facts, fingerprint and thumbnail of a file, as media that is not saved yet."""
    keep = held.keep if held else _no_lease
    file, thumbnail = storage.absolute(path), thumbnail_of(path)
    if not file.exists():
        raise MediaRefused("upload_lost", _("The received file is gone. Upload it again."))
    facts = probe.probe(file, storage.absolute(thumbnail), keep)
    prints = probe.fingerprint(file, keep)
    has_thumbnail = storage.absolute(thumbnail).exists()
    return _media(path, facts, prints, thumbnail if has_thumbnail else "")


def thumbnail_of(path: str) -> str:
    """Where the picture of a file is written: beside it, so that a second try overwrites it."""
    return f"{path}-thumbnail"


def remove_bytes(path: str) -> None:
    """Delete a file that did not become media, and its picture."""
    storage.remove(path, thumbnail_of(path))


def _no_lease() -> None:
    """A form's file is ours alone."""


def _media(path: str, facts: Facts, prints: probe.Fingerprint, thumbnail: str) -> Media:
    return Media(
        kind=MediaKind.VIDEO,
        path=path,
        thumbnail_path=thumbnail,
        content_type=facts.content_type,
        size_bytes=prints.size_bytes,
        sha256=prints.sha256,
        mtime_ns=prints.mtime_ns,
        inode=prints.inode,
        duration_ms=facts.duration_ms,
        width=facts.width,
        height=facts.height,
        fps=facts.fps,
        codec=facts.codec,
        problems=problems_of(facts),
    )


def take_file(received: str, *, instance: Instance, actor: User, name: str) -> Media:
    """Make a file that was received whole (at the path ``received``) media; the caller removes ``received``.

    Raises MediaRefused or MediaError, leaving nothing behind.
    """
    storage.require_size(Path(received).stat().st_size)
    path = storage.new_path(instance.pk)
    os.link(received, storage.absolute(path))
    with ExitStack() as undo:
        undo.callback(remove_bytes, path)
        media = _examine(path, None)
        media.instance, media.original_name, media.uploaded_by = instance, display_name(name), actor
        media.save()
        undo.pop_all()
    return media


def cancel_upload(upload: MediaUpload) -> None:
    """Forget an upload and its bytes; media made of it stays. Raises UploadLocked while bytes arrive."""
    with lease(upload):
        is_media, path = upload.media_id is not None, upload.path
        MediaUpload.objects.filter(pk=upload.pk).delete()
    if not is_media:
        remove_bytes(path)


def delete_media(media: Media, *, actor: User) -> None:
    """Delete the file for good. The row stays, marked, while a finished post speaks of it.

    Raises MediaInUse when a post that is not final needs it.
    """
    with transaction.atomic():
        media = Media.objects.select_for_update().get(pk=media.pk)
        if count := queries.open_posts_with(media).count():
            raise MediaInUse(_in_use(count))
        MediaUpload.objects.filter(media=media).delete()
        paths = (media.path, media.thumbnail_path)
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
        Media.objects.filter(pk=media.pk).update(deleted_at=timezone.now(), thumbnail_path="")
    else:
        media.delete()


def _in_use(count: int) -> str:
    return ngettext(
        "%(count)d post still needs this video. Cancel it, or wait until it is published.",
        "%(count)d posts still need this video. Cancel them, or wait until they are published.",
        count,
    ) % {"count": count}


def remove_expired_uploads() -> int:
    """Delete the open instance's uploads that nobody continued; how many."""
    count = 0
    for upload in MediaUpload.objects.filter(expires_at__lt=timezone.now()):
        try:
            cancel_upload(upload)
        except MediaError:  # bytes are arriving this moment
            continue
        count += 1
    return count
