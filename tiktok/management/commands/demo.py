"""``manage.py demo``: the product and a simulated TikTok, with an instance that has really linked and published."""

import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.serving.address import Address
from core.serving.lock import AlreadyRunning, running_lock
from core.serving.supervisor import Supervisor
from tiktok.demo.home import Home
from tiktok.demo.person import DemoTrouble
from tiktok.demo.processes import CommandFailed, product, simulator
from tiktok.demo.program import ApiRefused
from tiktok.demo.story import create_content, register_webhook, set_up_url_prefix

TRIES: Final = 3


class Command(BaseCommand):
    help = "Run the product with a simulated TikTok and demo data, until Ctrl-C. A second run keeps the data."

    def add_arguments(self, parser: CommandParser) -> None:
        default = Path(settings.BASE_DIR) / "var" / "demo"
        parser.add_argument("--data-dir", type=Path, default=default, help="directory of the demo (default var/demo)")

    def handle(self, *_args: Any, **options: Any) -> None:
        directory = options["data_dir"].resolve()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with running_lock(directory / "demo.lock"):
                self._run(Home.open(directory))
        except AlreadyRunning as error:
            raise CommandError(str(error)) from error

    def _run(self, home: Home) -> None:
        self._trouble = ""
        self._say(f"Starting the product and a simulated TikTok (log: {home.log}) …")
        with home.log.open("ab") as log:
            supervisor = Supervisor([simulator(home, log), product(home, log)], say=self._say, patience_s=15)
            threading.Thread(target=self._tell, args=[home, supervisor], daemon=True).start()
            supervisor.run()
        if self._trouble:
            raise CommandError(f"The demo could not be set up: {self._trouble}. The log is {home.log}.")
        self._say("Stopped. The data is kept; make demo starts it again.")

    def _tell(self, home: Home, supervisor: Supervisor) -> None:
        try:
            wait_for(home, supervisor)
            register_webhook(home)
            set_up_url_prefix(home)
            create_content(home, self._say)
        except (DemoTrouble, CommandFailed, ApiRefused, requests.RequestException, OSError) as error:
            self._trouble = str(error)
            supervisor.stop()
        else:
            self._say(welcome(home))

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def wait_for(home: Home, supervisor: Supervisor) -> None:
    """Wait until web and simulator answer. Raises DemoTrouble when one of them keeps ending."""
    simulated = Address("127.0.0.1", home.simulator_port)
    while not (simulated.answers() and _is_ready(home)):
        if failing := [child.name for child in supervisor.children if child.crashes >= TRIES]:
            raise DemoTrouble(f"the {failing[0]} does not stay up")
        time.sleep(0.1)


def _is_ready(home: Home) -> bool:
    with suppress(requests.RequestException):
        return requests.get(f"{home.url}/readyz", timeout=5).ok
    return False


def welcome(home: Home) -> str:
    return f"""
  Clipdesk    {home.url}
  login       {home.email}
  password    {home.password}

  TikTok is simulated. Revoke an account's authorization at {home.simulator_url}/connected-apps/
  and watch the Accounts page change. Ctrl-C stops everything; the data stays in {home.directory}.
"""
