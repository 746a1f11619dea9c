"""Checks of disk and Redis."""

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import redis
from django.conf import settings
from django.utils.translation import gettext as _

from core.doctor.finding import Finding, fault, good, warning
from core.doctor.run import CheckContext
from core.sizes import size_text

GB: Final = 1024**3
# A video may have 4 GB, and the database keeps growing while it is received.
LITTLE: Final = 5 * GB
TOO_LITTLE: Final = GB
REDIS_TIMEOUT_S: Final = 2.0


def disk(_context: CheckContext) -> Iterable[Finding]:
    """Check free space and write permission under MEDIA_ROOT and DATA_DIR."""
    yield from _place("MEDIA_ROOT", Path(settings.MEDIA_ROOT))
    yield from _place("DATA_DIR", Path(settings.DATA_DIR))


def _place(name: str, path: Path) -> Iterator[Finding]:
    there = next(place for place in (path, *path.parents) if place.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        text = _("Clipdesk can’t write to %(path)s (%(name)s).") % {"path": path, "name": name}
        step = _("Give the user that runs Clipdesk write permission there, or set %(name)s to another directory.")
        yield fault("disk", text, step % {"name": name}, subject=name)
        return
    free = shutil.disk_usage(there).free
    told = {"free": size_text(free), "name": name}
    if free >= LITTLE:
        yield good("disk", _("%(free)s is free under %(name)s.") % told, subject=name)
        return
    say = fault if free < TOO_LITTLE else warning
    text = _("Only %(free)s is free under %(name)s; one video can take 4 GB.") % told
    yield say("disk", text, _("Delete media in Clipdesk, or use a larger disk."), subject=name)


def broker(_context: CheckContext) -> Iterable[Finding]:
    """Check Redis, which carries hints: reachable, and set to refuse rather than evict."""
    if not settings.REDIS_URL:
        return [good("redis", _("Not used in the embedded set-up."))]
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=REDIS_TIMEOUT_S, socket_timeout=REDIS_TIMEOUT_S
        ) as server:
            server.ping()
            return [_policy(server)]
    except ValueError:
        step = _("Set it to redis://host:6379/0.")
        return [fault("redis", _("REDIS_URL is not the address of a Redis server."), step)]
    except redis.RedisError:
        text = _(
            "Redis does not answer. Nothing is lost, but posts start a second later and put more load on the database."
        )
        return [fault("redis", text, _("Start Redis, and check host, port and password in REDIS_URL."))]


def _policy(server: redis.Redis) -> Finding:
    """Check the eviction policy, which managed servers may not show."""
    try:
        policy = str(server.info("memory").get("maxmemory_policy", "noeviction"))
    except redis.ResponseError:
        policy = "noeviction"
    if policy == "noeviction":
        return good("redis", _("Redis answers and does not evict data."))
    text = _("Redis may drop hints when its memory is full (maxmemory-policy %(policy)s).") % {"policy": policy}
    return warning("redis", text, _("Set maxmemory-policy noeviction in Redis."))
