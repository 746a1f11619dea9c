"""Accounts in the REST API (docs/api.md): the same services as the pages."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import P, QueryEx, Schema
from ninja.responses import Status
from pydantic import AfterValidator, Field, StrictStr
from pydantic_core import PydanticCustomError

from core.web.openapi import FORBIDDEN, problems
from core.web.problems import FieldError, invalid
from instances.http import InstanceRequest
from instances.rest import MOST_PER_PAGE, ApiRouter, Cursor, Limit, Page, Strict, paginate, require_scope
from instances.roles import KeyScope, Permission
from tiktok.access.problems import OF_TIKTOK
from tiktok.access.scopes import missing_features
from tiktok.accounts import services
from tiktok.accounts.disconnect import start_disconnect
from tiktok.accounts.features import Feature, FeatureState, features_with_state
from tiktok.accounts.labels import LONGEST_LABEL, clean_labels, has_label
from tiktok.accounts.queries import accounts
from tiktok.accounts.rest_sync import sync_or_problem
from tiktok.accounts.schemas import Name
from tiktok.models import AccountStatus, TikTokAccount

# How much is read at all; clean_labels() says in its own words what is kept.
LABELS_MAX = 100
LABEL_MAX_CHARS = 200
CODES_OF_LABELS = {"many": "too_many", "long": "too_long", "characters": "not_visible"}
router = ApiRouter(tags=["accounts"])


def _usable_labels(texts: list[str]) -> list[str]:
    """Raises PydanticCustomError with what is wrong."""
    try:
        return clean_labels(texts)
    except ValidationError as error:
        code = CODES_OF_LABELS[str(error.code)]
        raise PydanticCustomError(code, "{message}", {"message": error.messages[0]}) from error


Labels = Annotated[
    list[
        Annotated[
            StrictStr,
            Field(max_length=LABEL_MAX_CHARS, json_schema_extra={"maxLength": LONGEST_LABEL, "pattern": "^[^,]*$"}),
        ]
    ],
    Field(
        max_length=LABELS_MAX,  # of what is sent: a constraint after the validator would see what it kept
        description="The team's labels: at most 10 of 30 characters, without commas. Case makes no difference.",
    ),
    AfterValidator(_usable_labels),
]
Count = Annotated[str | None, Field(description="A whole number; null if the account owner does not allow it.")]


class ProfileOut(Schema):
    """The profile at TikTok, read at ``synced_at``."""

    display_name: str
    username: str
    profile_deep_link: str
    is_verified: bool | None
    follower_count: Count
    following_count: Count
    likes_count: Count
    video_count: Count


class FeatureOut(Schema):
    """A feature that an OAuth scope allows, and whether it is granted; ``not_asked``: the app does not request it."""

    scope: str
    name: str
    state: FeatureState


class AccountOut(Schema):
    """A connected TikTok account. ``permission_ends_at``: when the TikTok authorization expires."""

    id: UUID
    name: str
    labels: list[str]
    status: AccountStatus
    status_reason: str | None
    is_sandbox: bool
    scopes: list[str]
    missing_features: list[str]
    features: list[FeatureOut]
    access_expires_at: datetime | None
    permission_ends_at: datetime | None
    linked_at: datetime
    synced_at: datetime | None
    profile: ProfileOut


class AccountPatch(Strict):
    """The name and the labels. Fields left out stay as they are; ``labels`` replaces all labels."""

    name: Name = ""
    labels: Labels = []


def describe_account(account: TikTokAccount) -> dict[str, Any]:
    """Return the API's view of an account, with its credential and app."""
    credential = account.credential
    return {
        "id": account.pk,
        "name": account.name,
        "labels": account.labels,
        "status": account.status,
        "status_reason": account.status_reason or None,
        "is_sandbox": credential.app.is_sandbox,
        "scopes": credential.scopes,
        "missing_features": missing_features(credential.app.scopes, credential.scopes) if credential.scopes else [],
        "features": [describe_feature(each) for each in features_with_state(credential.app.scopes, credential.scopes)],
        "access_expires_at": credential.access_expires_at,
        "permission_ends_at": credential.refresh_expires_at,
        "linked_at": account.linked_at,
        "synced_at": account.synced_at,
        "profile": describe_profile(account),
    }


def describe_feature(feature: Feature) -> dict[str, str]:
    """Return one entry of ``features``."""
    return {"scope": feature.scope, "name": str(feature.name), "state": feature.state}


