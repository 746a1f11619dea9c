"""The six ways to hand a post to TikTok, as data: what is posted, how it ends, and how the bytes get there."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from tiktok.api.limits import Endpoint
from tiktok.api.types import Scope


class MediaType(models.TextChoices):
    """TikTok's ``media_type``."""

    VIDEO = "VIDEO", _("Video")
    PHOTO = "PHOTO", _("Photos")


class PostMode(models.TextChoices):
    """TikTok's ``post_mode``: published by Clipdesk, or a draft that its person finishes in TikTok's app."""

    DIRECT_POST = "DIRECT_POST", _("Publish directly")
    MEDIA_UPLOAD = "MEDIA_UPLOAD", _("Send to TikTok inbox")


class MediaSource(models.TextChoices):
    """TikTok's ``source_info.source``: Clipdesk sends the file, or TikTok downloads it."""

    FILE_UPLOAD = "FILE_UPLOAD", _("Upload")
    PULL_FROM_URL = "PULL_FROM_URL", _("Download by TikTok")


SCOPES: Final[Mapping[str, Scope]] = MappingProxyType(
    {PostMode.DIRECT_POST: Scope.VIDEO_PUBLISH, PostMode.MEDIA_UPLOAD: Scope.VIDEO_UPLOAD}
)


@dataclass(frozen=True, slots=True)
class Way:
    """How a post is handed over. Photos are always downloaded by TikTok."""

    media_type: MediaType
    mode: PostMode
    source: MediaSource

    @property
    def endpoint(self) -> Endpoint:
        """Return the endpoint of its init."""
        if self.media_type == MediaType.PHOTO:
            return Endpoint.CONTENT_INIT
        return Endpoint.VIDEO_INIT if self.is_direct else Endpoint.INBOX_VIDEO_INIT

    @property
    def scope(self) -> Scope:
        """Return the scope that the account's owner must have granted."""
        return SCOPES[self.mode]

    @property
    def is_direct(self) -> bool:
        """Return whether Clipdesk publishes it; otherwise it becomes a draft in the TikTok inbox."""
        return self.mode == PostMode.DIRECT_POST

    @property
    def is_pull(self) -> bool:
        """Return whether TikTok downloads the files, so that it starts by itself after the init."""
        return self.source == MediaSource.PULL_FROM_URL
