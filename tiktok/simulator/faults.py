"""Faults by name, with their endpoint, user and number."""

from dataclasses import dataclass

WIRE_FAULTS = (
    "rate_limit",
    "server_error",
    "html_error",
    "error",
    "raw_body",
    "redirect",
    "drop_connection",
    "lost_answer",
    "truncated_json",
    "slow",
    "revoked_grant",
    "expired_upload_url",
)
EFFECTS = {
    "fail_reason": "video_init",
    "hold": "video_init",
    "processing_delay": "video_init",
    "moderation_delay": "video_init",
    "lagging_status": "status",
    "finished_upload_404": "upload",
}
ALWAYS = -1
ENDPOINTS = (
    "authorize",
    "consent",
    "token",
    "revoke",
    "user_info",
    "creator_info",
    "video_init",
    "upload",
    "sink",
    "status",
    "avatar",
)


@dataclass(frozen=True)
class Caller:
    """The user and app of a request, as far as known."""

    client_key: str = ""
    user: str = ""
    is_last_chunk: bool = False


@dataclass
class Fault:
    """A fault of ``times`` requests after ``skip`` good ones; empty ``user`` means everyone."""

    fault: str
    endpoint: str = ""
    user: str = ""
    client_key: str = ""
    times: int = 1
    skip: int = 0
    last_chunk: bool = False
    status: int = 0
    code: str = ""
    message: str = ""
    reason: str = ""
    delay_s: float = 0
    after: bool = False
    after_bytes: int | None = None
    bytes_per_s: float = 0
    lag_bytes: int | None = None
    hits: int = 0

    def concerns(self, endpoint: str, caller: Caller) -> bool:
        return (
            self.endpoint in ("", endpoint)
            and self.user in ("", caller.user)
            and self.client_key in ("", caller.client_key)
            and (caller.is_last_chunk or not self.last_chunk)
        )

    def strike(self) -> bool:
        """Count one request and return whether it fails."""
        if self.skip:
            self.skip -= 1
            return False
        self.hits += 1
        if self.times != ALWAYS:
            self.times -= 1
        return True


class Faults:
    """The faults that are armed, oldest first. Callers hold the world's lock."""

    def __init__(self) -> None:
        self.armed: list[Fault] = []

    def take(self, kinds: tuple[str, ...], endpoint: str, caller: Caller) -> Fault | None:
        """Return the first fault of these kinds that strikes this request."""
        for fault in self.armed:
            if fault.fault in kinds and fault.concerns(endpoint, caller) and fault.strike():
                self.armed = [left for left in self.armed if left.times]
                return fault
        return None
