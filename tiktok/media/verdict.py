"""The result of a check and its notification. Every caller has opened the instance's scope."""

import errno
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from instances.models import NoticeKind
from instances.notices.write import write_notice
from tiktok.media import probe, storage
from tiktok.media.facts import Facts, problems_of
from tiktok.media.probe import CheckLater
from tiktok.media.refusals import ContentRefused
from tiktok.models import Media, MediaKind

# Until then people wait on the page, where the verdict appears.
NOTIFIED_AFTER: Final = timedelta(minutes=1)
THUMBNAIL_ENDING: Final = "-thumbnail"
COPY_ENDING: Final = "-tiktok"


def examine(media: Media, keep: probe.Keep) -> dict[str, Any]:
    """Return facts, fingerprint, thumbnail and TikTok copy of a file, as columns.

    Raises ContentRefused, and CheckLater.
    """
    file, thumbnail, copy = storage.absolute(media.path), thumbnail_of(media.path), copy_of(media.path)
    if not file.exists():
        raise ContentRefused("upload_lost")
    try:
        facts = _probe(file, storage.absolute(thumbnail), storage.absolute(copy), keep)
        prints = probe.fingerprint(file, keep)
        fitted = _copy_columns(copy, keep) if facts.kind == MediaKind.PHOTO else {}
    except OSError as error:
        raise CheckLater(errno.errorcode.get(error.errno or 0, "OSError")) from error
    has_thumbnail = storage.absolute(thumbnail).exists()
    return {
        "kind": facts.kind,
        "thumbnail_path": thumbnail if has_thumbnail else "",
        "content_type": facts.content_type,
        "size_bytes": prints.size_bytes,
        "sha256": prints.sha256,
        "mtime_ns": prints.mtime_ns,
        "inode": prints.inode,
        "duration_ms": facts.duration_ms,
        "width": facts.width,
        "height": facts.height,
        "fps": facts.fps,
        "codec": facts.codec,
        "problems": problems_of(facts),
        **fitted,
    }


def _copy_columns(path: str, keep: probe.Keep) -> dict[str, Any]:
    copy = probe.read_copy(storage.absolute(path), keep)
    return {
        "copy_path": path,
        "copy_size_bytes": copy.prints.size_bytes,
        "copy_sha256": copy.prints.sha256,
        "copy_mtime_ns": copy.prints.mtime_ns,
        "copy_inode": copy.prints.inode,
        "copy_width": copy.width,
        "copy_height": copy.height,
    }


def _probe(file: Path, thumbnail: Path, copy: Path, keep: probe.Keep) -> Facts:
    """Return the facts. A failing disk looks like a damaged file, so it is ruled out (OSError)."""
    try:
        return probe.probe(file, thumbnail, copy, keep)
    except ContentRefused:
        probe.fingerprint(file, keep)
        raise


def notify(media: Media) -> None:
    """Notify the instance about a file that cannot be published, or one that was not ready at once."""
    if media.can_be_published and media.created_at > timezone.now() - NOTIFIED_AFTER:
        return
    kind = NoticeKind.CHECKED if media.can_be_published else NoticeKind.UNUSABLE
    parts = {"refusal_code": media.refusal_code} if media.refusal_code else {}
    write_notice(media.instance_id, kind=kind, subject_id=media.pk, maker_id=media.uploaded_by_id, parts=parts)


def clean_up(media_id: UUID, media: Media | None) -> None:
    """Remove the pictures of a lost check, which it may have written for a deleted file."""
    if media is not None and not Media.objects.filter(pk=media_id, deleted_at=None).exists():
        storage.remove(thumbnail_of(media.path), copy_of(media.path))


def thumbnail_of(path: str) -> str:
    """Return the path of a file's thumbnail: beside it, so that a second try overwrites it."""
    return path + THUMBNAIL_ENDING


def copy_of(path: str) -> str:
    """Return the path of a photo's TikTok copy: beside it, so that a second try overwrites it."""
    return path + COPY_ENDING


def original_of(path: str) -> str:
    """Return the path of the file to which a thumbnail or a TikTok copy belongs; that of any other file is its own."""
    return path.removesuffix(THUMBNAIL_ENDING).removesuffix(COPY_ENDING)


def remove_bytes(path: str) -> None:
    """Delete a file that is not used, and the pictures made of it."""
    storage.remove(path, thumbnail_of(path), copy_of(path))
