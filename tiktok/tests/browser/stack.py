"""The whole product as its operator runs it, on a database of its own: simulator, web and jobs, each a real process."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections import deque
from pathlib import Path
from typing import Final, Self

from tiktok.tests.simulator_process import CLIENT_KEY, CLIENT_SECRET, ROOT, Simulator

READY: Final = "Clipdesk is running at"


class Stack:
    """``manage.py up`` beside a simulated TikTok. Everything it writes is gone after ``stop``."""

    def __init__(self, **variables: str) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="clipdesk-browser-"))
        self.world = self.directory / "tiktok.sqlite3"  # what TikTok has given out, secrets included
        self.tiktok = Simulator(state=self.world)
        self.log = self.directory / "up.log"
        self._port = free_port()
        self._more = variables
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "config.settings.pseudo",
            "PYTHONUNBUFFERED": "1",
            "DATA_DIR": str(self.directory / "data"),
            "BASE_URL": self.url,
            "SIGNUP": "open",
            "TIKTOK_CLIENT_KEY": CLIENT_KEY,
            "TIKTOK_CLIENT_SECRET": CLIENT_SECRET,
            "TIKTOK_API_BASE_URL": self.tiktok.base_url,
            "TIKTOK_AUTHORIZE_URL": self.tiktok.authorize_url,
            **self._more,
        }

    def start(self) -> Self:
        """Returns when the first page can be asked for."""
        self.tiktok.start()
        longer = [sys.executable, "scripts/messages.py", "pseudo", str(self.directory / "data" / "locale")]
        subprocess.run(longer, cwd=ROOT, check=True)
        return self._start_product()

    def restart(self, **variables: str) -> Self:
        """Stop the product and start it with these variables changed; TikTok and the database stay."""
        self._stop_product()
        self._more |= variables
        return self._start_product()

    def _start_product(self) -> Self:
        command = [sys.executable, "manage.py", "up", "--bind", f"127.0.0.1:{self._port}"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment(), stdout=subprocess.PIPE, stderr=log
            )
        assert self._process.stdout is not None
        last: deque[str] = deque(maxlen=20)
        for line in self._process.stdout:
            last.append(line.decode())
            if READY in last[-1]:
                return self
        raise AssertionError(f"the product did not start: {''.join(last)}\n{self.log.read_text()}")

    def manage(self, *arguments: str) -> None:
        """Run a management command on the product's database."""
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment(), check=True)

    def stop(self) -> None:
        """End everything that was started and delete what it wrote."""
        self._stop_product()
        self.tiktok.stop()
        shutil.rmtree(self.directory)

    def _stop_product(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=20)
            self._process = None

    def faults(self) -> list[str]:
        """Return the lines of the server's log that report unhandled errors."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if "Traceback" in line or " ERROR " in line or " CRITICAL " in line]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as end:
        port: int = end.getsockname()[1]
    return port
