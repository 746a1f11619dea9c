"""``manage.py sync_environment_app``: store the app of TIKTOK_CLIENT_KEY as a row. Runs at every start."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from tiktok.developer_apps.services import upsert_environment_app


class Command(BaseCommand):
    """Store the environment's app; changes nothing if it has not changed."""

    help = "Writes the TikTok app that stands in the environment into the database; may run often."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            app = upsert_environment_app()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        if app is None:
            self.stdout.write("No TikTok app stands in the environment.")
        else:
            self.stdout.write(f"TikTok app {app.client_key} ({app.environment}) is in place.")
