"""Preparation before the first request: tables, static files, the environment's TikTok app."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands

DEMO_MARK: Final = "demo.json"
STAMP: Final = "static.stamp"


def prepare() -> None:
    """Prepare everything. Safe to repeat; takes a second when there is nothing to do."""
    call_command("migrate", interactive=False, verbosity=0)
    collect_static()
    if "sync_environment_app" in get_commands():
        call_command("sync_environment_app")


def collect_static() -> bool:
    """Collect, hash and compress static files if one of them has changed; return whether it did."""
    stamp, now = Path(settings.DATA_DIR) / STAMP, fingerprint()
    if stamp.exists() and stamp.read_text(encoding="ascii") == now and Path(settings.STATIC_ROOT).exists():
        return False
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(now, encoding="ascii")
    return True


def fingerprint() -> str:
    """Return a hash that changes when a static file is added, removed or written."""
    return hashlib.sha256("\n".join(sorted(_static_files())).encode()).hexdigest()


def _static_files() -> Iterator[str]:
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = Path(storage.path(name)).stat()
            yield f"{storage.location} {name} {facts.st_size} {facts.st_mtime_ns}"


def has_demo_data() -> bool:
    """Return whether ``demo`` made DATA_DIR, with a login that everyone on this machine may have read."""
    return (Path(settings.DATA_DIR) / DEMO_MARK).exists()
