"""``manage.py url_prefix``: what the page "URL prefix" of an app in Administration does, for scripts."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tiktok.developer_apps.prefix.rules import verification_file
from tiktok.developer_apps.prefix.services import (
    check_prefix,
    expected_prefix,
    store_verification_file,
    stored_file,
)
from tiktok.developer_apps.prefix.standing import standing_of
from tiktok.models import TikTokApp


class Command(BaseCommand):
    """Store TikTok's signature file, check the prefix and print the result; may run any number of times."""

    help = "Print the URL prefix to register at TikTok, store TikTok's signature file, and check the public address."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--client-key", required=True, help="the app's client key")
        parser.add_argument("--file", type=Path, help="TikTok's signature file, under the name that TikTok gave it")

    def handle(self, *_args: Any, **options: Any) -> None:
        app = TikTokApp.objects.select_related("tenant").filter(client_key=options["client_key"]).first()
        if app is None:
            raise CommandError(f"There is no TikTok app with the client key {options['client_key']}.")
        self.stdout.write(expected_prefix())
        self._store(app, options["file"])
        if stored_file(app) is None:
            self.stdout.write("Register this prefix at TikTok, then run this again with --file.")
            return
        check_prefix(app)
        standing = standing_of(app)
        if trouble := standing.obstacle or standing.problem:
            raise CommandError(f"{trouble.text} {trouble.step}")
        self.stdout.write("The file was found at its public address. Verify the prefix at TikTok now.")

    def _store(self, app: TikTokApp, path: Path | None) -> None:
        if path is None:
            return
        try:
            file = verification_file(path.read_text(encoding="utf-8"), name=path.name)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{path} cannot be read: {error}") from error
        except ValidationError as error:
            raise CommandError(f"{path}: {error.messages[0]}") from error
        if file != stored_file(app) or app.url_prefix != expected_prefix():
            store_verification_file(app, file, actor=None)
