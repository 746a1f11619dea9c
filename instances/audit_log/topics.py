"""The sentences of what happens to people, instances and sign-ins."""

from django.utils.translation import gettext_lazy as _

from instances.audit_log.words import AuditTopic, Detail


def _two_factor(detail: Detail) -> str:
    if detail.get("required"):
        return str(_("%(who)s required two-factor sign-in for the team"))
    return str(_("%(who)s made two-factor sign-in optional for the team"))


PEOPLE = AuditTopic(
    "people",
    _("Members and access"),
    {
        "member.added": _("%(who)s added %(member)s as %(after)s"),
        "member.role_changed": _("%(who)s changed the role of %(member)s from %(before)s to %(after)s"),
        "member.removed": _("%(who)s removed %(member)s"),
        "invitation.created": _("%(who)s invited %(email)s as %(role)s"),
        "invitation.renewed": _("%(who)s created a new invitation link for %(email)s"),
        "invitation.revoked": _("%(who)s revoked the invitation for %(what)s"),
        "invitation.accepted": _("%(who)s accepted an invitation"),
        "api_key.created": _("%(who)s created the API key %(what)s"),
        "api_key.revoked": _("%(who)s revoked the API key %(what)s"),
        "person.enabled": _("%(who)s enabled the account of %(person)s"),
        "person.disabled": _("%(who)s disabled the account of %(person)s"),
        "person.staff_granted": _("%(who)s gave %(person)s access to Administration"),
        "person.staff_revoked": _("%(who)s revoked access to Administration for %(person)s"),
        "person.superuser_granted": _("%(who)s gave %(person)s all permissions in Administration"),
        "person.superuser_revoked": _("%(who)s revoked all permissions in Administration for %(person)s"),
        "person.updated": _("%(who)s changed the profile of %(person)s"),
        "person.two_factor_removed": _("%(who)s turned off two-factor sign-in for %(person)s"),
        "tenant.owner_made": _("%(who)s made %(email)s the owner of the team"),
    },
)
SETTINGS = AuditTopic(
    "settings",
    _("Settings"),
    {
        "tenant.created": _("%(who)s created the team %(what)s"),
        "tenant.updated": _("%(who)s renamed the team to %(what)s"),
        "tenant.two_factor": _two_factor,
        "instance.created": _("%(who)s created the instance %(what)s"),
        "instance.updated": _("%(who)s saved the settings of the instance: name %(what)s, time zone %(time_zone)s"),
    },
)
SIGN_IN = AuditTopic(
    "sign-in",
    _("Sign-in"),
    {
        "sign_in.succeeded": _("%(who)s signed in"),
        "sign_in.failed": _("Sign-in failed for %(person)s: wrong password"),
        "sign_in.locked_out": _("Sign-in was locked for %(person)s after too many wrong passwords"),
        "sign_in.repeated": _("%(who)s confirmed their identity"),
        "sign_up.address_known": _("Someone tried to sign up with the address of %(person)s"),
        "session.signed_out": _("%(who)s signed out"),
        "session.ended": _("%(who)s signed out another session"),
        "session.ended_by_staff": _("%(who)s ended all sessions of %(person)s"),
        "password.changed": _("%(who)s changed their password"),
        "password.reset": _("%(who)s reset their password with a link from an email"),
        "address.added": _("%(who)s added the email address %(address)s"),
        "address.confirmed": _("%(who)s confirmed the email address %(address)s"),
        "address.removed": _("%(who)s removed the email address %(address)s"),
        "address.changed": _("%(who)s changed their email address"),
        "address.change_asked": _("%(who)s requested a change of their email address"),
        "address.change_agreed": _("%(who)s confirmed the change from their old email address"),
        "address.change_cancelled": _("%(who)s cancelled the change of their email address"),
        "two_factor.added": _("%(who)s set up a second factor: %(kind)s"),
        "two_factor.removed": _("%(who)s removed a second factor: %(kind)s"),
        "two_factor.reset": _("%(who)s replaced a second factor: %(kind)s"),
        "two_factor.failed": _("Sign-in failed for %(person)s: wrong code"),
        "two_factor.locked_out": _("Sign-in was locked for %(person)s after too many wrong codes"),
    },
)
