"""Run the embedded product: web and background work under one supervisor."""

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.jobs.process import usable_cores
from core.serving.address import Address, BadAddress
from core.serving.lock import AlreadyRunning, running_lock
from core.serving.prepare import has_demo_data, prepare
from core.serving.private_files import close_to_others
from core.serving.supervisor import Child, Supervisor
from instances.services.first_owner import first_owner_link

DEFAULT_BIND: Final = "127.0.0.1:8000"


class Command(BaseCommand):
    help = "Migrate the database, then run web server and background work until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bind", default=DEFAULT_BIND, help=f"address and port (default {DEFAULT_BIND})")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            address = Address.parse(options["bind"])
            refuse_exposure(address)
            use_own_address(address)
            close_to_others(Path(settings.DATA_DIR))
            with running_lock(Path(settings.DATA_DIR) / "up.lock"):
                self._serve(address)
        except (BadAddress, AlreadyRunning) as error:
            raise CommandError(str(error)) from error

    def _serve(self, address: Address) -> None:
        if not address.is_free():
            raise BadAddress(f"Another program is listening on {address}. Choose another port with --bind.")
        prepare()
        threading.Thread(target=self._announce, args=[address], daemon=True).start()
        Supervisor([web(address), jobs()], say=self._say).run()
        self._say("Stopped.")

    def _announce(self, address: Address) -> None:
        while not address.answers():
            time.sleep(0.1)
        self._say(f"Clipdesk is running at {settings.BASE_URL}. Press Ctrl-C to stop it.")
        if not has_demo_data() and (link := first_owner_link()):
            self._say(
                "There is no account yet. Open this link within seven days to create the first one, which owns the"
                f" first team:\n{link}"
            )

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def refuse_exposure(address: Address) -> None:
    """Refuse to expose DEBUG pages, the demo's login, or a product without BASE_URL."""
    if address.is_loopback:
        return
    if settings.DEBUG:
        raise BadAddress("DEBUG is on, so Clipdesk listens only on loopback addresses.")
    if has_demo_data():
        raise BadAddress("This is demo data, so Clipdesk listens only on loopback addresses.")
    if "BASE_URL" not in os.environ:
        raise BadAddress("Set BASE_URL to the https address that people will use, for example of your reverse proxy.")


def use_own_address(address: Address) -> None:
    """Use the bound address as BASE_URL if none is set; start again with it."""
    if "BASE_URL" not in os.environ and address.url != settings.BASE_URL:
        sys.stdout.flush()
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {"BASE_URL": address.url})  # noqa: S606


def web(address: Address) -> Child:
    """Return the web server, with two processes where there are two cores."""
    processes = min(2, usable_cores())
    return Child("web", _manage("serve", "--bind", str(address), "--processes", str(processes)))


def jobs() -> Child:
    return Child("jobs", _manage("jobs"))


def _manage(*arguments: str) -> list[str]:
    return [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), *arguments]
