"""A post as a row of a list: what it says, and what the person may do with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from instances.http import InstanceRequest
from instances.roles import Permission
from tiktok.accounts.queries import avatar_url
from tiktok.models import MediaType, Post, PostMode, PostState
from tiktok.posts import queries, services
from tiktok.posts.successors import UNSENT, successors_of
from tiktok.posts.web.post_page import REPOSTABLE, can_be_cancelled, can_be_edited, can_be_replanned
from tiktok.posts.wording.codes import explain_post

LONGEST_TITLE = 90


@dataclass(frozen=True, slots=True)
class Row:
    """``title`` is that of photos, or the caption's first line; ``reposted_as`` the post that replaced this one."""

    post: Post
    avatar_url: str
    reposted_as: Post | None
    can_write: bool
    can_publish: bool
    can_reconnect: bool

    @property
    def title(self) -> str:
        """The title of photos, or the caption's first line."""
        return title_of(self.post)

    @property
    def state(self) -> str:
        """The state as lists show it."""
        if self.reposted_as and self.post.state == PostState.FAILED:
            return "reposted"
        return "publishing" if self.post.state in queries.PUBLISHING else self.post.state

    @property
    def why(self) -> str:
        """Return why the post waits or failed."""
        explained = explain_post(self.post)
        return explained.what if explained else ""

    @property
    def repost_of(self) -> Post | None:
        """The post that this one replaces, once it was sent."""
        return self.post.corrects if self.post.state not in UNSENT else None

    @property
    def successor_title(self) -> str:
        """Return the title of the post that replaced this one."""
        return title_of(self.reposted_as) if self.reposted_as else ""

    @property
    def repost_of_title(self) -> str:
        """Return the title of the post that this one replaces."""
        return title_of(self.post.corrects) if self.post.corrects else ""

    @property
    def photo_count(self) -> int:
        """Return the number of photos; 0 for a video."""
        count: int = self.post.file_count  # type: ignore[attr-defined]
        return count if self.post.media_type == MediaType.PHOTO else 0

    @property
    def link(self) -> str:
        """TikTok's address of it, where there is one."""
        return next(iter(self.post.share_urls), "")

    @property
    def can_edit(self) -> bool:
        """Whether nothing was handed over yet."""
        return self.can_write and can_be_edited(self.post)

    @property
    def can_repost(self) -> bool:
        """Whether it failed or was cancelled, and nothing replaced it."""
        return self.can_write and self.post.state in REPOSTABLE and self.reposted_as is None

    @property
    def can_publish_now(self) -> bool:
        """Whether it is scheduled or missed its time."""
        return self.can_publish and can_be_replanned(self.post)

    @property
    def can_cancel(self) -> bool:
        """Whether it can certainly still be kept from being published."""
        is_too_late: bool = self.post.is_past_commit_point  # type: ignore[attr-defined]
        return self.can_write and can_be_cancelled(self.post) and not is_too_late

    @property
    def can_delete(self) -> bool:
        """Whether it is certainly not at TikTok."""
        return self.can_write and self.post.state in services.DELETABLE

    @property
    def has_actions(self) -> bool:
        """Whether its menu has an entry."""
        return self.can_write or bool(self.link)

    @property
    def needs_reconnect(self) -> bool:
        """Return whether a reconnect of its account lets it continue, and the person may do that."""
        return self.can_reconnect and self.post.state == PostState.WAITING_ACCOUNT


def title_of(post: Post) -> str:
    """Return the title, or the first line of the caption, or that there is none."""
    lines = post.title.strip().splitlines() or post.caption.strip().splitlines()
    if lines:
        return Truncator(lines[0]).chars(LONGEST_TITLE)
    return _("No caption") if post.mode == PostMode.DIRECT_POST else _("Draft for the TikTok inbox")


def rows_of(request: InstanceRequest, posts: Iterable[Post]) -> dict[UUID, Row]:
    """Return a row for each of ``queries.listed_posts``, in their order; one statement, however many there are."""
    posts = list(posts)
    successors = successors_of(post.pk for post in posts)
    can_write = request.membership.can(Permission.POST_WRITE)
    can_publish = request.membership.can(Permission.POST_PUBLISH)
    can_reconnect = request.membership.can(Permission.ACCOUNT_RECONNECT)
    return {
        post.pk: Row(
            post=post,
            avatar_url=avatar_url(post.account, request.instance.slug),
            reposted_as=successors.get(post.pk),
            can_write=can_write,
            can_publish=can_publish,
            can_reconnect=can_reconnect,
        )
        for post in posts
    }
