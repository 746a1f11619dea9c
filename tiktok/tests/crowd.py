"""Hundreds of accounts and dozens of instances at once, in every state, for tests of size and for pictures."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.utils import timezone

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import AccountStatus, Post, PostState, TikTokAccount, TikTokApp, TikTokCredential
from tiktok.tests.factories import SCOPES, TikTokAppFactory

PLACES: Final = ("Aarhus", "Basel", "Çanakkale", "Dublin", "Évora", "Freiburg", "Gent", "Hanoi", "Île-de-Ré", "Jena")
TRADES: Final = ("Bakery", "Cycles", "Flowers", "Optics", "Books", "Brewing & Tasting Room", "Ceramics")
LABELS: Final[tuple[list[str], ...]] = (["VIP"], [], ["Spring", "Food"], ["vip", "DACH"], [])
# One in so many; the rest are active.
RECONNECT, EXPIRING, DISCONNECTED, SANDBOX, FEWER = 23, 29, 41, 31, 17


def make_crowd(instance: Instance, number: int, app: TikTokApp | None = None) -> list[TikTokAccount]:
    """Accounts without tokens, by two statements; the n-th is called after place and trade and ends in " n"."""
    app = app or TikTokAppFactory.create(is_audited=True)
    sandbox = TikTokAppFactory.create(environment="sandbox") if number >= SANDBOX else app
    now = timezone.now()
    credentials = [
        TikTokCredential(
            app=sandbox if n % SANDBOX == SANDBOX - 1 else app,
            open_id=f"{instance.slug}-{n}",
            scopes=SCOPES[:-1] if n % FEWER == FEWER - 1 else SCOPES,
            access_expires_at=now + timedelta(hours=2),
            refresh_expires_at=now + timedelta(days=9 if n % EXPIRING == EXPIRING - 1 else 300, hours=1),
        )
        for n in range(number)
    ]
    TikTokCredential.objects.bulk_create(credentials)
    with instance_scope(instance):
        return TikTokAccount.objects.bulk_create(
            _account(instance, credential, n) for n, credential in enumerate(credentials)
        )


def _account(instance: Instance, credential: TikTokCredential, n: int) -> TikTokAccount:
    name = f"{PLACES[n % len(PLACES)]} {TRADES[n % len(TRADES)]} {n}"
    return TikTokAccount(
        instance=instance, credential=credential, name=name, display_name=f"{name} on TikTok", username=f"user.{n}",
        status=_status(n), status_reason="withdrawn" if _status(n) == AccountStatus.RECONNECT_NEEDED else "",
        labels=LABELS[n % len(LABELS)], follower_count=n * 1237, synced_at=timezone.now() - timedelta(minutes=n),
        linked_at=timezone.now() - timedelta(hours=n),
    )  # fmt: skip


def _status(n: int) -> AccountStatus:
    if n % RECONNECT == RECONNECT - 1:
        return AccountStatus.RECONNECT_NEEDED
    return AccountStatus.DISCONNECTED if n % DISCONNECTED == DISCONNECTED - 1 else AccountStatus.ACTIVE


def make_posts(account: TikTokAccount, states: Sequence[PostState]) -> None:
    """One post in each of these states, without work items: nothing touches them."""
    now = timezone.now()
    with instance_scope(account.instance):
        Post.objects.bulk_create(
            Post(
                instance_id=account.instance_id, account=account, state=state, caption=f"{state.label}",
                attention_reason="outcome_unknown" if state == PostState.NEEDS_ATTENTION else "",
                publish_at=now + timedelta(hours=number + 1) if state == PostState.SCHEDULED else None,
                published_at=now - timedelta(hours=number + 1) if state == PostState.PUBLISHED else None,
            )
            for number, state in enumerate(states)
        )  # fmt: skip
