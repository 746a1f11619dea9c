"""Refusals of services."""

from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.web.refusals import UserRefusal


class Refused(UserRefusal):
    """A refusal of a service; the code is the class's own."""

    own_code = "refused"

    def __init__(self, user_message: str | Promise, *, code: str = "") -> None:
        super().__init__(code or self.own_code, user_message)


class NotAllowed(Refused, PermissionDenied):
    """The actor's role does not allow this; answered by 403 unless a view explains it."""

    own_code, status = "forbidden", HTTPStatus.FORBIDDEN


class LastOwner(Refused):
    """A tenant must keep one owner."""

    own_code = "last_owner"

    def __init__(self) -> None:
        super().__init__(_("This is the last owner. Make someone else an owner first."))


class SlugTaken(Refused):
    """Another instance has this address."""

    own_code = "slug_taken"

    def __init__(self) -> None:
        super().__init__(_("Another instance already has this address."))


class InvitationUnusable(Refused):
    """The invitation is used, revoked, expired or for another address."""


class TooManyInvitations(Refused):
    """The limits allow no further invitation at the moment."""


class QuotaReached(Refused):
    """A quota is used up; the code names it."""

    own_code = "quota"
