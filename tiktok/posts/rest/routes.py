"""Posts in the REST API (docs/api.md): the same validator and services as the pages."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import HeaderEx, P, QueryEx
from ninja.responses import Status

from accounts.models import User
from core.jobs.clock import read_db_now
from core.jobs.nudge import nudge
from core.web.openapi import FORBIDDEN, LOCATION, REQUIRED, TEXT, KnownProblem, problems
from core.web.problems import API_PREFIX, FieldError, invalid
from instances.http import InstanceRequest
from instances.rest import (
    MOST_PER_PAGE,
    ApiRouter,
    Cursor,
    Limit,
    Page,
    bad_cursor,
    paginate,
    refuse_without,
    require_scope,
)
from instances.roles import KeyScope, Permission
from tiktok.access.problems import DISCONNECTED, OF_TIKTOK
from tiktok.models import EventCause, InvalidTransition, Media, Post, PostMode, PostState, TikTokAccount
from tiktok.models.states import AttentionReason, may_move
from tiktok.posts import decisions, download_cancels, draft_limit, queries, same_file, services
from tiktok.posts.consent import Consent
from tiktok.posts.creator import fetch_creator_info, offer_for
from tiktok.posts.idempotency import KEY_MAX_CHARS, Idempotency, find_replay
from tiktok.posts.rest import reading
from tiktok.posts.rest.reading import refusals_as_problems
from tiktok.posts.rest.schemas import (
    CreatedPostOut,
    CreatorInfoOut,
    EventOut,
    PostIn,
    PostOut,
    PostPatch,
    PublishIn,
    SendAgainIn,
    describe_creator,
    describe_event,
    describe_post,
)
from tiktok.posts.rules import PostOptions, check_options, options_of
from tiktok.posts.schedule import When, refuse_unless_ahead

Answer = dict[str, Any]
PER_PAGE: Final = 25
ABOUT_KEYS: Final = "A new one for every post, the same one for a retry."
KEY: Final = {
    "type": "string",
    "minLength": 1,
    "maxLength": KEY_MAX_CHARS - len(reading.KEY_PREFIX),
    "pattern": "^[ -~]*[!-~][ -~]*$",
}
CONFLICT: Final = KnownProblem(
    409, "state_conflict", "the post's state does not allow this; `possible` lists the calls that it allows"
)
IN_QUARANTINE: Final = KnownProblem(
    409, "quarantine", "publishing is paused after a restore until the operator resumes it"
)
QUOTA: Final = KnownProblem(409, "quota_posts", "the instance has reached its limit of posts waiting or in progress")
OF_SENDING: Final = (CONFLICT, IN_QUARANTINE, QUOTA, *OF_TIKTOK)
OF_CREATING: Final = problems(
    *OF_SENDING,
    KnownProblem(400, "idempotency_key_missing", "the header Idempotency-Key is missing"),
    KnownProblem(400, "idempotency_key_invalid", "the header Idempotency-Key is too long or not printable"),
    KnownProblem(409, "idempotency_conflict", "this Idempotency-Key was already used with a different body"),
)
REPLAYED: Final = {"Idempotency-Replayed": {"description": "`true` if the post already existed.", "schema": TEXT}}
router = ApiRouter(tags=["posts"])


@router.post(
    "/posts",
    response={201: CreatedPostOut},
    auth=require_scope(KeyScope.POSTS_WRITE, KeyScope.POSTS_PUBLISH),
    summary="Create a post: a draft, or one to publish now or later",
    openapi_extra=OF_CREATING
    | {REQUIRED: {"Idempotency-Key": KEY}, "responses": {201: {"headers": LOCATION | REPLAYED}}},
)
def create_post(
    request: InstanceRequest,
    response: HttpResponse,
    payload: PostIn,
    idempotency_key: HeaderEx[str | None, P(alias="Idempotency-Key", description=ABOUT_KEYS)] = None,
) -> Status[Answer]:
    """A draft needs posts:write, everything else posts:publish. A replay carries ``Idempotency-Replayed: true``."""
    refuse_without(request, KeyScope.POSTS_WRITE if payload.draft else KeyScope.POSTS_PUBLISH)
    once = reading.idempotency_of(idempotency_key, payload)
    with refusals_as_problems(), reading.one_at_a_time(request.instance.pk, once.key):
        post, is_replay = _create(request, payload, once)
    response["Location"] = f"{API_PREFIX}posts/{post.pk}"
    if is_replay:
        response["Idempotency-Replayed"] = "true"
    elif not payload.draft:
        nudge("advance_post", post.pk)
    warnings = [*same_file.warnings_for(post), *draft_limit.warnings_for(post)]
    return Status(201, _answer(post.pk) | {"warnings": [asdict(warning) for warning in warnings]})


def _create(request: InstanceRequest, payload: PostIn, once: Idempotency) -> tuple[Post, bool]:
    if replay := find_replay(once):
        return replay, True
    account, files = reading.find_content(payload.account_id, payload.media_ids)
    options, actor = payload.options(), request.user
    if payload.draft:
        reading.refuse_time_of_draft(payload)
        return services.create_post(account=account, files=files, options=options, actor=actor, idempotency=once)
    when = _when(request, payload)
    consent = _consent(payload, when, actor=actor, account=account, files=files, options=options)
    return services.submit_post(
        account=account, files=files, options=options, actor=actor, consent=consent, when=when, idempotency=once
    )


def _when(request: InstanceRequest, payload: PostIn | PublishIn) -> When | None:
    zone = request.instance.zone.key
    when = reading.when_of(payload.publish_at, payload.timezone, default_zone=zone)
    if when:
        refuse_unless_ahead(when, read_db_now())
    return when


def _consent(
    payload: PostIn | PublishIn,
    when: When | None,
    *,
    actor: User,
    account: TikTokAccount,
    files: Sequence[Media],
    options: PostOptions,
) -> Consent:
    """Return the consent with what TikTok offers for that time; TikTok is asked only when nothing else is wrong."""
    app = account.credential.app
    problems = check_options(options, files=files, creator=None, app_audited=app.is_audited, can_pull=app.can_pull)
    if not payload.consent:
        problems.append(FieldError("consent", "consent_missing", _consent_wanted(options)))
    if problems:
        raise reading.refused(problems)
    creator = offer_for(account, options.mode, when.at if when else None)
    return Consent(user=actor, creator_info=creator, channel="api", agreed=True)


def _consent_wanted(options: PostOptions) -> str:
    if options.mode == PostMode.MEDIA_UPLOAD:
        return _("Must be true, to confirm that the person agrees that the files are transferred to TikTok.")
    return _("Must be true, to confirm that the person agrees to TikTok’s Music Usage Confirmation.")


@router.get("/posts", response=Page[PostOut], auth=require_scope(KeyScope.POSTS_READ), summary="List posts")
def list_posts(
    request: InstanceRequest,
    state: QueryEx[list[PostState], P(max_length=len(PostState), description="May be repeated.")] = [],  # noqa: B006 - never changed
    account_id: UUID | None = None,
    set_aside: QueryEx[bool, P(description="True: only dismissed posts, which are otherwise not listed.")] = False,
    cursor: Cursor = None,
    limit: Limit = PER_PAGE,
) -> Answer:
    """Newest first; filtered by state and account."""
    rows, next_cursor = paginate(
        queries.list_posts(states=state, account_id=account_id, set_aside=set_aside), cursor, limit
    )
    return {"items": [describe_post(post) for post in rows], "next_cursor": next_cursor}


@router.get("/posts/{id:post_id}", response=PostOut, auth=require_scope(KeyScope.POSTS_READ), summary="Get a post")
def show_post(request: InstanceRequest, post_id: UUID) -> Answer:
    """Return the post; poll it until ``state`` is published, failed or cancelled."""
    return _answer(post_id)


@router.patch(
    "/posts/{id:post_id}",
    response=PostOut,
    auth=require_scope(KeyScope.POSTS_WRITE),
    summary="Change a post",
    openapi_extra=problems(CONFLICT),
)
def change_post(request: InstanceRequest, post_id: UUID, payload: PostPatch) -> Answer:
    """Only the fields that are sent change. A scheduled post becomes a draft again, since its consent is void."""
    post = _find(post_id)
    if payload.model_fields_set:
        files = reading.find_files(payload.media_ids)
        with refusals_as_problems(post):
            services.edit_post(post, revise=lambda now: _revision(now, payload, files), actor=request.user)
    return _answer(post_id)


def _revision(post: Post, payload: PostPatch, files: Sequence[Media]) -> services.Revision:
    """Return the sent fields, merged with the present row."""
    keeps_media = "media_ids" not in payload.model_fields_set
    options = replace(options_of(post), **payload.chosen())
    return services.Revision(options, queries.files_of(post) if keeps_media else files)


@router.delete(
    "/posts/{id:post_id}",
    response={204: None},
    auth=require_scope(KeyScope.POSTS_WRITE),
    summary="Delete a post",
    openapi_extra=problems(CONFLICT),
)
def delete_post(request: InstanceRequest, post_id: UUID) -> Status[None]:
    """Only a draft, or a failed or cancelled post; 409 for any other."""
    post = _find(post_id)
    with refusals_as_problems(post):
        services.delete_post(post, actor=request.user)
    return Status(204, None)


@router.get(
    "/posts/{id:post_id}/events",
    response=Page[EventOut],
    by_alias=True,
    auth=require_scope(KeyScope.POSTS_READ),
    summary="List a post's events, oldest first",
)
def list_events(
    request: InstanceRequest,
    post_id: UUID,
    cursor: Cursor = None,
    limit: Limit = MOST_PER_PAGE,
) -> Answer:
    """Return the post's events, with time and reason."""
    found = list(queries.events_of(_find(post_id)).filter(pk__gt=_last_seen(cursor))[: limit + 1])
    next_cursor = str(found[limit - 1].pk) if len(found) > limit else None
    return {"items": [describe_event(event) for event in found[:limit]], "next_cursor": next_cursor}


