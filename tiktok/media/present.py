"""Media in the REST API."""

from typing import Any

from tiktok.media.refusals import refusal_text
from tiktok.models import Media, MediaState


def describe(media: Media) -> dict[str, Any]:
    """Return state, facts and display name. The facts of a file that is being checked, or was refused, are null."""
    is_ready = media.state == MediaState.READY
    return {
        "id": str(media.pk),
        "kind": media.kind,
        "state": media.state,
        "name": media.original_name,
        "content_type": media.content_type if is_ready else None,
        "size_bytes": media.size_bytes,
        "sha256": media.sha256 if is_ready else None,
        "duration_ms": media.duration_ms,
        "width": media.width,
        "height": media.height,
        "fps": media.fps,
        "codec": media.codec if is_ready else None,
        "tiktok_copy": describe_copy(media),
        "problems": media.problems,
        "refusal": describe_refusal(media),
        "created_at": media.created_at.isoformat(),
    }


def describe_copy(media: Media) -> dict[str, Any] | None:
    """Return the facts of a photo's TikTok copy; None for a video, and while the photo is being checked."""
    if not media.copy_path:
        return None
    return {
        "size_bytes": media.copy_size_bytes,
        "sha256": media.copy_sha256,
        "width": media.copy_width,
        "height": media.copy_height,
    }


def describe_refusal(media: Media) -> dict[str, str] | None:
    """Return why the file cannot be used: a code and a message; None unless it was refused."""
    if not media.is_refused:
        return None
    return {"code": media.refusal_code, "message": refusal_text(media.refusal_code, media.original_name)}
