"""Services for people's actions on posts. Each is one transaction with its audit line; pages and the API call them.

A service first locks the post's work item and then reads the post, so that it decides on its present state; a worker
that held the post can no longer write. Nothing here calls TikTok.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.audit import record
from accounts.models import User
from core.jobs.clock import read_db_now
from core.web.refusals import FieldError, UserRefusal
from instances.acting import needs
from instances.models import Instance
from instances.notices.write import forget_notices, resolve_notices
from instances.roles import Permission
from instances.services.quotas import need_room
from tiktok.models import (
    AccountStatus,
    EventCause,
    InvalidTransition,
    Media,
    MediaType,
    Person,
    Post,
    PostEvent,
    PostMedia,
    PostState,
    StaleState,
    TikTokAccount,
    WorkItem,
)
from tiktok.models.states import CERTAINLY_NOT_PUBLISHED
from tiktok.models.work import KEEP
from tiktok.posts import consent as consents
from tiktok.posts.consent import Consent
from tiktok.posts.idempotency import Idempotency, find_replay, insert_once
from tiktok.posts.quarantine import refuse_in_quarantine
from tiktok.posts.queries import files_of, version_of
from tiktok.posts.queue import requeue_next
from tiktok.posts.rules import OptionsRefused, PostOptions, check_options, options_of
from tiktok.posts.schedule import NO_PLAN, Plan, When, plan_of, refuse_unless_ahead
from tiktok.posts.submissions import close_submission
from tiktok.posts.successors import sent_successors
from tiktok.posts.way_options import media_type_of

WAITING: Final = frozenset(
    {
        PostState.SCHEDULED, PostState.DUE, PostState.INITING, PostState.UPLOADING, PostState.PROCESSING,
        PostState.WAITING_ACCOUNT,
    }
)  # fmt: skip
DELETABLE: Final = frozenset({PostState.DRAFT, PostState.CANCELLED, PostState.FAILED})
NOTHING_WRONG: Final[Mapping[str, Any]] = {
    "error_code": "", "error_field": "", "tiktok_code": "", "log_id": "", "hold_reason": "", "hold_count": 0,
    "publish_status": "", "fail_reason": "", "outage": None,
}  # fmt: skip
PLAN_FIELDS: Final = frozenset({"publish_local", "publish_zone"})


@needs(Permission.POST_WRITE)
def create_post(
    *,
    account: TikTokAccount,
    files: Sequence[Media],
    options: PostOptions,
    actor: User,
    idempotency: Idempotency | None = None,
    batch: UUID | None = None,
    corrects: Post | None = None,
    plan: Plan = NO_PLAN,
) -> tuple[Post, bool]:
    """Create a draft of one video or of photos in their order; return it, and True if the same request created it.

    Of any number of equal requests at the same time one creates the post. Raises OptionsRefused, and
    IdempotencyConflict if the key was used with another body before.
    """
    if idempotency and (replay := find_replay(idempotency)):
        return replay, True
    refuse(check_options(options, files=files, creator=None, app_audited=None, draft=True) + unusable(account))
    post = Post(
        instance_id=account.instance_id,
        account=account,
        batch=batch or uuid4(),
        created_by=actor,
        corrects=corrects,
        publish_local=plan.local,
        publish_zone=plan.zone,
        media_type=_type_of(files),
        **options.as_columns(),
    )
    with transaction.atomic():
        if replay := insert_once(post, idempotency):
            return replay, True
        WorkItem.objects.create(post=post, instance_id=post.instance_id)
        _set_files(post, files)
        PostEvent.note(post, to=PostState.DRAFT, cause=EventCause.PERSON, by=Person(actor))
        note_act("post.create", post, actor)
    return post, False


@needs(Permission.POST_PUBLISH)
def submit_post(
    *,
    account: TikTokAccount,
    files: Sequence[Media],
    options: PostOptions,
    actor: User,
    consent: Consent,
    when: When | None,
    idempotency: Idempotency | None = None,
    batch: UUID | None = None,
) -> tuple[Post, bool]:
    """Call ``create_post`` and ``publish_post`` in one transaction."""
    with transaction.atomic():
        post, is_replay = create_post(
            account=account, files=files, options=options, actor=actor, idempotency=idempotency, batch=batch
        )
        if not is_replay:
            publish_post(post, when=when, consent=consent, actor=actor)
    return post, is_replay


@dataclass(frozen=True, slots=True)
class Revision:
    """A post's new content; without ``plan`` its planned time stays."""

    options: PostOptions
    files: Sequence[Media]
    plan: Plan | None = None


@dataclass(frozen=True, slots=True)
class Sending:
    """The consent under which a post is to be published, and when: now if ``when`` is None."""

    consent: Consent
    when: When | None


