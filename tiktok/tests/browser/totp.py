"""The six digits of an authenticator app (RFC 6238), computed without the product's help."""

import base64
import hashlib
import hmac
import struct
import time

from tiktok.tests.jobs_process import wait_until


def totp(secret: str, *, now: float | None = None) -> str:
    """``secret`` as shown beside the QR code."""
    step = int((time.time() if now is None else now) // 30)
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    (number,) = struct.unpack_from(">I", digest, digest[-1] & 15)
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"


def next_totp(secret: str, used: str) -> str:
    """A code that was not used yet: each works once, so wait for the next half minute where needed."""
    wait_until(lambda: totp(secret) != used, what="the next code", timeout_s=31)
    return totp(secret)
