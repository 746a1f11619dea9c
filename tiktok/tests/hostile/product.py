"""The product as an operator runs it: ``manage.py up``, or the processes of docker-compose.yml behind Caddy."""

import base64
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from tiktok.tests.hostile.caddy import local_caddyfile
from tiktok.tests.hostile.options import Options
from tiktok.tests.hostile.wire import Target
from tiktok.tests.integration.proofs.processes import (
    BIN,
    Process,
    beat_command,
    free_port,
    is_listening,
    worker_command,
)
from tiktok.tests.jobs_process import ROOT, environment, wait_until

START_S: Final = 60.0


class StartFailed(Exception):
    """A process of the product ended while it was being started; the message has the end of its log."""


@dataclass(frozen=True)
class Product:
    """Running processes. ``ports``: where clients and Caddy connect; ``web`` leads the tree that serves requests."""

    target: Target
    ports: tuple[int, ...]
    processes: list[Process]
    web: Process


def choose_target(options: Options) -> Target:
    """Choose a free port, and the name under which the product is reached."""
    if options.setup == "embedded":
        return Target(free_port(), "127.0.0.1")
    return Target(free_port(), "localhost", is_tls=True)


def variables(options: Options, target: Target) -> dict[str, str]:
    """Return what the laboratory and the product share; in production everything that the settings require."""
    if options.setup == "embedded":
        return {"BASE_URL": target.origin}
    return {
        "DJANGO_SETTINGS_MODULE": "tiktok.tests.hostile.settings",
        "BASE_URL": target.origin,
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_ENCRYPTION_KEYS": f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        "REDIS_URL": os.environ["REDIS_URL"],
        "TRUSTED_PROXY_COUNT": "1",
    }


@contextmanager
def running(options: Options, target: Target, scratch: Path) -> Iterator[Product]:
    """Start the product, and end all its processes afterwards."""
    with ExitStack() as stack:
        start = _embedded if options.setup == "embedded" else _services
        product = start(target, scratch)
        for process in product.processes:
            stack.callback(_dismiss, process, scratch)
            process.start()
        wait_until(lambda: _is_up(product), what="every port is open", timeout_s=START_S)
        yield product


def _is_up(product: Product) -> bool:
    """Whether clients can connect. Raises StartFailed when a process has ended instead."""
    for process in product.processes:
        if not process.is_running:
            raise StartFailed(f"{process.name} has ended: {process.text()[-500:]}")
    return all(is_listening(port) for port in product.ports)


def _dismiss(process: Process, scratch: Path) -> None:
    """End a process as its supervisor would, and keep its log."""
    if process.is_running:
        process.stop()
    shutil.copy(process.log, scratch)
    process.close()


def product_environment(scratch: Path, **more: str) -> dict[str, str]:
    """Return the variables of every process; temporary files go to a folder that is empty before and after."""
    temporary = scratch / "tmp"
    temporary.mkdir(exist_ok=True)
    shared = {
        name: os.environ[name]
        for name in ("BASE_URL", "DJANGO_SETTINGS_MODULE", "REDIS_URL", "TRUSTED_PROXY_COUNT", "PUBLISH_LEASE_S")
        if name in os.environ
    }
    return environment(scratch, **shared, TMPDIR=str(temporary), HOME=str(scratch), **more)


def _embedded(target: Target, scratch: Path) -> Product:
    command = [sys.executable, "manage.py", "up", "--bind", f"127.0.0.1:{target.port}"]
    up = Process("up", command, product_environment(scratch))
    return Product(target, (target.port,), [up], web=up)


def _services(target: Target, scratch: Path) -> Product:
    port = free_port()
    environ = product_environment(scratch)
    web = Process("web", _web_command(port), environ)
    processes = [
        web,
        Process("worker", [*worker_command("INFO"), "--hostname", "worker@%h"], environ),
        Process("beat", beat_command(scratch), environ),
        _caddy(target, scratch, port),
    ]
    return Product(target, (port, target.port), processes, web=web)


def _web_command(port: int) -> list[str]:
    """Return what docker-compose.yml starts, bound to loopback."""
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["web"]
    program, *arguments = service["command"]
    return [str(BIN / program), *(word.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for word in arguments)]


def _caddy(target: Target, scratch: Path, port: int) -> Process:
    folder = scratch / "caddy"
    folder.mkdir()
    file = folder / "Caddyfile"
    file.write_text(local_caddyfile((ROOT / "deploy" / "Caddyfile").read_text(), f"127.0.0.1:{port}"))
    environ = {
        "PATH": f"{os.environ['PATH']}:/usr/bin",
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "BASE_URL": target.origin,
        "HTTPS_PORT": str(target.port),
    }
    return Process("caddy", ["caddy", "run", "--config", str(file), "--adapter", "caddyfile"], environ)
