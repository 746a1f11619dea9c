"""``manage.py create_instance``."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Tenant
from instances.models.instance import slug_validator
from instances.services import Refused
from instances.services.instances import add_instance


class Command(BaseCommand):
    help = "Create an instance of a tenant."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, help="the tenant's name or id")
        parser.add_argument("--name", required=True, help="the name people see")
        parser.add_argument("--slug", default="", help="its address; created from the name by default")

    def handle(self, *_args: Any, **options: Any) -> None:
        tenant = self._tenant(options["tenant"])
        try:
            if options["slug"]:
                slug_validator(options["slug"])
            instance = add_instance(tenant, actor=None, name=options["name"], slug=options["slug"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except Refused as error:
            raise CommandError(error.user_message) from error
        self.stdout.write(f"/i/{instance.slug}/")

    def _tenant(self, wanted: str) -> Tenant:
        found = [tenant for tenant in Tenant.objects.all() if wanted in {tenant.name, str(tenant.pk)}]
        if len(found) != 1:
            raise CommandError(f"{len(found)} tenants are called {wanted!r}. Use the tenant's id instead.")
        return found[0]
