"""A file as TikTok downloads it."""

from tiktok.models import Media
from tiktok.models.capability import ServedFile


def served_file(media: Media) -> ServedFile:
    """Return the file of a checked video that goes to TikTok."""
    return ServedFile(path=media.path, content_type=media.content_type, sha256=media.sha256)