@needs(Permission.POST_WRITE)
def edit_post(
    post: Post,
    *,
    revise: Callable[[Post], Revision],
    actor: User,
    seen: str = "",
    sending: Sending | None = None,
) -> None:
    """Change a draft, or a post that waits, which becomes a draft and loses its consent; then publish it if asked.

    ``revise`` gets the post as it is now, locked. ``seen``: its ``version_of`` when the person opened it. A refusal
    changes nothing. Raises StaleState for another version, InvalidTransition for a post that TikTok has,
    OptionsRefused, and with ``sending`` what ``publish_post`` raises.
    """
    with locked(post, actor) as person:
        if seen and seen != version_of(post):
            raise StaleState(f"{post.pk} was changed by another person or in another tab")
        if post.state != PostState.DRAFT:
            _to_draft(post, person, is_replanned=sending is not None)
            if sending is None:
                note_act("post.unschedule", post, actor)
        edited = _rewrite(post, revise(post))
        if sending:
            edited = [name for name in edited if name not in PLAN_FIELDS]  # the new time is told when it is scheduled
        if edited:
            PostEvent.note(post, to=PostState.DRAFT, cause=EventCause.PERSON, by=person, detail={"edited": edited})
        note_act("post.edit", post, actor)
        if sending:
            publish_post(post, when=sending.when, consent=sending.consent, actor=actor)


def _rewrite(post: Post, revision: Revision) -> list[str]:
    """Write the new content; return the names of what differs."""
    refuse(check_options(revision.options, files=revision.files, creator=None, app_audited=None, draft=True))
    plan = revision.plan
    changes = revision.options.as_columns() | ({"publish_local": plan.local, "publish_zone": plan.zone} if plan else {})
    edited = [name for name, value in changes.items() if getattr(post, name) != value]
    if files_of(post) != tuple(revision.files):
        edited.append("media")
    changes["media_type"] = _type_of(revision.files)
    for name, value in changes.items():
        setattr(post, name, value)
    post.save(update_fields=[*changes, "updated_at"])
    _set_files(post, revision.files)
    return edited


@needs(Permission.POST_PUBLISH)
def publish_post(post: Post, *, when: When | None, consent: Consent, actor: User) -> None:
    """Publish at ``when`` or, without it, now: a draft, a post that waits, or one that certainly was not published.

    Raises TimeRefused, OptionsRefused, InvalidTransition, and UserRefusal while nothing may be sent or too many wait.
    """
    with locked(post, actor) as person:
        if when is None:
            refuse_in_quarantine(post)
        now = read_db_now()
        if when:
            refuse_unless_ahead(when, now)
        if post.state == PostState.SCHEDULED and when:
            _to_draft(post, person, is_replanned=True)
        refuse(_unsendable(post, consent))
        to, action = (PostState.SCHEDULED, "post.schedule") if when else (PostState.DUE, "post.publish")
        at = when.at if when else now
        times = _times(when, at)
        post.transition(
            to, cause=EventCause.PERSON, by=person, due_at=at, detail=_plan_told(when), **times, **NOTHING_WRONG
        )
        consents.keep(post, consent)
        if post.corrects_id:
            resolve_notices(post.corrects_id)
        _need_room(post.account.instance)
        note_act(action, post, actor, publish_at=at.isoformat())


@needs(Permission.POST_WRITE)
def cancel_post(post: Post, *, actor: User) -> None:
    """Cancel a post. Raises InvalidTransition while it is sent to TikTok, and past the commit point."""
    with locked(post, actor) as person:
        was_uploading = post.state == PostState.UPLOADING
        post.transition(
            PostState.CANCELLED, cause=EventCause.PERSON, by=person, due_at=None, hold_reason="", hold_count=0
        )
        close_submission(post, because="cancelled")
        if was_uploading:
            requeue_next(post)
        consents.void(post)
        note_act("post.cancel", post, actor)


@needs(Permission.POST_WRITE)
def delete_post(post: Post, *, actor: User) -> None:
    """Delete a draft, or a cancelled or failed post, with its history. Raises InvalidTransition for any other."""
    with locked(post, actor):
        if post.state not in DELETABLE:
            raise InvalidTransition(post.state, post.state)
        note_act("post.delete", post, actor)
        forget_notices(post.pk)
        post.delete()


@needs(Permission.POST_WRITE)
def correct_post(post: Post, *, actor: User) -> Post:
    """Return a draft with a failed or cancelled post's content: the one that was made before, or a new one.

    Raises InvalidTransition, OptionsRefused, and UserRefusal where the post was reposted.
    """
    with locked(post, actor):
        if post.state not in (PostState.FAILED, PostState.CANCELLED):
            raise InvalidTransition(post.state, PostState.DRAFT)
        if sent_successors().filter(corrects=post).exists():
            raise UserRefusal("state_conflict", _("This post was already reposted."), state=post.state)
        if draft := Post.objects.filter(corrects=post, state=PostState.DRAFT).first():
            return draft
        files, options = _still_usable(post)
        new, _replayed = create_post(account=post.account, files=files, options=options, actor=actor, corrects=post)
    return new


