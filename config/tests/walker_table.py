"""Permissions of each address: one row per URL pattern and API route. The walker fails for an address without a row.

Add a page in an instance with one line: ``Row("tiktok:post-detail", CONTENT_VIEW, post_id="post")``. Keyword
arguments name the kind of row (``walker_world.MAKERS``) whose id goes into the address; the slug comes by itself.
An API route is named by method and path: ``Row("api:GET /posts/{post_id}", CONTENT_VIEW, post_id="post")``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from instances.roles import Permission


class Door(Enum):
    """The people with access."""

    INSTANCE = auto()  # members whose role has the permission; 403 other members, 404 strangers, sign-in anonymous
    API = auto()  # the same by API key: 401 without a key that is worth something
    PUBLIC = auto()  # everybody
    SIGNED_IN = auto()  # everybody with an account; anonymous people are sent to sign in
    LEADS = auto()  # owners and admins of a tenant; 403 for others
    STAFF = auto()  # Django admin: none of these people, all are redirected to its sign-in
    NOWHERE = auto()  # routed by a library, 404 for everybody


@dataclass(frozen=True, init=False)
class Row:
    """An address, who may open it, and what is sent."""

    name: str
    permission: Permission | None
    door: Door
    methods: tuple[str, ...]
    data: Mapping[str, Any] | bytes = field(hash=False)
    content_type: str
    kwargs: Mapping[str, str] = field(hash=False)
    also: frozenset[int]

    def __init__(
        self,
        name: str,
        permission: Permission | None = None,
        *,
        door: Door | None = None,
        methods: tuple[str, ...] = ("GET",),
        data: Mapping[str, Any] | bytes | None = None,
        content_type: str = "",
        also: tuple[int, ...] = (),
        **kwargs: str,
    ) -> None:
        """``also``: further statuses that are fine for those who may; ``data``: the body of POST, PUT and PATCH.

        A kwarg that starts with "=" is taken literally instead of naming a kind of row.
        """
        by_name = Door.API if name.startswith("api:") else Door.INSTANCE
        values = {
            "name": name,
            "permission": permission,
            "door": door or by_name,
            "methods": (name[4:].split(" ")[0],) if name.startswith("api:") else methods,
            "data": data or {},
            "content_type": content_type,
            "kwargs": kwargs,
            "also": frozenset(also),
        }
        for key, value in values.items():
            object.__setattr__(self, key, value)

    @property
    def has_ids(self) -> bool:
        """Whether the address holds the id of a row of an instance."""
        return any(not kind.startswith("=") for kind in self.kwargs.values())


P = Permission
GET, POST = ("GET",), ("POST",)
BOTH = GET + POST
SAME_USER = {"old": "3e04a092-8706-4516-8d0a-e0d859c3026f", "answer": "move"}

INSTANCES = [
    Row("instances:landing", door=Door.PUBLIC),
    Row("instances:privacy", door=Door.PUBLIC),
    Row("instances:terms", door=Door.PUBLIC),
    Row("instances:healthz", door=Door.PUBLIC),
    Row("instances:readyz", door=Door.PUBLIC),
    Row("instances:speculation-rules", door=Door.PUBLIC),
    Row("instances:invitation", door=Door.PUBLIC, methods=BOTH, also=(404,), token="=unknown"),
    Row("instances:instance-list", door=Door.SIGNED_IN),
    Row("instances:instance-rows", door=Door.SIGNED_IN),
    Row("instances:palette-instances", door=Door.SIGNED_IN),
    Row("instances:palette", P.CONTENT_VIEW),
    Row("instances:instance-new", door=Door.LEADS, methods=BOTH),
    Row("instances:settings-general", P.SETTINGS_MANAGE, methods=BOTH),
    Row("instances:settings-two-factor", P.OWNER_MANAGE, methods=POST),
    Row("instances:settings-members", P.MEMBER_MANAGE, methods=BOTH),
    Row("instances:member-role", P.MEMBER_MANAGE, methods=POST, data={"role": "editor"}, user_id="member"),
    Row("instances:member-remove", P.MEMBER_MANAGE, methods=POST, user_id="member"),
    Row("instances:invitation-revoke", P.MEMBER_MANAGE, methods=POST, invitation_id="invitation"),
    Row("instances:invitation-renew", P.MEMBER_MANAGE, methods=POST, invitation_id="invitation"),
    Row("instances:settings-advanced", P.API_KEY_MANAGE, methods=BOTH),
    Row("instances:settings-audit", P.AUDIT_VIEW),
    Row("instances:audit-export", P.AUDIT_VIEW),
    Row("instances:api-key-revoke", P.API_KEY_MANAGE, methods=POST, key_id="api_key"),
    Row("instances:settings-notifications", P.POST_WRITE, methods=BOTH),
    Row("instances:instance-switch", P.CONTENT_VIEW),
    Row("instances:notice-list", P.CONTENT_VIEW),
    Row("instances:notice-bell", P.CONTENT_VIEW),
    Row("instances:notice-read-all", P.CONTENT_VIEW, methods=POST),
    Row("instances:notice-open", P.CONTENT_VIEW, notice_id="notice"),
    Row("instances:notice-read", P.CONTENT_VIEW, methods=POST, notice_id="notice"),
    Row("api:GET /instance"),
]

ACCOUNTS = [
    Row("accounts:profile", door=Door.SIGNED_IN, methods=BOTH),
    Row("account_login", door=Door.PUBLIC),
    Row("account_logout", door=Door.PUBLIC),
    Row("account_inactive", door=Door.PUBLIC),
    Row("account_signup", door=Door.PUBLIC),
    Row("account_reauthenticate", door=Door.SIGNED_IN),
    Row("account_email", door=Door.SIGNED_IN, methods=BOTH),
    Row("accounts:email-change", door=Door.PUBLIC, methods=BOTH, also=(410,), token="=unknown"),
    Row("account_email_verification_sent", door=Door.PUBLIC),
    Row("account_change_password", door=Door.SIGNED_IN),
    Row("account_set_password", door=Door.SIGNED_IN),
    Row("account_reset_password", door=Door.PUBLIC),
    Row("account_confirm_login_code", door=Door.SIGNED_IN),
    Row("account_confirm_email", door=Door.PUBLIC, also=(404,), key="=no-such-key"),
    Row("account_reset_password_from_key", door=Door.PUBLIC, uidb36="=1", key="=no-such-key"),
    Row("account_reset_password_from_key_done", door=Door.PUBLIC),
    Row("account_reset_password_done", door=Door.PUBLIC),
    Row("mfa_index", door=Door.SIGNED_IN),
    Row("mfa_authenticate", door=Door.SIGNED_IN),
    Row("mfa_reauthenticate", door=Door.SIGNED_IN),
    Row("mfa_activate_totp", door=Door.SIGNED_IN),
    Row("mfa_deactivate_totp", door=Door.SIGNED_IN, also=(404,)),
    Row("mfa_view_recovery_codes", door=Door.SIGNED_IN, also=(404,)),
    Row("mfa_generate_recovery_codes", door=Door.SIGNED_IN, also=(404,)),
    Row("mfa_download_recovery_codes", door=Door.SIGNED_IN, also=(404,)),
    Row("usersessions_list", door=Door.SIGNED_IN),
    Row("socialaccount_login_cancelled", door=Door.NOWHERE),
    Row("socialaccount_login_error", door=Door.NOWHERE),
    Row("socialaccount_signup", door=Door.NOWHERE),
    Row("socialaccount_connections", door=Door.NOWHERE),
]

API = [
    Row("api-1:api-root", door=Door.NOWHERE),
    Row("api-1:openapi-json", door=Door.PUBLIC),
    Row("api-1:openapi-view", door=Door.PUBLIC),
]

LINKING = [
    Row("tiktok_login", door=Door.NOWHERE),
    Row("tiktok_callback", door=Door.PUBLIC, also=(302,)),
    Row("tiktok:connect-result", door=Door.PUBLIC, key="=state_missing"),
    Row("tiktok:account-list", P.CONTENT_VIEW),
    Row("tiktok:account-list-part", P.CONTENT_VIEW),
    Row("tiktok:account-filters", P.CONTENT_VIEW),
    Row("tiktok:connect", P.ACCOUNT_RECONNECT, methods=BOTH),
    Row("tiktok:connect-links", P.ACCOUNT_MANAGE, methods=BOTH),
    Row("tiktok:connect-link-revoke", P.ACCOUNT_MANAGE, methods=POST, link_id="connect_link"),
    Row("tiktok:connect-link-renew", P.ACCOUNT_MANAGE, methods=POST, link_id="connect_link"),
    Row("tiktok:connect-link", door=Door.PUBLIC, methods=BOTH, also=(404,), token="=unknown"),
    Row("tiktok:connect-link-again", door=Door.PUBLIC, methods=BOTH, also=(404,), link_id="connect_link"),
    Row("tiktok:account-select", P.CONTENT_VIEW, methods=POST),
    Row("tiktok:account-choose", P.CONTENT_VIEW),
    Row("tiktok:account-rail", P.CONTENT_VIEW),
    Row("tiktok:account", P.CONTENT_VIEW, account_id="account"),
    Row("tiktok:account-card", P.CONTENT_VIEW, account_id="account"),
    Row("tiktok:account-menu", P.CONTENT_VIEW, account_id="account"),
    Row("tiktok:account-rename", P.ACCOUNT_MANAGE, methods=BOTH, account_id="account"),
    Row("tiktok:account-move", P.ACCOUNT_MANAGE, methods=POST, data=SAME_USER, account_id="account"),
    Row("tiktok:account-labels", P.ACCOUNT_MANAGE, methods=BOTH, account_id="account"),
    Row("tiktok:account-sync", P.ACCOUNT_SYNC, methods=POST, account_id="account"),
    Row("tiktok:account-disconnect", P.ACCOUNT_MANAGE, methods=BOTH, account_id="account"),
    Row("tiktok:account-avatar", P.CONTENT_VIEW, account_id="account"),
    Row("api:GET /accounts", P.CONTENT_VIEW),
    Row("api:POST /accounts/connect-links", P.ACCOUNT_MANAGE, also=(409,)),
    Row("api:GET /accounts/connect-links", P.ACCOUNT_MANAGE),
    Row("api:GET /accounts/connect-links/{link_id}", P.ACCOUNT_MANAGE, link_id="connect_link"),
    Row("api:DELETE /accounts/connect-links/{link_id}", P.ACCOUNT_MANAGE, link_id="connect_link"),
    Row("api:GET /accounts/{account_id}", P.CONTENT_VIEW, account_id="account"),
    Row("api:PATCH /accounts/{account_id}", P.ACCOUNT_MANAGE, data={"name": "Mine"}, account_id="account"),
    Row("api:POST /accounts/{account_id}/sync", P.ACCOUNT_SYNC, also=(409,), account_id="unwell_account"),
    Row("api:DELETE /accounts/{account_id}", P.ACCOUNT_MANAGE, account_id="account"),
]

WEBHOOKS = [
    Row("tiktok:webhook", door=Door.PUBLIC, methods=POST),
]

MEDIA = [
    Row("tiktok:media-verification", door=Door.PUBLIC, also=(404,), stem="=tiktokunknown"),
    Row("tiktok:media-download", door=Door.PUBLIC, also=(404,), token="=unknown"),
    Row("tiktok:media-list", P.CONTENT_VIEW),
    Row("tiktok:media-card", P.CONTENT_VIEW, media_id="media"),
    Row("tiktok:media-file", P.CONTENT_VIEW, media_id="media"),
    Row("tiktok:media-thumbnail", P.CONTENT_VIEW, media_id="media"),
    Row("tiktok:media-delete", P.MEDIA_WRITE, methods=POST, media_id="media"),
    Row("tiktok:media-uploads", P.MEDIA_WRITE, methods=("POST", "OPTIONS")),
    Row("tiktok:media-upload", P.MEDIA_WRITE, methods=("HEAD", "PATCH", "DELETE"), also=(412,), upload_id="upload"),
    Row("tiktok:media-upload-finish", P.MEDIA_WRITE, methods=POST, upload_id="upload"),
    Row("tiktok:media-upload-discard", P.MEDIA_WRITE, methods=POST, upload_id="upload"),
]

MEDIA_BY_API = [
    Row("api:GET /media", P.MEDIA_WRITE),
    Row("api:POST /media", P.MEDIA_WRITE),
    Row("api:GET /media/{media_id}", P.MEDIA_WRITE, media_id="media"),
    Row("api:DELETE /media/{media_id}", P.MEDIA_WRITE, media_id="media"),
    Row("api:POST /media/uploads", P.MEDIA_WRITE),
    Row("api:OPTIONS /media/uploads", door=Door.PUBLIC),
    Row("api:OPTIONS /media/uploads/{upload_id}", door=Door.PUBLIC, upload_id="upload"),
    Row("api:GET /media/uploads/{upload_id}", P.MEDIA_WRITE, upload_id="upload"),
    Row("api:HEAD /media/uploads/{upload_id}", P.MEDIA_WRITE, also=(412,), upload_id="upload"),
    Row("api:PATCH /media/uploads/{upload_id}", P.MEDIA_WRITE, upload_id="upload"),
    Row("api:POST /media/uploads/{upload_id}", P.MEDIA_WRITE, upload_id="upload"),
    Row("api:DELETE /media/uploads/{upload_id}", P.MEDIA_WRITE, upload_id="upload"),
]

POSTS_BY_API = [
    Row("api:GET /accounts/{account_id}/creator-info", P.CONTENT_VIEW, also=(409,), account_id="unwell_account"),
    Row("api:GET /posts", P.CONTENT_VIEW),
    Row("api:POST /posts", P.POST_WRITE),
    Row("api:GET /posts/{post_id}", P.CONTENT_VIEW, post_id="post"),
    Row("api:PATCH /posts/{post_id}", P.POST_WRITE, data={"caption": "Mine"}, post_id="post"),
    Row("api:DELETE /posts/{post_id}", P.POST_WRITE, post_id="post"),
    Row("api:GET /posts/{post_id}/events", P.CONTENT_VIEW, post_id="post"),
    Row("api:POST /posts/{post_id}/publish", P.POST_PUBLISH, post_id="post"),
    Row("api:POST /posts/{post_id}/cancel", P.POST_PUBLISH, post_id="post"),
    Row("api:POST /posts/{post_id}/recheck", P.POST_PUBLISH, post_id="doubtful_post"),
    Row("api:POST /posts/{post_id}/send-again", P.POST_PUBLISH, data={"confirm": True}, post_id="post"),
]

POSTS = [
    Row("tiktok:dashboard", P.CONTENT_VIEW),
    Row("tiktok:dashboard-part", P.CONTENT_VIEW),
    Row("tiktok:post-list", P.CONTENT_VIEW),
    Row("tiktok:post-list-part", P.CONTENT_VIEW),
    Row("tiktok:post-new", P.POST_WRITE, methods=BOTH),
    Row(
        "tiktok:outage-posts",
        P.POST_PUBLISH,
        methods=BOTH,
        also=(302,),
        outage_id="=9f1c6b52-6a3f-4c0e-8a55-0c0f5d8f3a11",
    ),
    Row("tiktok:post-media-choice", P.POST_WRITE, media_id="media"),
    Row("tiktok:post-photos", P.POST_WRITE, methods=POST),
    Row("tiktok:post-photo-view", P.POST_WRITE, media_id="media"),
    Row("tiktok:post-detail", P.CONTENT_VIEW, post_id="post"),
    Row("tiktok:post-live", P.CONTENT_VIEW, post_id="post"),
    Row("tiktok:post-edit", P.POST_WRITE, methods=BOTH, post_id="post"),
    Row("tiktok:post-reschedule", P.POST_PUBLISH, methods=BOTH, post_id="post"),
    Row("tiktok:post-publish-now", P.POST_PUBLISH, methods=BOTH, post_id="post"),
    Row("tiktok:post-cancel", P.POST_WRITE, methods=POST, post_id="post"),
    Row("tiktok:post-correct", P.POST_WRITE, methods=POST, post_id="post"),
    Row("tiktok:post-recheck", P.POST_PUBLISH, methods=POST, post_id="doubtful_post"),
    Row("tiktok:post-send-again", P.POST_SEND_AGAIN, methods=BOTH, post_id="doubtful_post"),
    Row("tiktok:post-set-aside", P.POST_PUBLISH, methods=POST, post_id="doubtful_post"),
    Row("tiktok:post-take-up", P.POST_PUBLISH, methods=POST, post_id="doubtful_post"),
    Row("tiktok:post-delete", P.POST_WRITE, methods=POST, post_id="post"),
]

ROWS = [*INSTANCES, *ACCOUNTS, *API, *LINKING, *WEBHOOKS, *MEDIA, *MEDIA_BY_API, *POSTS, *POSTS_BY_API]
HAS_HEAD = "api:GET /media/uploads/{upload_id}"  # tus has a HEAD of its own there, with its own row


def heads_of(rows: list[Row]) -> list[Row]:
    """Every GET of the API answers HEAD, to the same people."""
    gets = [row for row in rows if row.name.startswith("api:GET ") and row.name != HAS_HEAD]
    return [
        Row(row.name.replace("GET", "HEAD", 1), row.permission, also=tuple(row.also), **row.kwargs)  # type: ignore[arg-type]
        for row in gets
    ]


TABLE = [*ROWS, *heads_of(ROWS)]
