"""allauth's adapter: who may sign up, what sign-up creates, where people land, how email is sent."""

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.forms import BaseForm
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.addresses import at_base_url, is_own_address
from accounts.languages import in_language_of
from accounts.models import LONGEST_EMAIL, User
from accounts.watched import WatchedSignIn
from core.jobs.mail import queue_mail
from instances.invited import forget_invitation, invitation_in
from instances.models import Instance, Invitation
from instances.pages import home_of
from instances.services import InvitationUnusable, accept_invitation, create_tenant_with_instance
from instances.services.invitations import is_for


class InstanceAccountAdapter(WatchedSignIn):
    """Sign-up creates a tenant with a first instance, or accepts an invitation, in one transaction."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return whether SIGNUP allows it; ``closed`` still allows the first owner, whom the operator named."""
        invitation = invitation_in(request)
        if settings.SIGNUP == "closed":
            return bool(invitation and invitation.is_first_owner)
        return settings.SIGNUP == "open" or invitation is not None

    def clean_email(self, email: str) -> str:
        """Refuse an address that is too long, or not the one that was invited."""
        email = super().clean_email(email)
        if len(email) > LONGEST_EMAIL:
            raise ValidationError(_("This address is too long."))
        invitation = invitation_in(self.request)
        if invitation and self._is_signup() and not is_for(invitation, email):
            raise ValidationError(_("This invitation is for %(email)s.") % {"email": invitation.email})
        return email

    def save_user(
        self, request: HttpRequest, user: AbstractBaseUser, form: BaseForm, commit: bool = True
    ) -> AbstractBaseUser:
        """Save the person with their first membership, in one transaction."""
        assert isinstance(user, User)  # noqa: S101 - allauth makes it by AUTH_USER_MODEL
        invitation = invitation_in(request)
        user.name = form.cleaned_data.get("name", "")
        try:
            with transaction.atomic():
                super().save_user(request, user, form, commit=True)
                _add_first_membership(user, invitation, form.cleaned_data)
        except IntegrityError as error:
            text = _("This address already has an account. Sign in instead.")
            raise _sent_to_sign_in(request, text) from error
        except InvitationUnusable as error:
            raise _sent_to_sign_in(request, error.user_message) from error
        return user

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Return the address of the person's only instance, or of the list."""
        assert isinstance(request.user, User)  # noqa: S101 - allauth calls this for signed-in people
        forget_invitation(request)
        return home_of(request.user)

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        """Return the address of the instance that sign-up created or opened."""
        return self.get_login_redirect_url(request) if request.user.is_authenticated else settings.LOGIN_URL

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue the email; do nothing without EMAIL_URL."""
        if not settings.EMAIL_URL:
            return
        links = {name: at_base_url(value) for name, value in context.items() if name.endswith("_url")}
        ours = {"request": self.request, "email": email, "base_url": settings.BASE_URL}
        with in_language_of(User.objects.filter(email__iexact=email).first()):
            message = self.render_mail(template_prefix, email, ours | context | links)
            html = next((str(part[0]) for part in getattr(message, "alternatives", [])), "")
            queue_mail(to=email, subject=str(message.subject), text=str(message.body), html=html)

    def is_safe_url(self, url: str) -> bool:
        """Return whether ``next`` leads to this deployment."""
        return is_own_address(url)

    def _is_signup(self) -> bool:
        match = self.request.resolver_match if self.request else None
        return bool(match and match.url_name == "account_signup")


def _add_first_membership(user: User, invitation: Invitation | None, data: dict[str, Any]) -> None:
    zone = data.get("time_zone", "")
    if invitation is None:
        name = data.get("team") or user.name or user.email.partition("@")[0]
        create_tenant_with_instance(owner=user, tenant_name=name, time_zone=zone)
        return
    accept_invitation(invitation, user=user)
    if invitation.is_first_owner and zone:  # the command line that made their instance knew no browser
        made = Instance.objects.filter(tenant=invitation.tenant, time_zone=settings.DEFAULT_INSTANCE_TIME_ZONE)
        made.update(time_zone=zone)


def _sent_to_sign_in(request: HttpRequest, text: str) -> ImmediateHttpResponse:
    messages.warning(request, text)
    return ImmediateHttpResponse(redirect(settings.LOGIN_URL))
