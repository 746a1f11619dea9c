"""An app and a credential whose tokens the simulated TikTok knows."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import TikTokAccount, TikTokApp, TikTokCredential
from tiktok.tests.factories import CredentialFactory, TikTokAppFactory, make_account
from tiktok.tests.simulator_process import CLIENT_KEY, CLIENT_SECRET, Simulator

CALLBACK = "http://127.0.0.1:8000/auth/tiktok/login/callback/"


@pytest.fixture
def sim(tiktok: Simulator, settings: Settings) -> Simulator:
    """The simulator, with our settings pointing at it."""
    settings.TIKTOK_API_BASE_URL = tiktok.base_url
    settings.TIKTOK_AUTHORIZE_URL = tiktok.authorize_url
    return tiktok


@pytest.fixture
def app(sim: Simulator, request: pytest.FixtureRequest) -> TikTokApp:
    """The app that both we and the simulated TikTok know."""
    request.getfixturevalue("transactional_db" if "transactional_db" in request.fixturenames else "db")
    return TikTokAppFactory.create(name="Simulated", client_key=CLIENT_KEY, secret=CLIENT_SECRET, redirect_uri=CALLBACK)


def credential_of(sim: Simulator, app: TikTokApp, username: str = "maren") -> TikTokCredential:
    """A credential with tokens that the simulated TikTok has really given."""
    tokens = sim.grant(sim.create_user(username, display_name=username.title()))
    return CredentialFactory.create(
        app=app,
        open_id=tokens.open_id,
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token,
        refresh_expires_at=timezone.now() + timedelta(days=180),
    )


def age(credential: TikTokCredential, left: timedelta = timedelta(minutes=5)) -> None:
    """Let the access token be about to end."""
    ends = timezone.now() + left
    TikTokCredential.objects.filter(pk=credential.pk).update(
        access_expires_at=ends, access_issued_at=ends - timedelta(hours=2)
    )


@pytest.fixture
def credential(sim: Simulator, app: TikTokApp) -> TikTokCredential:
    """Tokens of the simulated user maren."""
    return credential_of(sim, app)


@pytest.fixture
def account(credential: TikTokCredential, instance: Instance) -> TikTokAccount:
    """The instance's link to maren."""
    with instance_scope(instance):
        return make_account(instance, credential=credential, name="Bakery", username="maren")