def _last_seen(cursor: str | None) -> int:
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and int(cursor[:20]) < 2**63):
        raise bad_cursor()
    return int(cursor[:20])


@router.post(
    "/posts/{id:post_id}/publish",
    response={202: PostOut},
    auth=require_scope(KeyScope.POSTS_PUBLISH),
    summary="Publish a draft, or a waiting or missed post, now or later",
    openapi_extra=problems(*OF_SENDING),
)
def publish_post(request: InstanceRequest, post_id: UUID, payload: PublishIn) -> Status[Answer]:
    """Returns 202 and the post; 409 if it cannot, or can no longer, be sent."""
    post = _find(post_id)
    with refusals_as_problems(post):
        when = _when(request, payload)
        _refuse_unless_sendable(post, PostState.SCHEDULED if when else PostState.DUE)
        files = queries.files_of(post)
        consent = _consent(
            payload, when, actor=request.user, account=post.account, files=files, options=options_of(post)
        )
        services.publish_post(post, when=when, consent=consent, actor=request.user)
    nudge("advance_post", post.pk)
    return Status(202, _answer(post_id))


def _refuse_unless_sendable(post: Post, to: PostState) -> None:
    """Raise InvalidTransition before TikTok is asked; the service decides again under its lock."""
    if post.state == to == PostState.SCHEDULED:
        return
    reason = AttentionReason(post.attention_reason) if post.attention_reason else None
    if not may_move(PostState(post.state), to, EventCause.PERSON, is_past_commit_point=False, old_reason=reason):
        raise InvalidTransition(post.state, to)


