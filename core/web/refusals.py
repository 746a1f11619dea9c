"""What somebody asked for is not done: one class, which pages say in a form or a message, and the API as a problem."""

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
INVALID: Final = _("Some fields are not right.")


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with a field, under the name that was sent: a stable code, words, and data that helps."""

    field: str
    code: str
    message: str
    data: Mapping[str, Any] = default(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The error as it is sent, in bounded size."""
        named = {"field": self.field[:MAX_FIELD_CHARS], "code": self.code, "message": self.message[:MAX_MESSAGE_CHARS]}
        return {**self.data, **named}


class UserRefusal(Exception):
    """Nothing was written. ``code`` is stable, ``user_message`` for people.

    ``errors``: what is wrong with which field. ``status``: the HTTP status of the API's answer; ``retry_after_s``: in
    so many seconds it is worth another try; ``further``: more members of the problem document.
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
        """For logs and tests: which field and why, else the code with its words."""
        return ", ".join(f"{error.field}:{error.code}" for error in self.errors) or f"{self.code}: {self.detail}"

    @property
    def detail(self) -> str:
        """Why not, in one sentence or two; the problem document lists ``errors`` beside it."""
        return str(self._message)

    @property
    def user_message(self) -> str:
        """Why not, and what to do: what is wrong with which field, where that is the reason."""
        return " ".join(error.message for error in self.errors) or self.detail


class InvalidInput(UserRefusal):
    """Some fields are wrong; ``errors`` says which and why."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("invalid", INVALID, errors=errors)


def add_refusal(form: BaseForm, refusal: UserRefusal, names: Mapping[str, str | None] | None = None) -> None:
    """Say it in the form: at the fields that are wrong, else above it.

    ``names``: what the form calls a field that has another name here; None says it above the form.
    """
    for error in refusal.errors:
        form.add_error((names or {}).get(error.field, error.field), error.message)
    if not refusal.errors:
        form.add_error(None, refusal.user_message)
