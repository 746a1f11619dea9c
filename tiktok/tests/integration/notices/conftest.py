"""An account, and posts that come to grief."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings

from accounts.models import User
from instances.models import Instance, Notice
from instances.scoping import instance_scope
from tiktok.models import AttentionReason, EventCause, Person, Post, PostState, TikTokAccount
from tiktok.tests.factories import make_account, make_post

S = PostState
Troubled = Callable[..., Post]


@pytest.fixture
def account(instance: Instance) -> TikTokAccount:
    with instance_scope(instance):
        return make_account(instance, name="Bakery")


@pytest.fixture
def with_mail(settings: LazySettings) -> None:
    settings.EMAIL_URL = "smtp://localhost"
    settings.BASE_URL = "https://clipdesk.example"


@pytest.fixture
def troubled(account: TikTokAccount) -> Troubled:
    """A post of the account that has just moved to ``to``: failed, waiting_account or needs_attention."""

    def make(to: PostState = S.FAILED, *, maker: User | None = None, caption: str = "Loaf", **changes: Any) -> Post:
        with instance_scope(account.instance):
            post = make_post(account, caption=caption, state=S.DUE, created_by=maker)
            reason = AttentionReason.MISSED if to == S.NEEDS_ATTENTION else None
            post.transition(to, cause=EventCause.WORKER, by=Person(), reason=reason, **changes)
        return post

    return make


def notices(instance: Instance) -> list[Notice]:
    """All of them, oldest first."""
    with instance_scope(instance):
        return list(Notice.objects.order_by("at", "kind"))
