"""``manage.py serve``: the web server."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.serving.address import Address, BadAddress
from core.serving.front.server import become_server


class Command(BaseCommand):
    help = "Serve pages, API and uploads until SIGTERM. `up` starts it beside the background work."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1:8000", help="address and port (default 127.0.0.1:8000)")
        parser.add_argument("--processes", type=int, default=1, help="how many processes (default 1)")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            address = Address.parse(options["bind"])
        except BadAddress as error:
            raise CommandError(str(error)) from error
        if options["processes"] < 1:
            raise CommandError("--processes must be at least 1.")
        self.stdout.flush()
        is_behind_proxy = bool(settings.TRUSTED_PROXY_COUNT)
        become_server(address.host, address.port, processes=options["processes"], is_behind_proxy=is_behind_proxy)
