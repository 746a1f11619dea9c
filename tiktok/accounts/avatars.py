"""Copies of TikTok's avatars: fetched by the guarded client, re-encoded, kept while the account is connected."""

import hashlib
import io
import logging
from pathlib import Path
from typing import Final

from django.conf import settings
from PIL import Image, ImageOps, UnidentifiedImageError

from core.jobs.waiting import release_slot
from tiktok.access.gateway import loopback_exception
from tiktok.api import guarded
from tiktok.models import TikTokAccount

log = logging.getLogger(__name__)
MAX_BYTES: Final = 5 * 1024 * 1024
MAX_PIXELS: Final = 25_000_000
TIMEOUT_S: Final = 10.0
SIDE: Final = 512
FOLDER: Final = "avatars"


class NotAPicture(Exception):
    """The bytes from TikTok's picture server are not a usable image."""


def copy_avatar(account: TikTokAccount, url: str | None) -> str:
    """Fetch and store the picture; return its path under MEDIA_ROOT, or the current one if that fails."""
    if not url:
        return account.avatar_path
    try:
        with release_slot():
            fetched = guarded.fetch(url, max_bytes=MAX_BYTES, timeout_s=TIMEOUT_S, loopback=loopback_exception())
        return _keep(account, encode(fetched.content))
    except (guarded.AddressRefused, guarded.FetchFailed, NotAPicture) as error:
        log.info("avatar of account %s not copied: %s", account.pk, error)
        return account.avatar_path


def encode(content: bytes) -> bytes:
    """Return a WebP of at most 512 px a side, without metadata. Raises NotAPicture."""
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG", "PNG", "WEBP"]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise NotAPicture("too many pixels")
            picture = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise NotAPicture(type(error).__name__) from error
    picture.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=85)
    return out.getvalue()


def _keep(account: TikTokAccount, content: bytes) -> str:
    """Write under a name that changes with the picture, so that browsers may cache it."""
    name = f"{FOLDER}/{account.pk}-{hashlib.sha256(content).hexdigest()[:12]}.webp"
    path = settings.MEDIA_ROOT / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    half.write_bytes(content)
    half.replace(path)
    return name


def avatar_file(account: TikTokAccount) -> Path | None:
    """Return the path of the picture, if there is one."""
    path: Path = settings.MEDIA_ROOT / account.avatar_path
    return path if account.avatar_path and path.is_file() else None


def remove_avatar(path: str) -> None:
    """Delete a copy; harmless if it is gone."""
    if path:
        (settings.MEDIA_ROOT / path).unlink(missing_ok=True)
