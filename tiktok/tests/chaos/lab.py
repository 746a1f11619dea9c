"""The common base of the laboratories: a scratch folder, a simulator, the settings that all processes share."""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Protocol, TypeVar

import django
from django.utils.module_loading import import_string

from tiktok.tests.integration.proofs.processes import free_port
from tiktok.tests.simulator_process import Simulator


class Setup(Protocol):
    """Which set-up, embedded or services; and its workers, their leases and their threads."""

    @property
    def setup(self) -> str: ...
    @property
    def workers(self) -> int: ...
    @property
    def lease_s(self) -> int: ...
    @property
    def threads(self) -> int: ...


S = TypeVar("S", bound=Setup)
Run = Callable[[S, Path, Simulator], bool]


def open_laboratory(options: Setup, run: str, **variables: str) -> int:
    """Run ``run``, a dotted path to a ``Run`` (it may import models only now); 0 when its verdict is "clean".

    ``variables`` of the environment take precedence over the laboratory's own.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    scratch = Path(tempfile.mkdtemp(prefix="clipdesk-chaos-"))
    simulator = Simulator().start()
    is_clean = False
    try:
        _settle(options, scratch, simulator, variables)
        is_clean = import_string(run)(options, scratch, simulator)
    except KeyboardInterrupt:
        sys.stdout.write("\nstopped before the end: no verdict\n")
    finally:
        simulator.kill()
        if is_clean:
            shutil.rmtree(scratch, ignore_errors=True)
        else:
            sys.stdout.write(f"database and the workers' logs are kept in {scratch}\n")
    return 0 if is_clean else 1


def _settle(options: Setup, scratch: Path, simulator: Simulator, variables: dict[str, str]) -> None:
    """The variables that this process and the workers share; Django reads them once."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
        "DATA_DIR": str(scratch),
        "TIKTOK_API_BASE_URL": simulator.base_url,
        "TIKTOK_AUTHORIZE_URL": simulator.authorize_url,
        "UPLOAD_CHUNK_BYTES": str(5 * 1024**2),
        "UPLOAD_SINGLE_LIMIT_BYTES": str(5 * 1024**2),
        "PUBLISH_LEASE_S": str(options.lease_s),
        "JOB_THREADS": str(options.threads),
    }
    if options.setup == "embedded":
        os.environ |= {"DATABASE_URL": f"sqlite:///{scratch / 'chaos.sqlite3'}", "REDIS_URL": ""}
    else:
        os.environ |= {"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    os.environ |= variables
    django.setup()


def _end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
