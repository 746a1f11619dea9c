"""Invitations: a one-time link for one address, seven days long, stored as its hash."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.audit import record
from accounts.models import Tenant, TenantMembership, TenantRole, User
from accounts.names import name_in_mail
from core.jobs.clock import db_now
from core.jobs.mail import queue_mail
from core.web.times import dated_text
from instances.access import role_of
from instances.models import Instance, Invitation, InvitationGrant, Membership
from instances.refusals import InvitationUnusable, NotAllowed
from instances.roles import RANKS, ROLES, Role, reaches
from instances.services import quotas
from instances.services.invitation_limits import LIFETIME, need_room
from instances.services.members import TENANT_ROLE_OF, lock_tenant, make_staff, need_reach
from instances.tokens import hash_key, new_token


@dataclass(frozen=True, slots=True)
class Invited:
    """A new invitation; ``link`` is known only now."""

    invitation: Invitation
    link: str
    mailed: bool


def invite_member(instance: Instance, *, actor: User, email: str, role: Role) -> Invited:
    """Invite an address, by email if email is set up. It replaces an open invitation of the same address.

    Raises NotAllowed (also for members), TooManyInvitations or QuotaReached.
    """
    email = email.strip().lower()
    with transaction.atomic():
        tenant = lock_tenant(instance.tenant_id)
        need_reach(actor, instance, role)
        member = User.objects.filter(email=email).first()
        if member and role_of(member, instance):
            raise NotAllowed(_("%(email)s is already a member. Change their role in the list.") % {"email": email})
        need_room(tenant, actor=actor, email=email)
        pending_of(instance).filter(email=email).update(revoked_at=timezone.now())
        invited = _write(tenant, email=email, role=role, instance=instance, actor=actor)
        still_open = pending_of(instance).filter(expires_at__gt=db_now())
        most = settings.QUOTA_INVITATIONS
        quotas.need_room(still_open, holder=instance, most=most, refusal=_too_many_open(most), code="quota_invitations")
        record(
            "invitation.created",
            tenant=tenant,
            actor=actor,
            instance_id=instance.pk,
            target=invited.invitation,
            email=email,
            role=role.value,
        )
    return invited


def _too_many_open(most: int) -> str:
    text = ngettext(
        "This instance can have %(most)d open invitation. Revoke it, or ask your administrator for more.",
        "This instance can have %(most)d open invitations. Revoke one, or ask your administrator for more.",
        most,
    )
    return text % {"most": most}


def invite_first_owner(
    instance: Instance, *, email: str, gives_staff: bool = False, actor: User | None = None
) -> Invited:
    """Make the one-time link of a tenant's first owner. For the operator: without a permission check.

    It replaces an earlier one, so that a lost link opens nothing. Only ``gives_staff`` opens Django admin.
    """
    with transaction.atomic():
        tenant = lock_tenant(instance.tenant_id)
        earlier = Invitation.objects.filter(tenant=tenant, is_first_owner=True, accepted_at=None, revoked_at=None)
        earlier.update(revoked_at=timezone.now())
        invited = _write(tenant, email=email.strip().lower(), role=Role.OWNER, instance=instance, actor=actor)
        Invitation.objects.filter(pk=invited.invitation.pk).update(is_first_owner=True, gives_staff=gives_staff)
        record(
            "invitation.created",
            tenant=tenant,
            actor=actor,
            target=invited.invitation,
            email=email,
            role="owner",
            staff=gives_staff,
        )
    return invited


def pending_of(instance: Instance) -> QuerySet[Invitation]:
    """Return invitations to this instance or its tenant that were neither used nor revoked."""
    mine = Q(grants__instance=instance) | Q(tenant_id=instance.tenant_id, tenant_role__in=TENANT_ROLE_OF.values())
    ids = Invitation.objects.filter(mine, accepted_at=None, revoked_at=None).values("pk")
    return Invitation.objects.filter(pk__in=ids)


def role_given(invitation: Invitation, instance: Instance) -> Role:
    """Return the role that the invitation gives in this instance."""
    here = [grant for grant in invitation.grants.all() if grant.instance_id == instance.pk]
    return _tenant_role(invitation) or Role(here[0].role)


def offered_role(invitation: Invitation) -> Role:
    """Return the role that the invitation gives, the highest where it gives several."""
    return _tenant_role(invitation) or max((Role(grant.role) for grant in invitation.grants.all()), key=RANKS.index)


def _tenant_role(invitation: Invitation) -> Role | None:
    return next((role for role, name in TENANT_ROLE_OF.items() if invitation.tenant_role == name), None)


def zone_of(invitation: Invitation) -> ZoneInfo:
    """Return the zone of an instance that the invitation leads to."""
    grant = invitation.grants.select_related("instance").first()
    instance = grant.instance if grant else Instance.objects.filter(tenant_id=invitation.tenant_id).first()
    return instance.zone if instance else ZoneInfo("UTC")


def revoke_invitation(instance: Instance, invitation: Invitation, *, actor: User) -> None:
    """Revoke the invitation; may run twice. Raises NotAllowed."""
    with transaction.atomic():
        need_reach(actor, instance, role_given(invitation, instance))
        if Invitation.objects.filter(pk=invitation.pk, revoked_at=None, accepted_at=None).update(
            revoked_at=timezone.now()
        ):
            record(
                "invitation.revoked",
                tenant=instance.tenant,
                actor=actor,
                instance_id=instance.pk,
                target=invitation,
                email=invitation.email,
            )


def renew_invitation(instance: Instance, invitation: Invitation, *, actor: User) -> Invited:
    """Create a new link for seven days; the old one stops working. Staff rights end: only the operator gives them.

    Raises NotAllowed, InvitationUnusable or TooManyInvitations.
    """
    token = new_token()
    with transaction.atomic():
        tenant = lock_tenant(instance.tenant_id)
        need_reach(actor, instance, role_given(invitation, instance))
        need_room(tenant, actor=actor, email=invitation.email)
        renewed = Invitation.objects.filter(pk=invitation.pk, revoked_at=None, accepted_at=None).update(
            token_hash=hash_key(token), expires_at=timezone.now() + LIFETIME, invited_by=actor, gives_staff=False
        )
        if not renewed:
            raise InvitationUnusable(_("This invitation has already been used or revoked."))
        record(
            "invitation.renewed",
            tenant=tenant,
            actor=actor,
            instance_id=instance.pk,
            target=invitation,
            email=invitation.email,
        )
        invitation.refresh_from_db()
        return _deliver(invitation, token, instance, actor)


def find_invitation(token: str) -> Invitation | None:
    """Return the invitation of a link, in any state."""
    return Invitation.objects.select_related("tenant", "invited_by").filter(token_hash=hash_key(token)).first()


def state_of(invitation: Invitation) -> str:
    """Return "open", "accepted", "revoked" or "expired"."""
    if invitation.accepted_at:
        return "accepted"
    if invitation.revoked_at:
        return "revoked"
    return "expired" if invitation.expires_at <= timezone.now() else "open"


def is_for(invitation: Invitation, email: str) -> bool:
    """Return whether the invitation is for this address; the first owner's link may name none."""
    return email.strip().lower() == invitation.email or (invitation.is_first_owner and not invitation.email)


