"""The table of roles and permissions."""

import pytest

from instances.roles import ALLOWED, KEY_SCOPE_NEEDS, RANKS, KeyScope, Permission, Role, reaches, up_to

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
def test_a_role_allows_exactly_what_the_table_says(role: Role, allowed: set[Permission]) -> None:
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


def test_a_role_reaches_itself_and_what_is_below() -> None:
    assert reaches(Role.ADMIN, Role.ADMIN)
    assert reaches(Role.ADMIN, Role.VIEWER)
    assert not reaches(Role.ADMIN, Role.TENANT_ADMIN)