def _still_usable(post: Post) -> tuple[list[Media], PostOptions]:
    """Return the files that can still be published, and the options, of which the cover follows its photo."""
    before, options = files_of(post), options_of(post)
    files = [media for media in before if media.can_be_published and media.deleted_at is None]
    cover = before[options.photo_cover_index] if options.photo_cover_index < len(before) else None
    return files, replace(options, photo_cover_index=files.index(cover) if cover in files else 0)


def deadline_for(at: datetime) -> datetime:
    """Return the latest start of a post that is due at ``at``."""
    return at + timedelta(seconds=settings.LATE_LIMIT_S)


def _need_room(instance: Instance) -> None:
    waiting, most = Post.objects.filter(instance=instance, state__in=WAITING), settings.QUOTA_POSTS_WAITING
    text = ngettext(
        "This instance can have %(most)d post waiting or in progress. Wait until it is published, or cancel it.",
        "This instance can have %(most)d posts waiting or in progress. Wait until some are published, or cancel some.",
        most,
    )
    need_room(waiting, holder=instance, most=most, refusal=text % {"most": most}, code="quota_posts")


def _times(when: When | None, at: datetime) -> dict[str, Any]:
    local = when.local.isoformat(timespec="seconds") if when else ""
    zone = when.zone if when else ""
    return {"publish_at": at, "publish_local": local, "publish_zone": zone, "deadline_at": deadline_for(at)}


def _plan_told(when: When | None) -> dict[str, Any]:
    """Return what the history keeps of a new time."""
    return {"plan": {"local": when.local.isoformat(timespec="seconds"), "zone": when.zone}} if when else {}


def _unsendable(post: Post, consent: Consent) -> list[FieldError]:
    app = post.account.credential.app
    problems = check_options(
        options_of(post),
        files=files_of(post),
        creator=consent.creator_info,
        app_audited=app.is_audited,
        can_pull=app.can_pull,
    )
    if not consent.agreed:
        problems.append(FieldError("consent", "consent_missing", _("Agree to TikTok’s terms before you publish.")))
    return problems + unusable(post.account)


def unusable(account: TikTokAccount) -> list[FieldError]:
    """Return what prevents any post to this account."""
    if account.status in (AccountStatus.DISCONNECTING, AccountStatus.DISCONNECTED):
        return [FieldError("account", "account_disconnected", _("This account is disconnected. Reconnect it first."))]
    return []


def _to_draft(post: Post, person: Person, *, is_replanned: bool) -> None:
    """Make it a draft. ``is_replanned``: it is scheduled or published again in the same transaction."""
    plan = plan_of(post.publish_local, post.publish_zone, post.publish_at)  # it stays, for the next try
    unplanned: dict[str, Any] = {"publish_at": None, "deadline_at": None, "publish_local": plan.local}
    detail = {"replanned": True} if is_replanned else {}
    post.transition(
        PostState.DRAFT, cause=EventCause.PERSON, by=person, due_at=None, detail=detail, **unplanned, **NOTHING_WRONG
    )
    consents.void(post)


def _type_of(files: Sequence[Media]) -> MediaType:
    return media_type_of(files) or MediaType.VIDEO


def _set_files(post: Post, files: Sequence[Media]) -> None:
    PostMedia.objects.filter(post=post).delete()
    PostMedia.objects.bulk_create(
        PostMedia(instance_id=post.instance_id, post=post, media=media, position=position)
        for position, media in enumerate(files)
    )


@contextmanager
def locked(post: Post, actor: User) -> Iterator[Person]:
    """Lock the post's work item, outdate the claim on it, and read the post as it is now."""
    with transaction.atomic():
        person = Person(actor)
        person.guard(post, KEEP)
        post.refresh_from_db()
        yield person


def refuse(errors: Sequence[FieldError]) -> None:
    """Raise OptionsRefused if there are errors."""
    if errors:
        raise OptionsRefused(errors)


def note_act(action: str, post: Post, actor: User, **detail: str) -> None:
    """Write the audit line, in the caller's transaction."""
    instance = post.account.instance
    record(action, tenant=instance.tenant, actor=actor, instance_id=instance.pk, target=post, **detail)


def is_certainly_unpublished(post: Post) -> bool:
    """Return whether a post that needs attention is certainly not published, so that no warning is needed."""
    return post.state == PostState.NEEDS_ATTENTION and post.attention_reason in CERTAINLY_NOT_PUBLISHED
