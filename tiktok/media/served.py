"""A file as TikTok downloads it: a video as it was uploaded, a photo as its TikTok copy."""

from tiktok.models import Media
from tiktok.models.capability import ServedFile

COPY_TYPE = "image/jpeg"


def served_file(media: Media) -> ServedFile:
    """Return the file of checked media that goes to TikTok, with its identity when its SHA-256 was taken."""
    if media.is_photo:
        return ServedFile(
            media.copy_path, COPY_TYPE, media.copy_sha256, media.copy_size_bytes, media.copy_mtime_ns, media.copy_inode
        )
    return ServedFile(media.path, media.content_type, media.sha256, media.size_bytes, media.mtime_ns, media.inode)
