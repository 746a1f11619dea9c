"""Refusals of a person's request: one class, shown by pages in a form or a message, by the API as a problem."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as default
from http import HTTPStatus
from typing import Any, Final

from django.forms import BaseForm
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MAX_FIELD_CHARS: Final = 100
MAX_MESSAGE_CHARS: Final = 1_000
INVALID: Final = _("Some fields are invalid.")


@dataclass(frozen=True, slots=True)
class FieldError:
    """An invalid field, under the name that was sent: a stable code, a message, and data that helps."""

    field: str
    code: str
    message: str
    data: Mapping[str, Any] = default(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the error as it is sent, in bounded size."""
        named = {"field": self.field[:MAX_FIELD_CHARS], "code": self.code, "message": self.message[:MAX_MESSAGE_CHARS]}
        return {**self.data, **named}


class UserRefusal(Exception):
    """A refused request; nothing was written. ``code`` is stable, ``user_message`` for people.

    ``errors``: the invalid fields. ``status``: the HTTP status of the API's answer; ``retry_after_s``: seconds until a
    retry makes sense; ``further``: more members of the problem document.
    """

    status: int = HTTPStatus.CONFLICT

    def __init__(
        self,
        code: str,
        user_message: str | Promise,
        *,
        errors: Sequence[FieldError] = (),
        status: int | None = None,
        retry_after_s: int | None = None,
        **further: str | list[str],
    ) -> None:
        super().__init__(code)
        self.code, self.errors, self.further = code, errors, further
        self._message, self.retry_after_s = user_message, retry_after_s
        self.status = self.status if status is None else status

    def __str__(self) -> str:
        """Return the fields and codes, or the code with its message, for logs and tests."""
        return ", ".join(f"{error.field}:{error.code}" for error in self.errors) or f"{self.code}: {self.detail}"

    @property
    def detail(self) -> str:
        """Return the reason in one sentence or two; the problem document lists ``errors`` beside it."""
        return str(self._message)

    @property
    def user_message(self) -> str:
        """Return the reason and what to do; if fields are the reason, their messages."""
        return " ".join(error.message for error in self.errors) or self.detail


class InvalidInput(UserRefusal):
    """Some fields are invalid; ``errors`` lists them."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("invalid", INVALID, errors=errors)


def add_refusal(form: BaseForm, refusal: UserRefusal, names: Mapping[str, str | None] | None = None) -> None:
    """Show the refusal in the form: at the invalid fields, else above it.

    ``names``: the form's names of fields that have another name here; None shows it above the form.
    """
    for error in refusal.errors:
        form.add_error((names or {}).get(error.field, error.field), error.message)
    if not refusal.errors:
        form.add_error(None, refusal.user_message)
