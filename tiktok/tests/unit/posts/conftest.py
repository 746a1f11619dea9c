"""One instance with an active account, a file on disk, and a creator who allows everything."""

import pytest

from accounts.models import User
from instances.models import Instance
from tiktok.api.types import CreatorInfo
from tiktok.models import Media, TikTokAccount
from tiktok.posts.consent import Consent
from tiktok.tests.factories import make_account, make_media

PUBLIC = ("PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY")


def creator(**fields: object) -> CreatorInfo:
    """A public account that allows everything."""
    defaults: dict[str, object] = {
        "creator_avatar_url": "", "creator_username": "noravale", "creator_nickname": "Nora Vale",
        "privacy_level_options": PUBLIC, "comment_disabled": False, "duet_disabled": False,
        "stitch_disabled": False, "max_video_post_duration_s": 600,
    }  # fmt: skip
    return CreatorInfo(**(defaults | fields))  # type: ignore[arg-type]


@pytest.fixture
def account(scoped: Instance) -> TikTokAccount:
    return make_account(scoped)


@pytest.fixture
def media(scoped: Instance) -> Media:
    return make_media(scoped)


@pytest.fixture
def consent(editor: User) -> Consent:
    return Consent(user=editor, creator_info=creator(), channel="web", agreed=True)
