"""Why a service said no."""

from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.web.refusals import UserRefusal


class Refused(UserRefusal):
    """What one of the services below refuses; the code is the class's own."""

    own_code = "refused"

    def __init__(self, user_message: str | Promise, *, code: str = "") -> None:
        super().__init__(code or self.own_code, user_message)


class NotAllowed(Refused, PermissionDenied):
    """The actor's role does not reach that far; where nobody explains it, the answer is 403."""

    own_code, status = "forbidden", HTTPStatus.FORBIDDEN


class LastOwner(Refused):
    """A tenant always keeps one owner."""

    own_code = "last_owner"

    def __init__(self) -> None:
        super().__init__(_("This is the last owner. Make somebody else an owner first."))


class SlugTaken(Refused):
    """Another instance has this address."""

    own_code = "slug_taken"

    def __init__(self) -> None:
        super().__init__(_("Another instance already has this address."))


class InvitationUnusable(Refused):
    """The invitation is used, revoked, expired or for another address."""


class TooManyInvitations(Refused):
    """The person, the tenant or the address has had as many invitations as the limits allow for now."""


class QuotaReached(Refused):
    """The instance holds as much as it can; the code names what."""

    own_code = "quota"
