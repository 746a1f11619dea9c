"""The kinds of post and destinations that the composer offers, and why the account or its app allows no others."""

from typing import Any

from django.urls import reverse

from instances.http import InstanceRequest
from tiktok.access import quota
from tiktok.accounts.selection import parse_id
from tiktok.api.limits import PENDING_DRAFTS_MAX, PHOTOS_MAX
from tiktok.api.types import Scope
from tiktok.models import TikTokAccount
from tiktok.posts.creator import CreatorInfoUnavailable, account_trouble
from tiktok.posts.web import photos
from tiktok.posts.web.forms import PostForm


def describe(
    request: InstanceRequest, form: PostForm, account: TikTokAccount, refusal: CreatorInfoUnavailable | None
) -> dict[str, Any]:
    """Return what the composer shows of the media and the destination, and whether the post can be sent."""
    app = account.credential.app
    return {
        "strip": photos.strip_of(
            photos.read_ids(form["photos"].value() or ()),
            parse_id(str(form["cover"].value() or "")),
            shown=photos.shown_of(request.POST) if form.is_photo_post else 0,
        ),
        "photos_max": PHOTOS_MAX,
        "can_photos": app.can_pull,
        "app_name": app.name,
        "prefix_url": reverse("admin:tiktok_tiktokapp_prefix", args=[app.pk]) if request.user.is_staff else "",
        "can_upload": not account_trouble(account, Scope.VIDEO_UPLOAD),
        "pending_drafts": 0 if form.is_direct else quota.pending_drafts(account),
        "drafts_max": PENDING_DRAFTS_MAX,
        "can_send": refusal is None and (app.can_pull or not form.is_photo_post),
    }