def accept_invitation(invitation: Invitation, *, user: User) -> Instance | None:
    """Accept the invitation once and return the instance to open; a higher role that the person has stays.

    Raises InvitationUnusable, also for the second of two requests at the same time.
    """
    if not is_for(invitation, user.email):
        raise InvitationUnusable(_("This invitation is for %(email)s.") % {"email": invitation.email})
    with transaction.atomic():
        lock_tenant(invitation.tenant_id)
        taken = Invitation.objects.filter(
            pk=invitation.pk, accepted_at=None, revoked_at=None, expires_at__gt=db_now()
        ).update(accepted_at=timezone.now(), accepted_by=user)
        if not taken:
            raise InvitationUnusable(_("This invitation has been used or revoked, or has expired. Ask for a new one."))
        instance = _give_places(invitation, user)
        record(
            "invitation.accepted",
            tenant=invitation.tenant,
            actor=user,
            instance_id=instance.pk if instance else None,
            target=invitation,
        )
        return instance


def _give_places(invitation: Invitation, user: User) -> Instance | None:
    """Give the offered roles, never lowering a role that the person has."""
    place, made = TenantMembership.objects.get_or_create(
        user=user, tenant=invitation.tenant, defaults={"role": invitation.tenant_role}
    )
    ranks = [TenantRole.MEMBER, TenantRole.ADMIN, TenantRole.OWNER]
    if not made and ranks.index(TenantRole(invitation.tenant_role)) > ranks.index(TenantRole(place.role)):
        place.role = invitation.tenant_role
        place.save(update_fields=["role"])
    for grant in invitation.grants.select_related("instance"):
        membership, made = Membership.objects.get_or_create(
            user=user, instance=grant.instance, defaults={"role": grant.role}
        )
        if not made and not reaches(Role(membership.role), Role(grant.role)):
            Membership.objects.filter(pk=membership.pk).update(role=grant.role)
    if invitation.gives_staff:
        make_staff(user, tenant=invitation.tenant)
    first = invitation.grants.select_related("instance").order_by("instance__name").first()
    return first.instance if first else Instance.objects.filter(tenant=invitation.tenant).first()


