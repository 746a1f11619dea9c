"""Sessions for tests: signed in, authenticated a moment ago, with or without a second factor."""

import time

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY, record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.test import Client

from accounts.models import User


def sign_in_again(client: Client, user: User, *, ago_s: float = 0) -> None:
    """Sign in, with the password given once more so many seconds ago."""
    client.force_login(user)
    request = HttpRequest()
    request.session = session = client.session
    record_authentication(request, user, method="password", reauthenticated=True)
    age(session, ago_s)
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)  # it has changed


def age(session: SessionBase, by_s: float) -> None:
    """Make every authentication of the session older."""
    records = session[AUTHENTICATION_METHODS_SESSION_KEY]
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [record | {"at": time.time() - by_s} for record in records]


def give_second_factor(user: User) -> None:
    """Set up an authenticator app for the person, without the pages."""
    if not Authenticator.objects.filter(user=user).exists():
        TOTP.activate(user, generate_totp_secret())


def sign_in_as_staff(client: Client, user: User) -> None:
    """Sign in a person who may enter Django admin, with everything that it requires."""
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    give_second_factor(user)
    sign_in_again(client, user)
