"""The demo's processes: the simulated TikTok, and the product that uses it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Final

from django.conf import settings

from core.serving.supervisor import Child
from tiktok.demo.home import Home

CLIENT_KEY: Final = "sim-client-key"
CLIENT_SECRET: Final = "sim-client-secret"  # noqa: S105 - the simulator's own, documented
SYSTEM: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "VIRTUAL_ENV")


class CommandFailed(Exception):
    """A management command failed; the message is the end of its output."""


def environment(home: Home) -> dict[str, str]:
    """Return the environment of the demo's processes: a deployment's settings in the shell do not reach them."""
    return {name: os.environ[name] for name in SYSTEM if name in os.environ} | {
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
        "PYTHONUNBUFFERED": "1",
        "DATA_DIR": str(home.directory),
        "BASE_URL": home.url,
        "TIKTOK_CLIENT_KEY": CLIENT_KEY,
        "TIKTOK_CLIENT_SECRET": CLIENT_SECRET,
        "TIKTOK_API_BASE_URL": home.simulator_url,
        "TIKTOK_AUTHORIZE_URL": f"{home.simulator_url}/v2/auth/authorize/",
    }


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), *arguments]


def simulator(home: Home, log: IO[bytes]) -> Child:
    """Return the command of the simulator, started by name; the product never imports it."""
    state = str(home.directory / "simulator.json")
    command = manage("tiktok_simulator", "--port", str(home.simulator_port), "--loopback", "--demo", "--state", state)
    return Child("simulator", command, env=environment(home), output=log)


def product(home: Home, log: IO[bytes]) -> Child:
    command = manage("up", "--bind", f"127.0.0.1:{home.port}")
    return Child("product", command, env=environment(home), output=log)


def run_command(home: Home, *arguments: str, stdin: str = "") -> str:
    """Run a management command on the demo's data and return its output. Raises CommandFailed."""
    result = subprocess.run(
        manage(*arguments), env=environment(home), input=stdin, capture_output=True, text=True, timeout=60, check=False
    )
    if result.returncode:
        raise CommandFailed((result.stderr.strip().splitlines() or [f"{arguments[0]} failed"])[-1])
    return result.stdout.strip()
