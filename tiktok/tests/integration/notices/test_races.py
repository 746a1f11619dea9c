"""Two workers that email the same notifications at the same moment, and one that dies in the middle."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from core.models import OutgoingMail
from instances.models import Instance
from instances.notices.digest import write_digest
from instances.scoping import instance_scope
from tiktok.tests.integration.delivery.test_races import at_once
from tiktok.tests.integration.notices.conftest import Troubled
from tiktok.tests.integration.notices.test_digest import mails_after

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.usefixtures("with_mail")
def test_two_workers_write_one_mail(troubled: Troubled, instance: Instance, editor: User) -> None:
    for _ in range(5):
        troubled()

    def work() -> None:
        with instance_scope(instance):
            write_digest(instance)

    at_once(*[work] * 6)

    assert [(mail.to, mail.subject) for mail in OutgoingMail.objects.all()] == [
        (editor.email, "Aurora: 5 posts failed")
    ]


class Killed(Exception):
    """The process is gone."""


def dies_at(statement: str, *, times: int) -> Callable[..., Any]:
    """A database wrapper that lets the process die at the n-th statement of this kind."""
    seen = []

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.extend([sql] if sql.startswith(statement) else [])
        if len(seen) >= times:
            raise Killed
        return run(sql, params, many, context)

    return execute


@pytest.mark.usefixtures("with_mail")
@pytest.mark.parametrize("times", [1, 2])
def test_process_that_dies_between_two_emails_has_sent_none(
    troubled: Troubled, instance: Instance, editor: User, admin: User, times: int
) -> None:
    troubled()
    insert = 'INSERT INTO "core_outgoingmail"'
    with (
        instance_scope(instance),
        pytest.raises(Killed),
        connection.execute_wrapper(dies_at(insert, times=times)),
    ):
        write_digest(instance)
    assert OutgoingMail.objects.count() == 0

    assert [mail.to for mail in mails_after()] == [admin.email, editor.email]
