"""Two-factor secrets are encrypted like all others."""

import base64
import logging
import secrets

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.utils.translation import gettext_lazy as _

from accounts import key_ring
from accounts.models import User

log = logging.getLogger(__name__)


class EncryptingMFAAdapter(DefaultMFAAdapter):
    """Keeps TOTP keys and the seeds of recovery codes under the key ring."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("The code is wrong."),
        "unverified_email": _("Confirm your email address first. Sign out and in again to get a new link."),
    }

    def encrypt(self, text: str) -> str:
        """As stored in the database."""
        return key_ring.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret, or a random one if its key is lost, so that sign-in fails closed."""
        try:
            return key_ring.decrypt(encrypted_text)
        except key_ring.Undecryptable:
            log.exception("a two-factor secret cannot be read; staff can remove it so that the person sets it up again")
            # Never shown: the pages check is_unreadable() first.
            return base64.b32encode(secrets.token_bytes(20)).decode("ascii")


def is_unreadable(user: User, kind: Authenticator.Type) -> bool:
    """Whether the person has a second factor of this kind whose key is lost."""
    factor = Authenticator.objects.filter(user=user, type=kind).first()
    if factor is None:
        return False
    try:
        key_ring.decrypt(factor.data["secret" if kind == Authenticator.Type.TOTP else "seed"])
    except key_ring.Undecryptable:
        return True
    return False
