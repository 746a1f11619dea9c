"""The table of roles and permissions."""

import pytest

from instances.roles import ALLOWED, KEY_SCOPE_NEEDS, RANKS, ROLES, KeyScope, Permission, Role, reaches, up_to

LOOK = {Permission.CONTENT_VIEW}
WORK = {
    Permission.POST_WRITE,
    Permission.POST_PUBLISH,
    Permission.POST_SEND_AGAIN,
    Permission.MEDIA_WRITE,
    Permission.ACCOUNT_RECONNECT,
    Permission.ACCOUNT_SYNC,
}
RUN = {
    Permission.ACCOUNT_MANAGE,
    Permission.MEMBER_MANAGE,
    Permission.API_KEY_MANAGE,
    Permission.AUDIT_VIEW,
    Permission.SETTINGS_MANAGE,
}
OWN = {Permission.OWNER_MANAGE}
# What a role's sentence says of each permission.
SAID = {
    Permission.CONTENT_VIEW: "sees accounts",
    Permission.POST_WRITE: "writes",
    Permission.POST_PUBLISH: "publishes",
    Permission.POST_SEND_AGAIN: "resends",
    Permission.MEDIA_WRITE: "uploads media",
    Permission.ACCOUNT_RECONNECT: "reconnects accounts",
    Permission.ACCOUNT_SYNC: "syncs",
    Permission.ACCOUNT_MANAGE: "connects and disconnects accounts",
    Permission.MEMBER_MANAGE: "manages members",
    Permission.API_KEY_MANAGE: "api keys",
    Permission.AUDIT_VIEW: "audit log",
    Permission.SETTINGS_MANAGE: "changes settings",
    Permission.APP_VIEW: "tiktok apps",
    Permission.OWNER_MANAGE: "two-factor sign-in",
}


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.VIEWER, LOOK),
        (Role.EDITOR, LOOK | WORK),
        (Role.ADMIN, LOOK | WORK | RUN),
        (Role.TENANT_ADMIN, LOOK | WORK | RUN | {Permission.APP_VIEW}),
        (Role.OWNER, LOOK | WORK | RUN | {Permission.APP_VIEW} | OWN),
    ],
)
def test_role_allows_exactly_what_the_table_says(role: Role, allowed: set[Permission]) -> None:
    assert ALLOWED[role] == allowed


def test_every_role_and_permission_has_its_place() -> None:
    assert set(RANKS) == set(Role) == set(ALLOWED)
    assert ALLOWED[Role.OWNER] == set(Permission)
    assert set(KEY_SCOPE_NEEDS) == set(KeyScope)


@pytest.mark.parametrize(
    ("own", "may_give"),
    [
        (Role.VIEWER, ()),
        (Role.EDITOR, ()),
        (Role.ADMIN, (Role.VIEWER, Role.EDITOR, Role.ADMIN)),
        (Role.TENANT_ADMIN, (Role.VIEWER, Role.EDITOR, Role.ADMIN, Role.TENANT_ADMIN)),
        (Role.OWNER, RANKS),
    ],
)
def test_members_are_given_roles_up_to_ones_own(own: Role, may_give: tuple[Role, ...]) -> None:
    assert up_to(own) == may_give


def test_role_reaches_itself_and_what_is_below() -> None:
    assert reaches(Role.ADMIN, Role.ADMIN)
    assert reaches(Role.ADMIN, Role.VIEWER)
    assert not reaches(Role.ADMIN, Role.TENANT_ADMIN)


@pytest.mark.parametrize("role", list(Role))
def test_sentence_of_a_role_names_exactly_the_permissions_it_adds(role: Role) -> None:
    below = ALLOWED[RANKS[RANKS.index(role) - 1]] if role != RANKS[0] else set()
    sentence = str(ROLES[role].summary).lower()

    assert {permission for permission, words in SAID.items() if words in sentence} == ALLOWED[role] - below
