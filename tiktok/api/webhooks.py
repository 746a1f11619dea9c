"""TikTok's webhooks: the signature on the raw bytes, and the content of the body. Pure.

https://developers.tiktok.com/doc/webhooks-verification , https://developers.tiktok.com/doc/webhooks-events
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, Final

from tiktok.api.answers import as_int
from tiktok.api.secret import Secret

# Retries come for 72 hours; TikTok does not document whether they are signed again.
OLDEST_S: Final = 73 * 3600
# The largest lead that TikTok's clock may have over ours.
NEWEST_S: Final = 15 * 60
LATEST_TIME: Final = 32_503_680_000  # the year 3000
TIMESTAMP: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
DIGEST: Final = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)


class RemovalReason(IntEnum):
    """TikTok's reason for ending an authorization: ``reason`` of ``authorization.removed``."""

    UNKNOWN = 0
    USER_DISCONNECTED = 1
    ACCOUNT_DELETED = 2
    AGE_CHANGED = 3
    ACCOUNT_BANNED = 4
    DEVELOPER_REVOKED = 5


class PostingEvent(StrEnum):
    """The posting events of TikTok, in the correct spelling.

    https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status
    """

    FAILED = "post.publish.failed"
    COMPLETE = "post.publish.complete"
    INBOX_DELIVERED = "post.publish.inbox_delivered"
    PUBLIC = "post.publish.publicly_available"
    NO_LONGER_PUBLIC = "post.publish.no_longer_publicly_available"


# The events after which a published post can be seen, or no longer.
VISIBILITY: Final = frozenset({PostingEvent.PUBLIC, PostingEvent.NO_LONGER_PUBLIC})
# TikTok's ``publish_type`` of drafts; that of direct posts is not documented.
INBOX_SHARE: Final = "INBOX_SHARE"
LONGEST_PUBLISH_ID: Final = 128
LONGEST_REASON: Final = 80


def posting_event(name: str) -> PostingEvent | None:
    """Return the event of this name in either spelling; None if it is not about a post."""
    try:
        return PostingEvent(name.replace("publicaly", "publicly"))  # sic
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Signature:
    """The header's two parts; ``signed_at`` in seconds, as a number and as text."""

    signed_at: int
    signed_at_text: str
    digest: str

    def is_in_time(self, now: float) -> bool:
        """Return whether it was made within the days in which TikTok repeats a delivery."""
        return now - OLDEST_S <= self.signed_at <= now + NEWEST_S

    def fits(self, body: bytes, client_secret: Secret) -> bool:
        """Return whether this secret signed exactly these bytes, in constant time for wrong signatures."""
        signed = self.signed_at_text.encode() + b"." + body
        return hmac.compare_digest(
            hmac.digest(client_secret.reveal().encode(), signed, hashlib.sha256).hex(), self.digest
        )


def parse_signature(header: str) -> Signature | None:
    """Parse ``t=<seconds>,s=<hex>`` of ``TikTok-Signature``; None for anything else, and for a header sent twice."""
    pairs = [part.strip().partition("=") for part in header.split(",")]
    parts = {name: value for name, _, value in pairs}
    signed_at, digest = parts.get("t", ""), parts.get("s", "")
    if len(parts) != len(pairs) or not TIMESTAMP.fullmatch(signed_at) or not DIGEST.fullmatch(digest):
        return None
    return Signature(int(signed_at), signed_at, digest.lower())


class Malformed(ValueError):
    """The body is not a delivery of TikTok."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The content of a body. A value of the wrong type is "" or None, since TikTok's types are not guaranteed.

    ``created_at``: seconds since the epoch. ``content`` is the JSON text inside, as a dictionary.
    """

    client_key: str
    event: str
    created_at: int | None
    user_openid: str
    content: Mapping[str, Any]

    @property
    def removal_reason(self) -> RemovalReason:
        """Return the reason of ``authorization.removed``; an undocumented one counts as unknown."""
        reason = self.content.get("reason")
        if isinstance(reason, bool) or not isinstance(reason, int) or reason not in set(RemovalReason):
            return RemovalReason.UNKNOWN
        return RemovalReason(reason)

    @property
    def publish_id(self) -> str:
        """Return the ``publish_id`` of a posting event; "" for anything that cannot be one."""
        publish_id = _text(self.content.get("publish_id"))
        return publish_id if len(publish_id) <= LONGEST_PUBLISH_ID else ""

    @property
    def post_id(self) -> str:
        """Return TikTok's public id as text; TikTok does not document whether it is a number or a text."""
        number = as_int(self.content.get("post_id"))
        return str(number) if number is not None and number > 0 else ""

    @property
    def fail_reason(self) -> str:
        """Return TikTok's reason of ``post.publish.failed``."""
        return _text(self.content.get("reason"))[:LONGEST_REASON]

    @property
    def publish_type(self) -> str:
        """Return ``INBOX_SHARE`` for drafts; "" if unknown."""
        return _text(self.content.get("publish_type"))[:LONGEST_REASON]


def parse_delivery(body: bytes) -> Delivery:
    """Parse a body that may be forged. Raises Malformed unless it is a JSON object with a ``client_key``."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Malformed("not UTF-8") from error
    fields = _object(text)
    client_key, created_at = fields.get("client_key"), fields.get("create_time")
    if not isinstance(client_key, str) or not _is_text(client_key):
        raise Malformed("client_key is missing")
    is_time = type(created_at) is int and 0 <= created_at <= LATEST_TIME
    return Delivery(
        client_key=client_key,
        event=_text(fields.get("event")),
        created_at=created_at if is_time else None,
        user_openid=_text(fields.get("user_openid")),
        content=_content(fields.get("content")),
    )


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON") from error
    if not isinstance(value, dict):
        raise Malformed("not a JSON object")
    return value


def _content(value: object) -> Mapping[str, Any]:
    """Parse JSON inside a string; {} for anything else."""
    try:
        return _object(value) if isinstance(value, str) else {}
    except Malformed:
        return {}


def _text(value: object) -> str:
    return value if isinstance(value, str) and _is_text(value) else ""


def _is_text(value: str) -> bool:
    """Return whether the text is storable: no database accepts NUL or half a surrogate pair."""
    return value.isprintable()
