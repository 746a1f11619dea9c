"""``manage.py tiktok_simulator``: run a simulated TikTok for demos and tests."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tiktok.simulator import cli


class Command(BaseCommand):
    help = "Run a simulated TikTok on loopback, until it is stopped. It needs no database."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        cli.add_arguments(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        cli.run(**{name: options[name] for name in ("port", "host", "loopback", "state", "demo")})
