"""Why a service said no; ``user_message`` is for people."""

from django.core.exceptions import PermissionDenied
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """Nothing was changed."""

    def __init__(self, user_message: str | Promise) -> None:
        super().__init__(str(user_message))
        self.user_message = user_message


class NotAllowed(Refused, PermissionDenied):
    """The actor's role does not reach that far; where nobody explains it, the answer is 403."""


class LastOwner(Refused):
    """A tenant always keeps one owner."""

    def __init__(self) -> None:
        super().__init__(_("This is the last owner. Make somebody else an owner first."))


class SlugTaken(Refused):
    """Another instance has this address."""

    def __init__(self) -> None:
        super().__init__(_("Another instance already has this address."))


class InvitationUnusable(Refused):
    """The invitation is used, revoked, expired or for another address."""


class TooManyInvitations(Refused):
    """The person, the tenant or the address has had as many invitations as the limits allow for now."""


class QuotaReached(Refused):
    """The instance holds as much as it can."""
