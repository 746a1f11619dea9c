"""The consent of a person, in the wording that TikTok requires (docs/tiktok.md, section 11), and its storage."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from tiktok.api.types import CreatorInfo
from tiktok.models import ConsentSnapshot, Post, PostMode
from tiktok.posts.rules import PostOptions, options_of

MUSIC_USAGE_URL: Final = "https://www.tiktok.com/legal/page/global/music-usage-confirmation/en"
BRANDED_POLICY_URL: Final = "https://www.tiktok.com/legal/page/global/bc-policy/en"


@dataclass(frozen=True, slots=True)
class Consent:
    """That ``user`` agreed, seeing ``creator_info`` (None for a draft); ``channel`` is "web" or "api"."""

    user: User
    creator_info: CreatorInfo | None
    channel: str
    agreed: bool


def consent_text(options: PostOptions) -> str:
    """Return the sentence beside the button that publishes, or sends a draft: that one is agreed to in TikTok."""
    if options.mode == PostMode.MEDIA_UPLOAD:
        return _("By sending, you agree that this content is transferred to TikTok. You publish it in the TikTok app.")
    if options.brand_content:
        return _("By posting, you agree to TikTok's Branded Content Policy and Music Usage Confirmation")
    return _("By posting, you agree to TikTok's Music Usage Confirmation")


def creator_to_json(creator: CreatorInfo) -> dict[str, Any]:
    """Return what is stored with a consent, without the avatar's address, which expires after two hours."""
    stored = asdict(creator) | {"privacy_level_options": list(creator.privacy_level_options)}
    del stored["creator_avatar_url"]
    return stored


def creator_from_json(stored: Mapping[str, Any]) -> CreatorInfo:
    """Reverse ``creator_to_json``."""
    options = tuple(stored["privacy_level_options"])
    return CreatorInfo(**{**stored, "privacy_level_options": options, "creator_avatar_url": ""})


def keep(post: Post, consent: Consent) -> ConsentSnapshot:
    """Store the consent that is in force from now on. Call it in the transaction of the transition."""
    void(post)
    options = options_of(post)
    return ConsentSnapshot.objects.create(
        instance_id=post.instance_id,
        post=post,
        user=consent.user,
        text=consent_text(options),
        options=options.as_columns(),
        creator_info=creator_to_json(consent.creator_info) if consent.creator_info else {},
        channel=consent.channel,
    )


def void(post: Post) -> None:
    """End the consent in force, if any."""
    ConsentSnapshot.objects.filter(post=post, void_at=None).update(void_at=timezone.now())


def in_force(post: Post) -> ConsentSnapshot | None:
    """Return the consent under which the post may be published."""
    return ConsentSnapshot.objects.filter(post=post, void_at=None).first()
