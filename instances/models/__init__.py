"""Instances, memberships, keys and notifications. Notifications are content, all else is directory."""

from instances.models.access import ApiKey, Invitation, InvitationGrant, Membership
from instances.models.instance import Instance
from instances.models.notice import Notice, NoticeKind, NoticeRead, NotificationPreference
from instances.models.turn import InstanceTurn

__all__ = [
    "ApiKey",
    "Instance",
    "InstanceTurn",
    "Invitation",
    "InvitationGrant",
    "Membership",
    "Notice",
    "NoticeKind",
    "NoticeRead",
    "NotificationPreference",
]
