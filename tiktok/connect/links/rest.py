"""Connect links in the REST API: the same services as the page."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Schema
from ninja.responses import Status
from pydantic import AfterValidator, Field, StrictInt, StrictStr
from pydantic_core import PydanticCustomError

from accounts.names import is_visible
from core.web.openapi import LOCATION, KnownProblem, problems
from core.web.problems import API_PREFIX, ApiProblem, FieldError, invalid
from instances.http import InstanceRequest
from instances.rest import MOST_PER_PAGE, ApiRouter, Cursor, Limit, Page, Strict, paginate, require_scope
from instances.roles import KeyScope
from tiktok.accounts.schemas import Name
from tiktok.connect.links import services
from tiktok.connect.links.queries import LinkLine, LinkState, lines_of, links_of
from tiktok.connect.links.services import LIFETIME, LONGEST, SHORTEST
from tiktok.developer_apps.choice import apps_for, default_app, label_apps
from tiktok.models import TikTokApp

router = ApiRouter(tags=["accounts"])
auth = require_scope(KeyScope.ACCOUNTS_WRITE)
OF_MAKING = problems(
    KnownProblem(409, "no_app", "no TikTok app is set up: staff add one in Administration"),
    KnownProblem(409, "quota_connect_links", "the instance has reached its limit of open links"),
) | {"responses": {201: {"headers": LOCATION}}}
OF_REVOKING = problems(KnownProblem(409, "state_conflict", "the link was used"))


def _visible(text: str) -> str:
    """Raises PydanticCustomError for what a page cannot show."""
    if not is_visible(text):
        raise PydanticCustomError("not_visible", "Use visible characters, on one line.")
    return text.strip()


class ConnectLinkIn(Strict):
    """``app_id`` is needed if several TikTok apps are set up and none of them is the environment's."""

    name: Name | None = Field(None, description="The name of the account; without it, TikTok's name is used.")
    note: Annotated[StrictStr, Field(max_length=300), AfterValidator(_visible)] = Field(
        "", description="Shown to the person who opens the link."
    )
    expires_in: Annotated[
        StrictInt, Field(ge=int(SHORTEST.total_seconds()), le=int(LONGEST.total_seconds()))
    ] = Field(int(LIFETIME.total_seconds()), description="Seconds: from an hour to 30 days.")  # fmt: skip
    app_id: UUID | None = None


class NewConnectLinkOut(Schema):
    """A link just created; its ``url`` is never shown again."""

    id: UUID
    url: str
    expires_at: datetime


class ConnectLinkOut(Schema):
    """A link without its address. ``maker_gone``: its creator can no longer connect accounts."""

    id: UUID
    name: str | None
    note: str
    state: LinkState
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    account_id: UUID | None
    revoked_at: datetime | None


def describe_line(line: LinkLine) -> dict[str, Any]:
    """Return the API's view of a link."""
    link = line.link
    plain = ("note", "created_at", "expires_at", "used_at", "account_id", "revoked_at")
    return {"id": link.pk, "name": link.name or None, "state": line.state} | {
        name: getattr(link, name) for name in plain
    }


def _app(request: InstanceRequest, app_id: UUID | None) -> TikTokApp | None:
    """Return the requested app; None: the default when the link is used. Raises ApiProblem with the choice."""
    apps = list(apps_for(request.instance))
    chosen = next((app for app in apps if app.pk == app_id), None)
    if chosen or (app_id is None and default_app(apps)):
        return chosen
    if not apps:
        raise ApiProblem(409, "no_app", _("No TikTok app is set up here yet."))
    labels = label_apps(apps)
    choice = ", ".join(f"{app.pk} ({labels[app.pk]})" for app in apps)
    code = "required" if app_id is None else "not_a_choice"
    raise invalid(FieldError("app_id", code, f"Choose one of {choice}.", {"choices": [str(app.pk) for app in apps]}))


@router.post(
    "/accounts/connect-links", response={201: NewConnectLinkOut}, auth=auth, summary="Create a connect link",
    openapi_extra=OF_MAKING,
)  # fmt: skip
def make_connect_link(
    request: InstanceRequest, response: HttpResponse, payload: ConnectLinkIn | None = None
) -> Status[dict[str, Any]]:
    """A page on which an account owner without a login connects their TikTok account to this instance, once.

    It stops working if the person who created the key can no longer connect accounts.
    """
    payload = payload or ConnectLinkIn.model_validate({})
    (made,) = services.make_links(
        request.instance, actor=request.user, names=[payload.name or ""], note=payload.note,
        lifetime=timedelta(seconds=payload.expires_in), app=_app(request, payload.app_id),
    )  # fmt: skip
    response["Location"] = f"{API_PREFIX}accounts/connect-links/{made.link.pk}"
    return Status(201, {"id": made.link.pk, "url": made.url, "expires_at": made.link.expires_at})


@router.get("/accounts/connect-links", response=Page[ConnectLinkOut], auth=auth, summary="List connect links")
def list_connect_links(request: InstanceRequest, cursor: Cursor = None, limit: Limit = MOST_PER_PAGE) -> dict[str, Any]:
    """Newest first, until 90 days after they expired."""
    found, next_cursor = paginate(links_of(request.instance), cursor, limit)
    return {"items": [describe_line(line) for line in lines_of(request.membership, found)], "next_cursor": next_cursor}


@router.get("/accounts/connect-links/{id:link_id}", response=ConnectLinkOut, auth=auth, summary="Get a connect link")
def show_connect_link(request: InstanceRequest, link_id: UUID) -> dict[str, Any]:
    """Its state, and the account that was connected with it."""
    link = get_object_or_404(links_of(request.instance), pk=link_id)
    (line,) = lines_of(request.membership, [link])
    return describe_line(line)


@router.delete(
    "/accounts/connect-links/{id:link_id}", response={204: None}, auth=auth, summary="Revoke a connect link",
    openapi_extra=OF_REVOKING,
)  # fmt: skip
def revoke_connect_link(request: InstanceRequest, link_id: UUID) -> Status[None]:
    """Repeating it changes nothing. 409 for a link that was used; its account stays connected."""
    link = get_object_or_404(links_of(request.instance), pk=link_id)
    if not services.revoke_link(request.instance, link, actor=request.user):
        link.refresh_from_db()
        if link.used_at:
            text = _("This link was already used. Disconnect its account instead.")
            raise ApiProblem(409, "state_conflict", text, state="used")
    return Status(204, None)
