"""An app with a secret, an account linked through it in two instances, and a sender of webhooks."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import TikTokAccount, TikTokApp, TikTokCredential
from tiktok.tests.factories import CredentialFactory, TikTokAppFactory, make_account
from tiktok.tests.integration.webhooks.post import Post
from tiktok.tests.integration.webhooks.stage import stage

__all__ = ["stage"]


@pytest.fixture
def app(db: None) -> TikTokApp:
    return TikTokAppFactory.create(client_key="our-key")


@pytest.fixture
def post(app: TikTokApp) -> Post:
    """Django's own CSRF check is on, and a crash is an answer of 500."""
    return Post(Client(enforce_csrf_checks=True, raise_request_exception=False))


@pytest.fixture
def credential(app: TikTokApp) -> TikTokCredential:
    """Tokens of an hour ago."""
    issued = timezone.now() - timedelta(hours=1)
    return CredentialFactory.create(app=app, open_id="open-1", access_issued_at=issued)


@pytest.fixture
def account(credential: TikTokCredential, instance: Instance) -> TikTokAccount:
    with instance_scope(instance):
        return make_account(instance, credential=credential, name="Bakery")


@pytest.fixture
def shared(credential: TikTokCredential, other_instance: Instance) -> TikTokAccount:
    """The same TikTok user in another instance."""
    with instance_scope(other_instance):
        return make_account(other_instance, credential=credential, name="Loaves")
