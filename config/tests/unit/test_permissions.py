"""Permissions are checked in the services: each with an actor names its permission, or why it needs none."""

from collections.abc import Callable, Iterator
from importlib import import_module
from inspect import Parameter, getmembers, isfunction, signature
from typing import Any, Final

import pytest

from accounts.models import User
from instances.models import Instance
from instances.refusals import NotAllowed
from instances.roles import Permission
from tiktok.accounts.services import rename_account
from tiktok.tests.factories import make_account

SERVICES: Final = (
    *("instances.services.api_keys", "instances.services.instances", "instances.services.invitations"),
    *("instances.services.members", "instances.services.staff", "instances.services.first_owner"),
    *("tiktok.accounts.services", "tiktok.accounts.disconnect", "tiktok.accounts.app_change.services"),
    *("tiktok.connect.services", "tiktok.connect.links.services", "tiktok.media.services"),
    *("tiktok.posts.services", "tiktok.posts.decisions", "tiktok.posts.reposts"),
)
NEEDS: Final = {
    "create_api_key": Permission.API_KEY_MANAGE,
    "revoke_api_key": Permission.API_KEY_MANAGE,
    "update_instance": Permission.SETTINGS_MANAGE,
    "set_two_factor_policy": Permission.OWNER_MANAGE,
    "rename_account": Permission.ACCOUNT_MANAGE,
    "label_account": Permission.ACCOUNT_MANAGE,
    "start_disconnect": Permission.ACCOUNT_MANAGE,
    "move_account": Permission.ACCOUNT_MANAGE,
    "keep_both": Permission.ACCOUNT_MANAGE,
    "link_account": Permission.ACCOUNT_RECONNECT,
    "make_links": Permission.ACCOUNT_MANAGE,
    "revoke_link": Permission.ACCOUNT_MANAGE,
    "renew_link": Permission.ACCOUNT_MANAGE,
    "create_upload": Permission.MEDIA_WRITE,
    "take_file": Permission.MEDIA_WRITE,
    "delete_media": Permission.MEDIA_WRITE,
    "create_post": Permission.POST_WRITE,
    "submit_post": Permission.POST_PUBLISH,
    "edit_post": Permission.POST_WRITE,
    "publish_post": Permission.POST_PUBLISH,
    "cancel_post": Permission.POST_WRITE,
    "delete_post": Permission.POST_WRITE,
    "correct_post": Permission.POST_WRITE,
    "recheck_post": Permission.POST_PUBLISH,
    "send_again_post": Permission.POST_SEND_AGAIN,
    "set_aside_post": Permission.POST_PUBLISH,
    "take_up_post": Permission.POST_PUBLISH,
}
OTHERWISE: Final = {
    "the reach of the actor's own role decides (need_reach)": {
        *("change_role", "remove_member", "invite_member", "renew_invitation", "revoke_invitation", "need_reach"),
    },
    "a person makes a customer, or an instance of a tenant that they lead": {
        *("create_instance", "add_instance"),
    },
    "staff act, in the back office or on the machine": {
        *("update_tenant", "set_tenant_role", "set_instance_role", "remove_from_tenant", "remove_from_instance"),
        *("add_customer", "invite_owner", "invite_first_owner"),
    },
    "each post is sent by services of its own": {"repost"},
    "a part of other services": {"locked", "note_act", "write_api_key"},
}


def acts() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Public functions of the services' modules that take an ``actor``."""
    for name in SERVICES:
        module = import_module(name)
        for called, function in getmembers(module, isfunction):
            if called.startswith("_") or function.__module__ != name:
                continue
            if isinstance(signature(function).parameters.get("actor"), Parameter):
                yield called, function


def test_every_service_with_an_actor_names_its_permission() -> None:
    found = {called: getattr(function, "permission", None) for called, function in acts()}

    assert {called: permission for called, permission in found.items() if permission} == NEEDS
    exempt = set().union(*OTHERWISE.values())
    assert {called for called, permission in found.items() if not permission} == exempt


@pytest.mark.django_db
def test_role_that_does_not_reach_changes_nothing(scoped: Instance, editor: User, outsider: User) -> None:
    account = make_account(scoped)

    for nobody in (editor, outsider):
        with pytest.raises(NotAllowed):
            rename_account(account, name="Taken over", actor=nobody)

    account.refresh_from_db()
    assert account.name != "Taken over"
