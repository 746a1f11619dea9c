"""Why media is not taken, kept or given up, in words for people and a code for programs."""

from typing import Final

from core.web.refusals import UserRefusal

UNREADABLE: Final = 422


class MediaError(UserRefusal):
    """Something a person or a program can act on. ``status`` is the HTTP status that says it.

    ``retry_after_s``: in so many seconds it is worth another try.
    """

    def __init__(self, code: str, user_message: str, *, status: int, retry_after_s: int | None = None) -> None:
        super().__init__(code, user_message, status=status, retry_after_s=retry_after_s)


class MediaRefused(MediaError):
    """The content is not a video that can be taken; trying again with the same file changes nothing."""

    def __init__(self, code: str, user_message: str) -> None:
        super().__init__(code, user_message, status=UNREADABLE)


class MediaInUse(MediaError):
    """A post that is not final needs the file."""

    def __init__(self, user_message: str) -> None:
        super().__init__("media_in_use", user_message, status=409)


class MediaQuotaReached(MediaError):
    """The instance holds as much media as it can."""

    def __init__(self, code: str, user_message: str) -> None:
        super().__init__(code, user_message, status=409)
