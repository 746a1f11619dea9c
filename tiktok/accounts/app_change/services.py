"""Answer the question: move an account to the link through another app, or keep both."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.audit import record
from accounts.models import User
from core.jobs.clock import db_now
from instances.acting import needs
from instances.models import Instance, Notice
from instances.roles import Permission
from tiktok.access import grants
from tiktok.access.notices import resolve
from tiktok.accounts.app_change.queries import Profile, certainty
from tiktok.accounts.avatars import remove_avatar
from tiktok.accounts.labels import clean_labels
from tiktok.accounts.notices import WAITING
from tiktok.developer_apps.choice import label_apps
from tiktok.models import ConnectLink, EventCause, Person, Post, PostEvent, PostState, TikTokAccount
from tiktok.models.work import KEEP

# Fields of the profile; a new link whose profile could not be read yet leaves the one that is known.
PROFILE: Final = (
    "display_name", "username", "avatar_path", "profile_deep_link", "is_verified", "follower_count",
    "following_count", "likes_count", "video_count", "synced_at",
)  # fmt: skip
LINK: Final = ("credential_id", "status", "status_reason", "linked_by_id", "linked_at")


class AlreadyAnswered(Exception):
    """Someone has moved the account or kept both, or one of the links has changed since the question was shown."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The account, how many waiting posts went along, and whether the old permission is kept for other instances."""

    account: TikTokAccount
    from_app: str
    to_app: str
    waiting: int
    is_old_grant_shared: bool


@needs(Permission.ACCOUNT_MANAGE)
def move_account(instance: Instance, *, old_id: UUID, new_id: UUID, actor: User) -> Moved:
    """Point the earlier account at the later link's credential; the later row goes. The instance's scope is open.

    The account keeps its id, name, labels, history and posts, and takes over the posts of the later link. Waiting posts
    start through the new app; what is under way ends through the app that it began with, since each submission knows
    its credential. Raises AlreadyAnswered.
    """
    with transaction.atomic():
        old, new = _locked(old_id, new_id)
        before, after = old.credential, new.credential
        labels = label_apps([before.app, after.app])
        apps = {"from_app": labels[before.app_id], "to_app": labels[after.app_id]}
        Post.objects.filter(account=new).update(account=old)
        waiting = _requeue(old, actor, apps)
        picture = _take_over(old, new)
        is_shared = not grants.retire(before.pk)
        record(
            "account.moved", tenant=instance.tenant, actor=actor, instance_id=instance.pk, target=old,
            **apps, waiting=waiting, new_account=str(new_id),
        )  # fmt: skip
    remove_avatar(picture)
    return Moved(old, **apps, waiting=waiting, is_old_grant_shared=is_shared)


@needs(Permission.ACCOUNT_MANAGE)
def keep_both(instance: Instance, *, old_id: UUID, new_id: UUID, actor: User) -> None:
    """Remember that the two links stay apart. The instance's scope is open. Raises AlreadyAnswered."""
    with transaction.atomic():
        old, new = _locked(old_id, new_id)
        new.kept_apart = [*new.kept_apart, str(old.pk)]
        new.save(update_fields=["kept_apart"])
        record(
            "account.kept_apart", tenant=instance.tenant, actor=actor, instance_id=instance.pk, target=new,
            other=old.name, other_account=str(old.pk),
        )  # fmt: skip


def _locked(old_id: UUID, new_id: UUID) -> tuple[TikTokAccount, TikTokAccount]:
    """Lock both rows, in one order for everybody. Raises AlreadyAnswered unless the question is still open."""
    grants.lock(*TikTokAccount.objects.filter(pk__in=[old_id, new_id]).values_list("credential_id", flat=True))
    rows = TikTokAccount.objects.select_for_update(of=("self",)).select_related("credential__app")
    found = {row.pk: row for row in rows.filter(pk__in=[old_id, new_id]).order_by("pk")}
    if len(found) < 2 or certainty(Profile.of(found[old_id]), Profile.of(found[new_id])) is None:
        raise AlreadyAnswered
    return found[old_id], found[new_id]


def _requeue(account: TikTokAccount, actor: User, apps: dict[str, str]) -> int:
    """Release waiting posts from workers that have read the old link, and requeue those that are due."""
    person, moved = Person(actor), 0
    for post in Post.objects.filter(account=account, state__in=WAITING).order_by("pk"):
        person.guard(post, KEEP if post.state == PostState.SCHEDULED else db_now())
        post.refresh_from_db(fields=["state"])
        if post.state in WAITING:
            PostEvent.note(post, to=PostState(post.state), cause=EventCause.PERSON, by=person, detail=apps)
            moved += 1
    return moved


def _take_over(old: TikTokAccount, new: TikTokAccount) -> str:
    """Move all data of the later row to the earlier one, delete the later, and return the picture to remove, if any."""
    columns = (*LINK, *PROFILE) if new.synced_at else LINK
    changes: dict[str, Any] = {name: getattr(new, name) for name in columns}
    changes |= {"disconnect_at": None, "disconnected_at": None, "end_told_days": None}
    changes["labels"] = _together(old.labels, new.labels)
    changes["kept_apart"] = [pk for pk in {*old.kept_apart, *new.kept_apart} if pk != str(old.pk)]
    picture = old.avatar_path if changes.get("avatar_path", old.avatar_path) != old.avatar_path else ""
    resolve(old)
    Notice.objects.filter(subject_id=new.pk).update(subject_id=old.pk)
    ConnectLink.objects.filter(account=new).update(account=old)
    TikTokAccount.objects.filter(pk=new.pk).delete()
    TikTokAccount.objects.filter(pk=old.pk).update(**changes)
    old.refresh_from_db()
    return picture


def _together(own: list[str], more: Iterable[str]) -> list[str]:
    """Return the account's labels with those of the later link, as far as there is room."""
    labels = own
    for label in more:
        try:
            labels = clean_labels([*labels, label])
        except ValidationError:
            return labels
    return labels
