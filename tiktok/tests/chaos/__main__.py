"""``python -m tiktok.tests.chaos``; the Makefile's target ``chaos`` fills in the options."""

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

import django
from django.utils.module_loading import import_string

from tiktok.tests.chaos.options import Options, parse
from tiktok.tests.integration.proofs.processes import free_port
from tiktok.tests.simulator_process import Simulator


def settle(options: Options, scratch: Path, simulator: Simulator) -> None:
    """The variables that this process and the workers share; Django reads them once."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
        "DATA_DIR": str(scratch),
        "TIKTOK_API_BASE_URL": simulator.base_url,
        "TIKTOK_AUTHORIZE_URL": simulator.authorize_url,
        "UPLOAD_CHUNK_BYTES": str(5 * 1024**2),
        "UPLOAD_SINGLE_LIMIT_BYTES": str(5 * 1024**2),
        "PUBLISH_LEASE_S": str(options.lease_s),
        "JOB_THREADS": "12",
    }
    if options.setup == "embedded":
        os.environ |= {"DATABASE_URL": f"sqlite:///{scratch / 'chaos.sqlite3'}", "REDIS_URL": ""}
    else:
        os.environ |= {"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    django.setup()


def end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    options = parse(sys.argv[1:])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    scratch = Path(tempfile.mkdtemp(prefix="clipdesk-chaos-"))
    simulator = Simulator().start()
    is_clean = False
    try:
        settle(options, scratch, simulator)
        is_clean = import_string("tiktok.tests.chaos.run.run")(options, scratch, simulator)
    except KeyboardInterrupt:
        sys.stdout.write("\nstopped before the end: no verdict\n")
    finally:
        simulator.kill()
        if is_clean:
            shutil.rmtree(scratch, ignore_errors=True)
        else:
            sys.stdout.write(f"database and the workers' logs are kept in {scratch}\n")
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
