"""Faults by name, with their endpoint, user and number."""

from dataclasses import dataclass, field

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
VIDEO_INITS = ("video_init", "inbox_init")
INITS = (*VIDEO_INITS, "content_init")
# What strikes a pull is decided at the init.
PULL_FAULTS = (
    "late_pull",
    "double_pull",
    "odd_ranges",
    "head_first",
    "slow_pull",
    "abandoned_pull",
    "failed_photo",
)
WEBHOOK_FAULTS = ("lost_webhook", "held_webhook", "late_webhook", "repeated_webhook")
# Faults of particular endpoints, and those endpoints.
EFFECTS: dict[str, tuple[str, ...]] = {
    "fail_reason": INITS,
    "hold": INITS,
    "processing_delay": INITS,
    "moderation_delay": INITS,
    "chunk_plan_refused": VIDEO_INITS,
    "old_app_version": ("content_init",),
    **dict.fromkeys(PULL_FAULTS, INITS),
    "failed_photo": ("content_init",),
    "lagging_status": ("status",),
    "ignored_cancel": ("cancel",),
    "finished_upload_404": ("upload",),
    **dict.fromkeys(WEBHOOK_FAULTS, ("webhook",)),
}
ALWAYS = -1
ENDPOINTS = (
    "authorize",
    "consent",
    "token",
    "revoke",
    "user_info",
    "video_list",
    "video_query",
    "creator_info",
    "video_init",
    "inbox_init",
    "content_init",
    "upload",
    "sink",
    "status",
    "cancel",
    "avatar",
    "webhook",
)


@dataclass(frozen=True)
class Caller:
    """The user and app of a request, as far as known."""

    client_key: str = ""
    user: str = ""
    is_last_chunk: bool = False
    event: str = ""
    chunk_size: int = 0
    chunk_count: int = 0


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
    item: int | None = None
    event: str = ""
    copies: int = 1
    accepts_single_piece: bool = False
    accepted_chunk_sizes: list[int] = field(default_factory=list)
    refused_chunk_sizes: list[int] = field(default_factory=list)
    hits: int = 0

    def concerns(self, endpoint: str, caller: Caller) -> bool:
        return (
            self.endpoint in ("", endpoint)
            and self.user in ("", caller.user)
            and self.client_key in ("", caller.client_key)
            and (caller.is_last_chunk or not self.last_chunk)
            and self.event in ("", caller.event)
            and not (self.fault == "chunk_plan_refused" and self.accepts_plan(caller))
        )

    def accepts_plan(self, caller: Caller) -> bool:
        """Return whether this plan for chunks is taken: named as accepted, or not named where some are refused."""
        if self.accepts_single_piece and caller.chunk_count == 1:
            return True
        if self.refused_chunk_sizes:
            return caller.chunk_size not in self.refused_chunk_sizes
        return caller.chunk_size in self.accepted_chunk_sizes

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
