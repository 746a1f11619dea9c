"""``manage.py quarantine on|off|status``: pause publishing after a restore until people have checked."""

import argparse
from typing import Any, Final

from django.core.management.base import BaseCommand

from tiktok.posts import quarantine

NEXT: Final = (
    "Now start the workers: they check these posts with TikTok. Members find the posts under Needs attention, check "
    "the accounts in the TikTok app, and choose Check status, Resend or Dismiss. Then run: manage.py quarantine off"
)


class Command(BaseCommand):
    """Turn the pause on or off. May run any number of times, with the product running or not."""

    help = "Pause publishing after a restore (on), resume it (off), or print which it is (status)."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("switch", choices=["on", "off", "status"])

    def handle(self, *args: Any, **options: Any) -> None:
        {"on": self._on, "off": self._off, "status": self._status}[options["switch"]]()

    def _on(self) -> None:
        done = quarantine.switch_on()
        self.stdout.write(f"Publishing has been paused since {done.since:%Y-%m-%d %H:%M:%S} UTC: nothing is sent.")
        self.stdout.write(f"{done.held} posts put on hold, {done.claims} running steps stopped.")
        self.stdout.write(NEXT)

    def _off(self) -> None:
        done = quarantine.switch_off()
        if done is None:
            self.stdout.write("Publishing was not paused.")
            return
        self.stdout.write(f"Publishing is resumed. {done.held} more posts had become due and were put on hold.")
        self._say_held()

    def _status(self) -> None:
        start = quarantine.since()
        self.stdout.write(
            f"Publishing has been paused since {start:%Y-%m-%d %H:%M:%S} UTC." if start else "Publishing is not paused."
        )
        self._say_held()

    def _say_held(self) -> None:
        self.stdout.write(f"{quarantine.count_held()} posts on hold need a decision.")
