"""``manage.py create_api_key``."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from instances.access import role_of
from instances.models import Instance
from instances.roles import KeyScope
from instances.services.api_keys import write_api_key


class Command(BaseCommand):
    help = "Create an API key of a member and print it. It allows what their role allows and is shown only once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--instance", required=True, help="the instance's address")
        parser.add_argument("--user", required=True, help="the member's email address")
        parser.add_argument("--name", default="command line", help="a name for the key")
        parser.add_argument(
            "--scopes",
            nargs="+",
            default=list(KeyScope),
            choices=[scope.value for scope in KeyScope],
            help="default: all",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        instance = Instance.objects.select_related("tenant").filter(slug=options["instance"]).first()
        user = User.objects.filter(email=options["user"].strip().lower()).first()
        if instance is None:
            raise CommandError(f"There is no instance {options['instance']!r}.")
        if user is None or role_of(user, instance) is None:
            raise CommandError(f"{options['user']} is not a member of {instance}.")
        scopes = [KeyScope(scope) for scope in options["scopes"]]
        _key, plain = write_api_key(instance, user=user, actor=None, name=options["name"], scopes=scopes)
        self.stdout.write(plain)
