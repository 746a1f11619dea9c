"""Record changes of sign-ins, sessions and second factors in the log and in the audit log of the tenants."""

import json
import logging
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from accounts.audit import record_about_person
from accounts.models import User
from core.web.client import client_address, user_agent

log = logging.getLogger(__name__)


def note(
    event: str,
    *,
    request: HttpRequest | None,
    person: User | None,
    actor: User | None = None,
    is_audited: bool = True,
    **detail: str,
) -> None:
    """Write the event with the client's address and user agent; never what was typed.

    ``person`` is whom it concerns, None for an address without an account; ``actor`` who acted, by default the person.
    """
    meta = request.META if request else {}
    client = {"client_address": client_address(meta), "user_agent": user_agent(meta)} if request else {}
    written: dict[str, Any] = detail | client
    facts = detail | {"person": str(person.pk) if person else "unknown"} | client
    log.info("%s %s", event, " ".join(f"{name}={json.dumps(value)}" for name, value in facts.items()))
    if person and is_audited:
        with transaction.atomic():
            record_about_person(event, person=person, actor=actor or person, **written)
