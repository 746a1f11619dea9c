"""Creator info, the options TikTok allows now, for the composer, the API and the check before each start."""

from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from core.jobs.clock import read_db_now
from core.web.refusals import UserRefusal
from tiktok.access import quota, throttle
from tiktok.access.call import call
from tiktok.access.tokens import ReconnectNeeded, RefreshUnderWay
from tiktok.api import content_posting
from tiktok.api.errors import ErrorKind, RateLimited, TikTokError
from tiktok.api.limits import Endpoint
from tiktok.api.types import CreatorInfo, PrivacyLevel, Scope
from tiktok.media.facts import DURATION_MAX_S
from tiktok.models import AccountStatus, ConsentSnapshot, PostMode, TikTokAccount
from tiktok.posts import queue
from tiktok.posts.consent import creator_from_json
from tiktok.posts.wording.codes import RECONNECT, explain

# The code of a permission that the account owner has not granted.
MISSING_SCOPE: Final = {Scope.VIDEO_PUBLISH: "scope_missing", Scope.VIDEO_UPLOAD: "upload_scope_missing"}
# TikTok's refusals under our names for what an account lacks.
_OF_THE_ACCOUNT: Final = {ErrorKind.SCOPE: "scope_missing", ErrorKind.AUTH: "reconnect_needed"}


class CreatorInfoUnavailable(UserRefusal):
    """TikTok's creator info cannot be read now, so that TikTok does not allow a post.

    ``code`` as in ``wording.codes``; ``tiktok_code`` and ``log_id`` for Details. ``retry_at``: when TikTok's rate limit
    allows the next call.
    """

    def __init__(self, code: str, *, tiktok_code: str = "", log_id: str = "", retry_at: datetime | None = None) -> None:
        super().__init__(code, "")
        self.tiktok_code, self.log_id, self.retry_at = tiktok_code, log_id, retry_at

    @property
    def what(self) -> str:
        """Return what happened, without what to do."""
        return explain(self.code).what

    @property
    def detail(self) -> str:
        """Return what happened and what to do."""
        words = explain(self.code)
        return f"{words.what} {self._can(words.can)}".strip()

    def _can(self, otherwise: str) -> str:
        if self.code == "scope_missing":
            return _("Reconnect it and leave the permission to publish turned on at TikTok.")
        if self.code == "upload_scope_missing":
            return _("Reconnect it and leave the permission to upload content turned on at TikTok.")
        if self.is_cap:
            return _("Choose a time more than 24 hours from now, or save the post as a draft.")
        return _("Reconnect it first and grant the permissions.") if self.needs_reconnect else otherwise

    @property
    def needs_reconnect(self) -> bool:
        """Whether only a new consent of the account owner helps."""
        return explain(self.code).act == RECONNECT

    @property
    def is_cap(self) -> bool:
        """Whether a 24-hour limit of TikTok's is the only reason."""
        return self.code in quota.CODES


def fetch_creator_info(account: TikTokAccount) -> CreatorInfo:
    """Query TikTok's creator info. Not inside a transaction. Raises CreatorInfoUnavailable."""
    if trouble := account_trouble(account):
        raise CreatorInfoUnavailable(trouble)
    try:
        return ask_creator_info(account)
    except ReconnectNeeded as error:
        raise CreatorInfoUnavailable("reconnect_needed") from error
    except RefreshUnderWay as error:
        raise CreatorInfoUnavailable("refresh") from error
    except throttle.RateHeld as error:
        raise CreatorInfoUnavailable("rate", retry_at=error.until) from error
    except RateLimited as error:
        retry_at = throttle.free_at(account.credential_id, Endpoint.CREATOR_INFO)
        raise CreatorInfoUnavailable(
            error.code, tiktok_code=error.code, log_id=error.log_id, retry_at=retry_at
        ) from error
    except TikTokError as error:
        code = _OF_THE_ACCOUNT.get(error.kind, error.code)
        raise CreatorInfoUnavailable(code, tiktok_code=error.code, log_id=error.log_id) from error


def account_trouble(account: TikTokAccount, scope: Scope = Scope.VIDEO_PUBLISH) -> str:
    """Return the code of why the account cannot post now with this scope; empty if it can."""
    if account.status in (AccountStatus.DISCONNECTING, AccountStatus.DISCONNECTED):
        return "account_disconnected"
    if account.status != AccountStatus.ACTIVE:
        return "reconnect_needed"
    return "" if scope in account.credential.scopes else MISSING_SCOPE[scope]


def creator_info_for(account: TikTokAccount, at: datetime | None) -> CreatorInfo:
    """Return TikTok's offer for a post at ``at`` (None: now). Not in a transaction. Raises CreatorInfoUnavailable."""
    try:
        return fetch_creator_info(account)
    except CreatorInfoUnavailable as refusal:
        refuse_under_cap(refusal, at)
        return last_offer(account)


def offer_for(account: TikTokAccount, mode: str, at: datetime | None) -> CreatorInfo | None:
    """Return TikTok's offer for a post at ``at`` (None: now); None for a draft, which needs the permission alone.

    Not in a transaction. Raises CreatorInfoUnavailable.
    """
    if mode == PostMode.DIRECT_POST:
        return creator_info_for(account, at)
    if trouble := account_trouble(account, Scope.VIDEO_UPLOAD):
        raise CreatorInfoUnavailable(trouble)
    return None


def refuse_under_cap(refusal: CreatorInfoUnavailable, at: datetime | None) -> None:
    """Raise ``refusal`` unless it is a 24-hour limit that will have ended at the post's time."""
    if not refusal.is_cap or at is None or at <= read_db_now() + quota.WINDOW:
        raise refusal


def last_offer(account: TikTokAccount) -> CreatorInfo:
    """Return TikTok's last offer, else every option; it is compared again at the post's time."""
    kept = ConsentSnapshot.objects.filter(post__account=account).exclude(creator_info={}).order_by("-at").first()
    if kept is not None:
        return creator_from_json(kept.creator_info)
    return CreatorInfo(
        creator_avatar_url="",
        creator_username=account.username,
        creator_nickname=account.display_name or account.username,
        privacy_level_options=tuple(PrivacyLevel),
        comment_disabled=False,
        duet_disabled=False,
        stitch_disabled=False,
        max_video_post_duration_s=DURATION_MAX_S,
    )


def ask_creator_info(account: TikTokAccount) -> CreatorInfo:
    """As ``fetch_creator_info``, with the faults as they come; ReconnectNeeded also for a missing scope."""
    if Scope.VIDEO_PUBLISH not in account.credential.scopes:
        raise ReconnectNeeded("scope_missing")
    creator = call(
        account.credential_id,
        Endpoint.CREATOR_INFO,
        lambda client, token: content_posting.query_creator_info(client, access_token=token.access_token),
        known=account.credential,
    )
    if quota.clear_hold(account.credential):
        queue.requeue_first(account.credential_id)
    return creator
