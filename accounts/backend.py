"""Sign-in by address and password, at the price of exactly one password hash."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from accounts.models import User


class SignInBackend(AuthenticationBackend):
    """One hash and one answer, whether the address is unknown, the password wrong or the account disabled.

    allauth's backend reveals to the holder of the right password that an account is disabled, and hashes once for each
    person who has entered the address.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **credentials: Any
    ) -> User | None:
        """Return the active person whose login this is, if the password is theirs."""
        email = credentials.get("email") or username
        if not email or not password:
            return None
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            make_password(password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None
