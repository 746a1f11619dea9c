"""The six digits of an authenticator app (RFC 6238), computed without the product's help."""

import base64
import hashlib
import hmac
import struct
import time
from typing import Final

from tiktok.tests.jobs_process import wait_until

HOLDS_S: Final = 30
TO_TYPE_IT_S: Final = 5


def totp(secret: str) -> str:
    """A code that holds long enough to be typed; ``secret`` as shown beside the QR code."""
    wait_until(lambda: time.time() % HOLDS_S < HOLDS_S - TO_TYPE_IT_S, what="a fresh code", timeout_s=HOLDS_S)
    return _code(secret)


def _code(secret: str) -> str:
    step = int(time.time() // HOLDS_S)
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    (number,) = struct.unpack_from(">I", digest, digest[-1] & 15)
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"


def next_totp(secret: str, used: str) -> str:
    """A code that was not used yet: each works once, so wait for the next half minute where needed."""
    wait_until(lambda: _code(secret) != used, what="the next code", timeout_s=HOLDS_S + 1)
    return totp(secret)
