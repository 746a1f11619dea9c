"""``manage.py doctor``: report what is wrong with this deployment, and the step that fixes each fault."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core.doctor.report import as_json, as_text, exit_code
from core.doctor.run import examine


class Command(BaseCommand):
    """Check this deployment. Exit code 1 if something does not work; 0 otherwise, also with warnings."""

    help = "Check this installation and print how to fix each problem. Changes nothing and shows no secrets."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON for programs")
        parser.add_argument("--offline", action="store_true", help="skip TikTok, the email server and BASE_URL")

    def handle(self, *_args: Any, **options: Any) -> None:
        findings = examine(online=not options["offline"])
        self.stdout.write(as_json(findings) if options["json"] else as_text(findings))
        sys.exit(exit_code(findings))
