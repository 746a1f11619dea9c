"""``manage.py quarantine on|off|status``: pause publishing after a restore until people have checked."""

import argparse
from typing import Any, Final

from django.core.management.base import BaseCommand

from tiktok.posts import quarantine

NEXT: Final = (
    "Now start the workers: TikTok is asked about these posts. People find them under Posts, look at the accounts in "
    "the TikTok app, and choose check again, send again or set aside. Then run: manage.py quarantine off"
)


class Command(BaseCommand):
    """Turn the pause on or off. May run any number of times, with the product running or not."""

    help = "Holds everything back after a restore (on), lets new posts through again (off), or says which it is."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("switch", choices=["on", "off", "status"])

    def handle(self, *args: Any, **options: Any) -> None:
        {"on": self._on, "off": self._off, "status": self._status}[options["switch"]]()

    def _on(self) -> None:
        done = quarantine.switch_on()
        self.stdout.write(f"Quarantine is on since {done.since:%Y-%m-%d %H:%M:%S} UTC: nothing is sent.")
        self.stdout.write(f"{done.held} posts held, {done.claims} workers stopped at what they did.")
        self.stdout.write(NEXT)

    def _off(self) -> None:
        done = quarantine.switch_off()
        if done is None:
            self.stdout.write("Quarantine was not on.")
            return
        self.stdout.write(f"Quarantine is off; {done.held} more posts had become due and were held.")
        self._say_held()

    def _status(self) -> None:
        start = quarantine.since()
        self.stdout.write(f"Quarantine is on since {start:%Y-%m-%d %H:%M:%S} UTC." if start else "Quarantine is off.")
        self._say_held()

    def _say_held(self) -> None:
        self.stdout.write(f"{quarantine.count_held()} posts wait for somebody because of a quarantine.")
