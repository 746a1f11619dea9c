"""Read profiles from TikTok, with exactly the fields that the granted scopes allow."""

from typing import Any, Final
from uuid import UUID

from accounts.names import on_one_line
from core.jobs.clock import db_now
from tiktok.access.call import call
from tiktok.accounts.avatars import copy_avatar, remove_avatar
from tiktok.api import display
from tiktok.api.limits import Endpoint
from tiktok.api.types import UserInfo
from tiktok.models import AccountStatus, TikTokAccount, TikTokCredential

LONGEST_UNION_ID: Final = 128


def sync_profile(account: TikTokAccount) -> None:
    """Read the profile and copy the avatar, inside the instance's scope; the team's name stays.

    May run twice. Stores nothing if the account was disconnected or moved to another app since. Raises
    ReconnectNeeded, RefreshUnderWay, RateHeld, TikTokError.
    """
    info = _read(account)
    _note_union_id(account.credential_id, info)
    avatar_path = copy_avatar(account, info.avatar_url)
    old_path = account.avatar_path
    changes = profile_columns(info) | {"avatar_path": avatar_path, "synced_at": db_now()}
    same = TikTokAccount.objects.filter(pk=account.pk, credential_id=account.credential_id)
    linked = same.exclude(status=AccountStatus.DISCONNECTED)
    if not linked.update(**changes):
        remove_avatar(avatar_path)
    elif old_path != avatar_path:
        remove_avatar(old_path)
    account.refresh_from_db()


def _note_union_id(credential_id: UUID, info: UserInfo) -> None:
    """Store the id that the TikTok user has in all apps of the same developer."""
    if info.union_id and len(info.union_id) <= LONGEST_UNION_ID:
        unknown = TikTokCredential.objects.filter(pk=credential_id).exclude(union_id=info.union_id)
        unknown.update(union_id=info.union_id)


def _read(account: TikTokAccount) -> UserInfo:
    return call(
        account.credential_id,
        Endpoint.USER_INFO,
        lambda client, token: display.get_user_info(client, access_token=token.access_token, scopes=token.scopes),
    )


def profile_columns(info: UserInfo) -> dict[str, Any]:
    """Return the columns of a profile; what TikTok no longer reports is cleared."""
    return {
        "display_name": on_one_line(info.display_name or "")[:120],
        "username": on_one_line(info.username or "")[:80],
        "profile_deep_link": _link(info.profile_deep_link),
        "is_verified": info.is_verified,
        "follower_count": info.follower_count,
        "following_count": info.following_count,
        "likes_count": info.likes_count,
        "video_count": info.video_count,
    }


def _link(url: str | None) -> str:
    """Return the link if it is an https address, else ""."""
    return url if url and url.startswith("https://") and len(url) <= 500 else ""
