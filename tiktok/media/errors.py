"""Reasons why media is not accepted, kept or deleted, as a message for people and a code for API clients."""

from typing import Final

from core.web.refusals import UserRefusal

UNREADABLE: Final = 422


class MediaError(UserRefusal):
    """A fault that a person or an API client can act on. ``status`` is its HTTP status.

    ``retry_after_s``: seconds until a retry makes sense.
    """

    def __init__(self, code: str, user_message: str, *, status: int, retry_after_s: int | None = None) -> None:
        super().__init__(code, user_message, status=status, retry_after_s=retry_after_s)


class MediaRefused(MediaError):
    """The content is not accepted; the same file will always be refused."""

    def __init__(self, code: str, user_message: str) -> None:
        super().__init__(code, user_message, status=UNREADABLE)


class MediaInUse(MediaError):
    """A post that is not final needs the file."""

    def __init__(self, user_message: str) -> None:
        super().__init__("media_in_use", user_message, status=409)


class MediaQuotaReached(MediaError):
    """The instance has as much media as its quota allows."""

    def __init__(self, code: str, user_message: str) -> None:
        super().__init__(code, user_message, status=409)
