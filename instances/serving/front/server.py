"""Running the web processes."""

import resource
from typing import Final

import uvicorn
from django.conf import settings

from instances.serving.front.limits import Limits
from instances.serving.front.protocol import BoundedProtocol

APPLICATION: Final = "config.asgi:application"
OTHER_FILES: Final = 512  # beside connections: the database, files that are sent, logs
STOP_S: Final = 5


class DirectProtocol(BoundedProtocol):
    """Clients connect themselves."""


class ProxiedProtocol(BoundedProtocol):
    """Every connection comes from the proxy in front."""

    is_behind_proxy = True


def serve(host: str, port: int, *, processes: int) -> None:
    """Serve until SIGTERM or SIGINT; requests under way get a few seconds to end."""
    limits = Limits()
    allow_open_files(limits.connections + OTHER_FILES)
    uvicorn.run(
        APPLICATION,
        host=host,
        port=port,
        workers=processes,
        loop="asyncio",
        http=ProxiedProtocol if settings.TRUSTED_PROXY_COUNT else DirectProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=limits.keep_alive_s,
        timeout_graceful_shutdown=STOP_S,
        timeout_worker_healthcheck=30,
    )


def allow_open_files(wanted: int) -> None:
    """Raise the soft limit, which is 1024 on most systems, as far as the hard limit allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
