"""When a limit of allauth lets the next attempt through; allauth itself says only that one was refused."""

import math
import time
from typing import Final

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import ngettext

APP: Final = "allauth.account"


def wait_s(request: HttpRequest, *, action: str, key: str) -> float:
    """Return the seconds until the next attempt is allowed."""
    now, waits = time.time(), [0.0]
    for rate in ratelimit.get_rates(app=APP, action=action):
        name = ratelimit.get_cache_key(request, app=APP, action=action, rate=rate, key=key)
        newest_first = cache.get(name, [])
        if len(newest_first) >= rate.amount:
            waits.append(newest_first[rate.amount - 1] + rate.duration - now)
    return max(waits)


def locked_text(seconds: float) -> str:
    """Return the sentence for a person who is locked out for so long."""
    minutes = max(1, math.ceil(seconds / 60))
    text = ngettext(
        "Too many failed attempts. Try again in %(minutes)d minute.",
        "Too many failed attempts. Try again in %(minutes)d minutes.",
        minutes,
    )
    return text % {"minutes": minutes}
