"""``manage.py sync_environment_app``: store the app of TIKTOK_CLIENT_KEY as a row. Runs at every start."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from tiktok.developer_apps.services import upsert_environment_app


class Command(BaseCommand):
    """Store the environment's app; changes nothing if it has not changed."""

    help = "Store the environment's TikTok app in the database. May run any number of times."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            app = upsert_environment_app()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        if app is None:
            self.stdout.write("There is no TikTok app in the environment. You can add one in Administration.")
        else:
            self.stdout.write(f"TikTok app {app.client_key} ({app.environment}) is stored.")
