"""Scoping fails closed: without a scope every query raises, inside one nothing of another instance is reached."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django_scopes import ScopeError

from instances.models import Instance
from instances.scoping import instance_scope, unscoped
from tiktok.models import Post, TikTokAccount
from tiktok.tests.factories import CredentialFactory, make_account, make_post

QUERIES: list[Callable[[Any], Any]] = [
    lambda manager: list(manager.all()),
    lambda manager: manager.count(),
    lambda manager: manager.exists(),
    lambda manager: manager.explain(),
    lambda manager: manager.get(pk=1),
    lambda manager: manager.filter(name="x").first(),
    lambda manager: list(manager.exclude(name="x")),
    lambda manager: manager.create(name="x"),
    lambda manager: manager.bulk_create([]),
    lambda manager: manager.update(name="x"),
    lambda manager: manager.in_bulk(),
    lambda manager: manager.aggregate(),
    lambda manager: list(manager.values_list("pk")),
]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.django_db
def test_without_a_scope_every_query_raises(query: Callable[[Any], Any]) -> None:
    with pytest.raises(ScopeError):
        query(TikTokAccount.objects)


@pytest.mark.parametrize("value", [None, [], "aurora"])
def test_scope_takes_nothing_but_an_instance(value: Any) -> None:
    with pytest.raises(TypeError), instance_scope(value):
        pass


def test_scope_sees_its_own_instance_only(instance: Instance, other_instance: Instance) -> None:
    with instance_scope(other_instance):
        theirs = make_account(other_instance)
    with instance_scope(instance):
        ours = make_account(instance)
        assert list(TikTokAccount.objects.all()) == [ours]
        assert not TikTokAccount.objects.filter(pk=theirs.pk).exists()
    with unscoped(reason="test"):
        assert TikTokAccount.objects.count() == 2


def test_nothing_is_written_into_another_instance(instance: Instance, other_instance: Instance) -> None:
    with instance_scope(instance):
        credential = CredentialFactory.create()
        with pytest.raises(ScopeError):
            TikTokAccount.objects.create(instance=other_instance, credential=credential, name="x")
        with pytest.raises(ScopeError):
            TikTokAccount.objects.bulk_create([TikTokAccount(instance=other_instance, credential=credential)])
        with pytest.raises(ScopeError):
            TikTokAccount.objects.update(instance=other_instance)
    with pytest.raises(ScopeError):
        TikTokAccount(instance=instance, credential=credential, name="x").save()


@pytest.mark.parametrize("by_id", [True, False])
def test_row_cannot_point_into_another_instance(instance: Instance, other_instance: Instance, by_id: bool) -> None:
    with instance_scope(other_instance):
        theirs = make_account(other_instance)
    link = {"account_id": theirs.pk} if by_id else {"account": theirs}
    with instance_scope(instance), pytest.raises(ScopeError):
        Post.objects.create(instance=instance, **link)


def test_related_managers_are_scoped(instance: Instance, other_instance: Instance) -> None:
    with instance_scope(instance):
        account = make_account(instance)
        make_post(account)
        assert account.posts.count() == 1
    with instance_scope(other_instance):
        assert account.posts.count() == 0
    with pytest.raises(ScopeError):
        account.posts.count()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_postgresql_hears_of_the_scope_again_after_a_rollback(instance: Instance, other_instance: Instance) -> None:
    with instance_scope(instance):
        with transaction.atomic():
            assert announced() == str(instance.pk)
            with instance_scope(other_instance):
                assert announced() == str(other_instance.pk)
            transaction.set_rollback(True)
        assert announced() == str(instance.pk)
    with instance_scope(other_instance):
        assert announced() == str(other_instance.pk)
    assert announced() == ""


def announced() -> str:
    """Return the open instance according to the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.instance', true)")
        return str(cursor.fetchone()[0])
