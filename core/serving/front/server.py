"""Run the web processes: ``python -m core.serving.front.server HOST PORT PROCESSES direct|proxied``.

A program without Django: the process that watches the others does not need it, and saves its memory.
"""

import os
import resource
import sys
from pathlib import Path
from typing import Final

import uvicorn

from core.serving.front.limits import Limits
from core.serving.front.protocol import BoundedProtocol

APPLICATION: Final = "config.asgi:application"
ROOT: Final = Path(__file__).parents[3]
# glibc gives threads separate heaps, up to eight for each core, and each keeps its largest size.
MEMORY: Final = {"MALLOC_ARENA_MAX": "2"}
OTHER_FILES: Final = 512  # the database, files that are sent, logs
STOP_S: Final = 5


class DirectProtocol(BoundedProtocol):
    """Protocol for clients that connect directly."""


class ProxiedProtocol(BoundedProtocol):
    """Protocol for connections that all come from the proxy."""

    is_behind_proxy = True


PROTOCOLS: Final = {"direct": DirectProtocol, "proxied": ProxiedProtocol}


def become_server(host: str, port: int, *, processes: int, is_behind_proxy: bool) -> None:
    """Turn this process into the web server, which serves until SIGTERM or SIGINT. Does not return."""
    kind = "proxied" if is_behind_proxy else "direct"
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    command = [sys.executable, "-P", "-m", "core.serving.front.server", host, str(port), str(processes), kind]
    os.execve(sys.executable, command, MEMORY | os.environ | {"PYTHONPATH": path})  # noqa: S606 - no shell


def serve(host: str, port: int, *, processes: int, kind: str) -> None:
    """Serve until SIGTERM or SIGINT; requests in progress get a few seconds to end."""
    limits = Limits()
    allow_open_files(3 * limits.connections + OTHER_FILES)  # two pieces of an upload may be on the disk
    uvicorn.run(
        APPLICATION,
        host=host,
        port=port,
        workers=processes,
        loop="asyncio",
        http=PROTOCOLS[kind],
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


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), processes=int(sys.argv[3]), kind=sys.argv[4])
