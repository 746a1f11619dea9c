"""Template tags of media: the upload area and how facts are written."""

from typing import Any, cast

from django import template
from django.conf import settings
from django.template.context import Context
from django.urls import reverse

from instances.http import InstanceRequest
from tiktok.media import facts, queries
from tiktok.media.refusals import refusal_text
from tiktok.models import Media

register = template.Library()


@register.inclusion_tag("tiktok/media/_upload.html", takes_context=True)
def media_upload(context: Context, *, photos: bool = False) -> dict[str, Any]:
    """Render the upload area, for videos alone or for ``photos`` too.

    It contains a form, so it goes beside the page's form, not in it.

    The page also includes ``tiktok/media/_head.html``. Every uploaded file causes a bubbling event ``media:uploaded``
    whose ``detail`` is the media as the REST API describes it; Clipdesk still checks it then.
    """
    request = cast(InstanceRequest, context["request"])
    return {
        "request": request,
        "photos": photos,
        "csrf_token": context.get("csrf_token"),
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
        "endpoint": reverse("tiktok:media-uploads", args=[request.instance.slug]),
        "unfinished": queries.unfinished_uploads(request.user),
    }


@register.filter
def refusal(media: Media) -> str:
    """Return why a file cannot be used."""
    return refusal_text(media.refusal_code, media.original_name)


@register.filter
def clock(duration_ms: int | None) -> str:
    """Return "1:05" or "1:02:05"; a dash when unknown."""
    if duration_ms is None:
        return "–"
    minutes, seconds = divmod(round(duration_ms / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@register.filter
def frame_rate(fps: float | None) -> str:
    """Return "29.97 fps"; nothing when unknown."""
    return f"{fps:.2f}".rstrip("0").rstrip(".") + " fps" if fps else ""


@register.filter
def codec_name(codec: str) -> str:
    """Return H.264 instead of h264, JPEG instead of jpeg."""
    return facts.codec_name(codec)


@register.filter
def percent_of(part: int, whole: int) -> int:
    """Return whole percent, rounded down."""
    return part * 100 // whole if whole else 0
