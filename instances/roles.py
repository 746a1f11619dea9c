"""Roles, permissions and the one table between them. Pure Python."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Role(StrEnum):
    """What a person is in an instance; OWNER and TENANT_ADMIN come from the tenant and act in all its instances."""

    OWNER = "owner"
    TENANT_ADMIN = "tenant_admin"
    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"


class Permission(StrEnum):
    """What may be done. Views and API routes name one; nothing else decides."""

    CONTENT_VIEW = "content.view"
    POST_WRITE = "post.write"
    POST_PUBLISH = "post.publish"
    POST_SEND_AGAIN = "post.send_again"
    MEDIA_WRITE = "media.write"
    ACCOUNT_RECONNECT = "account.reconnect"
    ACCOUNT_SYNC = "account.sync"
    ACCOUNT_MANAGE = "account.manage"
    MEMBER_MANAGE = "member.manage"
    API_KEY_MANAGE = "api_key.manage"
    AUDIT_VIEW = "audit.view"
    SETTINGS_MANAGE = "settings.manage"
    APP_VIEW = "app.view"
    OWNER_MANAGE = "owner.manage"


_VIEWER: Final = frozenset({Permission.CONTENT_VIEW})
_EDITOR: Final = _VIEWER | {
    Permission.POST_WRITE,
    Permission.POST_PUBLISH,
    Permission.POST_SEND_AGAIN,
    Permission.MEDIA_WRITE,
    Permission.ACCOUNT_RECONNECT,
    Permission.ACCOUNT_SYNC,
}
_ADMIN: Final = _EDITOR | {
    Permission.ACCOUNT_MANAGE,
    Permission.MEMBER_MANAGE,
    Permission.API_KEY_MANAGE,
    Permission.AUDIT_VIEW,
    Permission.SETTINGS_MANAGE,
}
_TENANT_ADMIN: Final = _ADMIN | {Permission.APP_VIEW}
_OWNER: Final = _TENANT_ADMIN | {Permission.OWNER_MANAGE}

ALLOWED: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        Role.VIEWER: _VIEWER,
        Role.EDITOR: _EDITOR,
        Role.ADMIN: _ADMIN,
        Role.TENANT_ADMIN: _TENANT_ADMIN,
        Role.OWNER: _OWNER,
    }
)

# Lowest first. Nobody gives, takes or changes a role above their own.
RANKS: Final = (Role.VIEWER, Role.EDITOR, Role.ADMIN, Role.TENANT_ADMIN, Role.OWNER)


def reaches(own: Role, other: Role) -> bool:
    """Whether ``other`` is not above ``own``."""
    return RANKS.index(other) <= RANKS.index(own)


def up_to(own: Role) -> tuple[Role, ...]:
    """The roles that somebody with ``own`` may give, lowest first; none without the right to manage members."""
    if Permission.MEMBER_MANAGE not in ALLOWED[own]:
        return ()
    return RANKS[: RANKS.index(own) + 1]


class KeyScope(StrEnum):
    """What an API key may do, on top of what its maker's present role allows."""

    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_WRITE = "accounts:write"
    MEDIA_WRITE = "media:write"
    POSTS_READ = "posts:read"
    POSTS_WRITE = "posts:write"
    POSTS_PUBLISH = "posts:publish"
    ANALYTICS_READ = "analytics:read"


KEY_SCOPE_NEEDS: Final[Mapping[KeyScope, Permission]] = MappingProxyType(
    {
        KeyScope.ACCOUNTS_READ: Permission.CONTENT_VIEW,
        KeyScope.ACCOUNTS_WRITE: Permission.ACCOUNT_MANAGE,
        KeyScope.MEDIA_WRITE: Permission.MEDIA_WRITE,
        KeyScope.POSTS_READ: Permission.CONTENT_VIEW,
        KeyScope.POSTS_WRITE: Permission.POST_WRITE,
        KeyScope.POSTS_PUBLISH: Permission.POST_PUBLISH,
        KeyScope.ANALYTICS_READ: Permission.CONTENT_VIEW,
    }
)
