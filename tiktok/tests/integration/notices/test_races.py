"""Two workers that mail the same notices at the same moment, on two connections."""

import pytest

from accounts.models import User
from instances.models import Instance, OutgoingMail
from instances.notices.digest import write_digest
from instances.scoping import instance_scope
from tiktok.tests.integration.notices.conftest import Troubled
from tiktok.tests.integration.publishing.test_races import at_once

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
