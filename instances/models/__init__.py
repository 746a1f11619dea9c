"""Instances and everything that decides who may do what in them; all are directory tables (design 3)."""

from instances.models.access import ApiKey, Invitation, InvitationGrant, Membership
from instances.models.instance import Instance
from instances.models.work import InstanceTurn, JobLease, OutgoingMail

__all__ = [
    "ApiKey",
    "Instance",
    "InstanceTurn",
    "Invitation",
    "InvitationGrant",
    "JobLease",
    "Membership",
    "OutgoingMail",
]