def describe_profile(account: TikTokAccount) -> dict[str, Any]:
    """Return the profile; TikTok's 64-bit numbers as text."""
    counts = ("follower_count", "following_count", "likes_count", "video_count")
    texts = {name: None if (value := getattr(account, name)) is None else str(value) for name in counts}
    return texts | {
        "display_name": account.display_name,
        "username": account.username,
        "profile_deep_link": account.profile_deep_link,
        "is_verified": account.is_verified,
    }


def _labelled(rows: QuerySet[TikTokAccount], label: str) -> QuerySet[TikTokAccount]:
    """Filter by label in Python: SQLite can neither search lists in JSON nor fold the case of letters beyond ASCII."""
    every = TikTokAccount.objects.values_list("pk", "labels")
    return rows.filter(pk__in=[pk for pk, labels in every if has_label(labels, label.strip())])


def _find(account_id: UUID) -> TikTokAccount:
    return get_object_or_404(accounts().select_related("instance__tenant", "credential__app"), pk=account_id)


@router.get(
    "/accounts",
    response=Page[AccountOut],
    auth=require_scope(KeyScope.ACCOUNTS_READ),
    summary="List accounts",
)
def list_accounts(
    request: InstanceRequest,
    label: QueryEx[str, P(max_length=LABEL_MAX_CHARS)] = "",
    cursor: Cursor = None,
    limit: Limit = MOST_PER_PAGE,
) -> dict[str, Any]:
    """Newest first, including disconnected accounts; ``label``: only accounts with it, ignoring case."""
    rows = accounts().annotate(created_at=F("linked_at"))
    found, next_cursor = paginate(_labelled(rows, label) if label else rows, cursor, limit)
    return {"items": [describe_account(account) for account in found], "next_cursor": next_cursor}


@router.get(
    "/accounts/{id:account_id}",
    response=AccountOut,
    auth=require_scope(KeyScope.ACCOUNTS_READ),
    summary="Status, scopes, expiries and profile of an account",
)
def show_account(request: InstanceRequest, account_id: UUID) -> dict[str, Any]:
    """The state stored by Clipdesk; TikTok is not called."""
    return describe_account(_find(account_id))


@router.patch(
    "/accounts/{id:account_id}",
    response=AccountOut,
    auth=require_scope(KeyScope.ACCOUNTS_WRITE),
    summary="Rename or label an account",
)
def change_account(request: InstanceRequest, account_id: UUID, payload: AccountPatch) -> dict[str, Any]:
    """TikTok never overwrites name and labels."""
    if not payload.model_fields_set:
        raise invalid(FieldError("name", "required", _("Send a name or labels.")))
    account = _find(account_id)
    with transaction.atomic():
        if "name" in payload.model_fields_set:
            services.rename_account(account, name=payload.name, actor=request.user)
        if "labels" in payload.model_fields_set:
            services.label_account(account, labels=payload.labels, actor=request.user)
    return describe_account(account)


@router.delete(
    "/accounts/{id:account_id}",
    response={202: AccountOut},
    auth=require_scope(KeyScope.ACCOUNTS_WRITE),
    summary="Disconnect an account",
)
def disconnect_account(request: InstanceRequest, account_id: UUID) -> Status[dict[str, Any]]:
    """Starts to disconnect: posts in progress finish first, scheduled ones wait. Repeating it changes nothing."""
    account = _find(account_id)
    start_disconnect(account, actor=request.user)
    return Status(202, describe_account(_find(account_id)))


@router.post(
    "/accounts/{id:account_id}/sync",
    response={202: AccountOut},
    auth=require_scope(KeyScope.ACCOUNTS_READ, KeyScope.ACCOUNTS_WRITE),
    summary="Read an account's profile from TikTok now",
    openapi_extra=problems(FORBIDDEN, *OF_TIKTOK),
)
def sync_account(request: InstanceRequest, account_id: UUID) -> Status[dict[str, Any]]:
    """Returns the updated account. 409 if it needs to be reconnected first, 429 with Retry-After at TikTok's rate
    limit, 503 while TikTok does not answer. Repeating it does no harm."""
    if not request.membership.can(Permission.ACCOUNT_SYNC):
        raise PermissionDenied
    sync_or_problem(_find(account_id))
    return Status(202, describe_account(_find(account_id)))
