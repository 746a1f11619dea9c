"""An account and its credential are locked in one order, credential first: two orders would end in a deadlock."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import User
from instances.scoping import instance_scope
from tiktok.accounts.app_change.services import move_account
from tiktok.accounts.disconnect import finish_disconnects, start_disconnect
from tiktok.models import TikTokAccount, TikTokCredential
from tiktok.tests.factories import CredentialFactory, TikTokAppFactory, make_account
from tiktok.tests.races import at_once
from tiktok.tests.simulator_process import Simulator

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


class Watch:
    """Notes which credentials are free for others each time an account has been locked."""

    def __init__(self) -> None:
        self.free: list[list[str]] = []

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        result = execute(sql, *rest)
        if sql.startswith('SELECT "tiktok_tiktokaccount"') and "FOR UPDATE" in sql:
            self.free += at_once(free_credentials, expect=())
        return result


def free_credentials() -> list[str]:
    with transaction.atomic():
        rows = TikTokCredential.objects.select_for_update(skip_locked=True).order_by("open_id")
        return [row.open_id for row in rows]


def test_disconnecting_locks_the_credential_first(sim: Simulator, account: TikTokAccount, admin: User) -> None:
    with instance_scope(account.instance):
        start_disconnect(account, actor=admin)
    watch = Watch()

    with connection.execute_wrapper(watch):
        finish_disconnects()

    assert watch.free == [[]]


def test_moving_to_another_app_locks_both_credentials_first(account: TikTokAccount, admin: User) -> None:
    instance, app = account.instance, TikTokAppFactory.create(name="Production")
    TikTokCredential.objects.filter(pk=account.credential_id).update(union_id="u")
    watch = Watch()

    with instance_scope(instance):
        credential = CredentialFactory.create(app=app, union_id="u")
        new = make_account(instance, credential=credential, username=account.username)
        with connection.execute_wrapper(watch):
            move_account(instance, old_id=account.pk, new_id=new.pk, actor=admin)

    assert watch.free == [[]]
