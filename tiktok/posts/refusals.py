"""Why a decision of a person is not carried out."""

from datetime import datetime


class Refusal(Exception):
    """Nothing was written. ``code`` is stable; ``allowed_at`` says from when on it would be done."""

    def __init__(self, code: str, user_message: str, *, state: str = "", allowed_at: datetime | None = None) -> None:
        super().__init__(code)
        self.code, self.user_message, self.state, self.allowed_at = code, user_message, state, allowed_at