@router.post(
    "/posts/{id:post_id}/cancel",
    response={202: PostOut},
    auth=require_scope(KeyScope.POSTS_PUBLISH),
    summary="Cancel a post",
    openapi_extra=problems(CONFLICT),
)
def cancel_post(request: InstanceRequest, post_id: UUID) -> Status[Answer]:
    """Returns 202 and the post; 409 with the reason if TikTok is receiving the post or already has it.

    While TikTok downloads the files, Clipdesk asks it to stop: the post then becomes cancelled, or published after all.
    """
    post = _find(post_id)
    with refusals_as_problems(post):
        download_cancels.cancel(post, actor=request.user)
    nudge("advance_post", post.pk)
    return Status(202, _answer(post_id))


@router.post(
    "/posts/{id:post_id}/recheck",
    response={202: PostOut},
    auth=require_scope(KeyScope.POSTS_PUBLISH),
    summary="Check a post's status at TikTok now",
    openapi_extra=problems(
        CONFLICT, KnownProblem(409, "nothing_to_ask", "TikTok issued no id for this post: check the TikTok app")
    ),
)
def recheck_post(request: InstanceRequest, post_id: UUID) -> Status[Answer]:
    """Returns 202: Clipdesk asks TikTok within seconds and applies its status. 409 if there is no status to check."""
    post = _find(post_id)
    with refusals_as_problems(post):
        decisions.recheck_post(post, actor=request.user)
    nudge("advance_post", post_id)
    return Status(202, _answer(post_id))


@router.post(
    "/posts/{id:post_id}/send-again",
    response={202: PostOut},
    auth=require_scope(KeyScope.POSTS_PUBLISH),
    summary="Resend a post whose outcome is unknown",
    openapi_extra=problems(
        FORBIDDEN,
        CONFLICT,
        IN_QUARANTINE,
        DISCONNECTED,
        KnownProblem(409, "too_early", "`allowed_at` is the earliest time"),
    ),
)
def send_again_post(request: InstanceRequest, post_id: UUID, payload: SendAgainIn) -> Status[Answer]:
    """The post could then appear twice: check the TikTok app first. 409 too_early has the earliest ``allowed_at``."""
    if not request.membership.can(Permission.POST_SEND_AGAIN):
        raise PermissionDenied
    if not payload.confirm:
        text = _(
            "Must be true, to confirm that a person has checked TikTok and knows that the post could appear twice."
        )
        raise invalid(FieldError("confirm", "confirm_missing", text))
    post = _find(post_id)
    with refusals_as_problems(post):
        decisions.send_again_post(post, actor=request.user)
    nudge("advance_post", post_id)
    return Status(202, _answer(post_id))


@router.get(
    "/accounts/{id:account_id}/creator-info",
    response=CreatorInfoOut,
    auth=require_scope(KeyScope.ACCOUNTS_READ),
    tags=["accounts"],
    summary="Get the account's current posting options",
    openapi_extra=problems(*OF_TIKTOK),
)
def show_creator_info(request: InstanceRequest, account_id: UUID) -> Answer:
    """From TikTok: privacy levels, disabled interactions, and the longest video in seconds."""
    account = get_object_or_404(TikTokAccount.objects.select_related("credential__app"), pk=account_id)
    with refusals_as_problems():
        return describe_creator(fetch_creator_info(account))


def _find(post_id: UUID) -> Post:
    """404 for another instance's as for one that does not exist."""
    return get_object_or_404(queries.list_posts(), pk=post_id)


def _answer(post_id: UUID) -> Answer:
    return describe_post(_find(post_id))
