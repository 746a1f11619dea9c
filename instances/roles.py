"""Roles, permissions and the one table between them. No database."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Role(StrEnum):
    """A person's role in an instance; OWNER and TENANT_ADMIN belong to the tenant and count in all its instances."""

    OWNER = "owner"
    TENANT_ADMIN = "tenant_admin"
    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"


class Permission(StrEnum):
    """The one thing that views, API routes and services check."""

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


@dataclass(frozen=True, slots=True)
class RoleRow:
    """A role's name, what it may do in one sentence, and the permissions it adds to the role below it."""

    label: Promise
    summary: Promise
    adds: frozenset[Permission]


# Lowest first: each role may do what the roles before it may.
ROLES: Final[Mapping[Role, RoleRow]] = MappingProxyType(
    {
        Role.VIEWER: RoleRow(
            _("Viewer"),
            _("Sees accounts, media, posts and notifications. Cannot change anything."),
            frozenset({Permission.CONTENT_VIEW}),
        ),
        Role.EDITOR: RoleRow(
            _("Editor"),
            _("Writes, publishes and resends posts, uploads media, and syncs and reconnects accounts."),
            frozenset(
                {
                    Permission.POST_WRITE,
                    Permission.POST_PUBLISH,
                    Permission.POST_SEND_AGAIN,
                    Permission.MEDIA_WRITE,
                    Permission.ACCOUNT_RECONNECT,
                    Permission.ACCOUNT_SYNC,
                }
            ),
        ),
        Role.ADMIN: RoleRow(
            _("Admin"),
            _(
                "Does everything an editor does, connects and disconnects accounts, manages members and API keys, "
                "reads the audit log and changes settings."
            ),
            frozenset(
                {
                    Permission.ACCOUNT_MANAGE,
                    Permission.MEMBER_MANAGE,
                    Permission.API_KEY_MANAGE,
                    Permission.AUDIT_VIEW,
                    Permission.SETTINGS_MANAGE,
                }
            ),
        ),
        Role.TENANT_ADMIN: RoleRow(
            _("Admin (all instances)"),
            _("Is an admin in every instance of the team, creates instances and sees the team’s TikTok apps."),
            frozenset({Permission.APP_VIEW}),
        ),
        Role.OWNER: RoleRow(
            _("Owner"),
            _("Does everything an admin does, gives and takes the owner role, and can require two-factor sign-in."),
            frozenset({Permission.OWNER_MANAGE}),
        ),
    }
)

# Lowest first. A person never gives, takes or changes a role above their own.
RANKS: Final = tuple(ROLES)


def _allowed_to(role: Role) -> frozenset[Permission]:
    ranks = RANKS[: RANKS.index(role) + 1]
    return frozenset(permission for rank in ranks for permission in ROLES[rank].adds)


ALLOWED: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType({role: _allowed_to(role) for role in RANKS})


def reaches(own: Role, other: Role) -> bool:
    """Return whether ``other`` is not above ``own``."""
    return RANKS.index(other) <= RANKS.index(own)


def up_to(own: Role) -> tuple[Role, ...]:
    """Return the roles that a person with ``own`` may give, lowest first; none without MEMBER_MANAGE."""
    if Permission.MEMBER_MANAGE not in ALLOWED[own]:
        return ()
    return RANKS[: RANKS.index(own) + 1]


class KeyScope(StrEnum):
    """A scope of an API key; it counts only while the role of the key's creator allows it too."""

    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_WRITE = "accounts:write"
    MEDIA_WRITE = "media:write"
    POSTS_READ = "posts:read"
    POSTS_WRITE = "posts:write"
    POSTS_PUBLISH = "posts:publish"


KEY_SCOPE_NEEDS: Final[Mapping[KeyScope, Permission]] = MappingProxyType(
    {
        KeyScope.ACCOUNTS_READ: Permission.CONTENT_VIEW,
        KeyScope.ACCOUNTS_WRITE: Permission.ACCOUNT_MANAGE,
        KeyScope.MEDIA_WRITE: Permission.MEDIA_WRITE,
        KeyScope.POSTS_READ: Permission.CONTENT_VIEW,
        KeyScope.POSTS_WRITE: Permission.POST_WRITE,
        KeyScope.POSTS_PUBLISH: Permission.POST_PUBLISH,
    }
)
