"""Services that change memberships, instances and keys: each function is one transaction with its audit line."""

from instances.refusals import InvitationUnusable, LastOwner, NotAllowed, Refused, SlugTaken
from instances.services.api_keys import create_api_key, revoke_api_key
from instances.services.instances import (
    create_instance,
    create_tenant_with_instance,
    set_two_factor_policy,
    suggest_slug,
    update_instance,
)
from instances.services.invitations import (
    Invited,
    accept_invitation,
    invite_first_owner,
    invite_member,
    renew_invitation,
    revoke_invitation,
)
from instances.services.members import change_role, remove_member

__all__ = [
    "InvitationUnusable",
    "Invited",
    "LastOwner",
    "NotAllowed",
    "Refused",
    "SlugTaken",
    "accept_invitation",
    "change_role",
    "create_api_key",
    "create_instance",
    "create_tenant_with_instance",
    "invite_first_owner",
    "invite_member",
    "remove_member",
    "renew_invitation",
    "revoke_api_key",
    "revoke_invitation",
    "set_two_factor_policy",
    "suggest_slug",
    "update_instance",
]
