"""The client secret is changed, here first or at TikTok first, while tokens are still refreshed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tiktok.access.tokens import usable_token
from tiktok.api.errors import InvalidClient
from tiktok.developer_apps.services import drop_confirmed_secrets, forget_old_secret, set_client_secret
from tiktok.models import AccountStatus, TikTokAccount, TikTokApp, TikTokCredential
from tiktok.tests.fixtures_credentials import age
from tiktok.tests.simulator_process import CLIENT_SECRET, Simulator

SECOND = "second-secret"


def refresh(credential: TikTokCredential) -> None:
    age(credential)
    usable_token(credential.pk)


def enter(app: TikTokApp, secret: str) -> None:
    """As the form in the back office does."""
    app.refresh_from_db()
    set_client_secret(app, secret)
    app.save()


def secrets(app: TikTokApp) -> tuple[str, str]:
    app.refresh_from_db()
    return tuple(secret.reveal() if secret else "" for secret in (app.client_secret, app.old_client_secret))  # type: ignore[return-value]


def three_days_later(app: TikTokApp) -> None:
    TikTokApp.objects.filter(pk=app.pk).update(secret_set_at=timezone.now() - timedelta(hours=73))


def test_entered_here_first(sim: Simulator, account: TikTokAccount, app: TikTokApp) -> None:
    refresh(account.credential)
    enter(app, SECOND)
    refresh(account.credential)
    three_days_later(app)
    assert drop_confirmed_secrets() == 0  # TikTok does not know the new one yet
    sim.create_app(client_secret=SECOND)
    refresh(account.credential)

    assert secrets(app) == (SECOND, CLIENT_SECRET)
    assert drop_confirmed_secrets() == 1
    assert secrets(app) == (SECOND, "")
    refresh(account.credential)


def test_changed_at_tiktok_first(sim: Simulator, account: TikTokAccount, app: TikTokApp) -> None:
    sim.create_app(client_secret=SECOND)
    age(account.credential, timedelta(minutes=-1))
    with pytest.raises(InvalidClient):
        usable_token(account.credential.pk)
    enter(app, SECOND)
    refresh(account.credential)

    assert TikTokAccount._base_manager.get().status == AccountStatus.ACTIVE
    assert drop_confirmed_secrets() == 0  # a webhook that was signed with the old one may still come
    three_days_later(app)
    assert drop_confirmed_secrets() == 1
    refresh(account.credential)


def test_secret_that_changed_again_is_not_taken_for_the_old_one(app: TikTokApp) -> None:
    enter(app, SECOND)
    seen = TikTokApp.objects.get(pk=app.pk)
    enter(app, "third")

    assert not forget_old_secret(seen)
    assert secrets(app) == ("third", SECOND)