def _write(tenant: Tenant, *, email: str, role: Role, instance: Instance, actor: User | None) -> Invited:
    token = new_token()
    invitation = Invitation.objects.create(
        token_hash=hash_key(token),
        email=email,
        tenant=tenant,
        tenant_role=TENANT_ROLE_OF.get(role, TenantRole.MEMBER),
        invited_by=actor,
        expires_at=timezone.now() + LIFETIME,
    )
    if role not in TENANT_ROLE_OF:
        InvitationGrant.objects.create(invitation=invitation, instance=instance, role=role.value)
    return _deliver(invitation, token, instance, actor)


def _deliver(invitation: Invitation, token: str, instance: Instance, actor: User | None) -> Invited:
    """Send the link by email if email is set up; otherwise the person who invited copies it."""
    link = settings.BASE_URL + reverse("instances:invitation", args=[token])
    if not settings.EMAIL_URL or actor is None:
        return Invited(invitation, link, mailed=False)
    role = ROLES[role_given(invitation, instance)]
    until = invitation.expires_at.astimezone(instance.zone)
    names = {
        "name": name_in_mail(str(actor)),
        "address": actor.email,
        "instance": name_in_mail(instance.name),
        "role": role.label,
        "summary": role.summary,
        "email": invitation.email,
        "link": link,
        "until": f"{dated_text(until)} ({until.tzinfo})",
    }
    queue_mail(
        to=invitation.email,
        subject=_("“%(name)s” invited you to “%(instance)s”") % names,
        text=_(
            "“%(name)s” (%(address)s) invited you to work in “%(instance)s” on Clipdesk.\n\n"
            "Your role: %(role)s. %(summary)s\n\n%(link)s\n\n"
            "The link is for %(email)s only. It works once and expires on %(until)s."
        )
        % names
        + _account_needed(),
    )
    return Invited(invitation, link, mailed=True)


def _account_needed() -> str:
    """Return the paragraph for people without an account where sign-up is closed."""
    if settings.SIGNUP != "closed":
        return ""
    text = _(
        "It needs a Clipdesk account with this address. If you don’t have one, ask your administrator for it first."
    )
    return f"\n\n{text}"
