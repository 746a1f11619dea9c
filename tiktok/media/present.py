"""Media as programs read it."""

from typing import Any

from tiktok.models import Media


def describe(media: Media) -> dict[str, Any]:
    """The facts of design 9, and the name people gave the file."""
    return {
        "id": str(media.pk),
        "kind": media.kind,
        "name": media.original_name,
        "content_type": media.content_type,
        "size_bytes": media.size_bytes,
        "sha256": media.sha256,
        "duration_ms": media.duration_ms,
        "width": media.width,
        "height": media.height,
        "fps": media.fps,
        "codec": media.codec,
        "problems": media.problems,
        "created_at": media.created_at.isoformat(),
    }
