"""Encrypted columns: nothing in the clear, nothing readable from another row or with another key."""

import base64

import pytest
from django.core import serializers
from django.db import connection
from pytest_django import Settings

from tiktok.api.secret import Secret
from tiktok.models import TikTokApp
from tiktok.models.fields import Undecryptable, seal
from tiktok.tests.factories import TikTokAppFactory

pytestmark = pytest.mark.django_db
CANARY = "canary-8d1f-secret"


def stored(app: TikTokApp) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT client_secret FROM tiktok_tiktokapp")
        return str(cursor.fetchone()[0])


def test_secret_comes_back_and_is_not_stored_in_the_clear() -> None:
    app = TikTokApp.objects.get(pk=TikTokAppFactory.create(secret=CANARY).pk)
    assert isinstance(app.client_secret, Secret)
    assert app.client_secret.reveal() == CANARY
    assert CANARY not in stored(app)
    assert CANARY not in serializers.serialize("json", [app])


def test_saving_a_loaded_row_keeps_the_value() -> None:
    app = TikTokApp.objects.get(pk=TikTokAppFactory.create(secret=CANARY).pk)
    app.name = "Renamed"
    app.save()
    assert TikTokApp.objects.get().client_secret.reveal() == CANARY


def test_bare_text_is_refused() -> None:
    app = TikTokAppFactory.create()
    with pytest.raises(TypeError):
        app.client_secret = CANARY
    with pytest.raises(TypeError):
        TikTokApp.objects.update(client_secret=CANARY)


def test_value_moved_to_another_row_does_not_decrypt() -> None:
    first, second = TikTokAppFactory.create(secret=CANARY), TikTokAppFactory.create()
    TikTokApp.objects.filter(pk=second.pk).update(client_secret=seal(TikTokApp, first.pk, "client_secret", CANARY))
    second = TikTokApp.objects.get(pk=second.pk)
    with pytest.raises(Undecryptable):
        _ = second.client_secret


def test_new_first_key_writes_and_the_old_one_still_reads(settings: Settings) -> None:
    app = TikTokAppFactory.create(secret=CANARY)
    old = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = {"k2": b"2" * 32} | old
    assert TikTokApp.objects.get().client_secret.reveal() == CANARY
    assert seal(TikTokApp, app.pk, "client_secret", "x").key_id == "k2"


@pytest.mark.parametrize("ring", [{"k9": b"9" * 32}, {"k1": b"1" * 32}])
def test_without_its_key_a_row_still_loads_and_only_the_secret_is_gone(
    settings: Settings, ring: dict[str, bytes]
) -> None:
    TikTokAppFactory.create(secret=CANARY)
    settings.FIELD_ENCRYPTION_KEYS = ring
    app = TikTokApp.objects.get()
    assert app.name
    with pytest.raises(Undecryptable):
        _ = app.client_secret


def test_damaged_ciphertext_is_said_to_be_undecryptable() -> None:
    app = TikTokAppFactory.create()
    sealed = seal(TikTokApp, app.pk, "client_secret", CANARY)
    key_id, _, token = sealed.text.partition(":")
    damaged = base64.urlsafe_b64encode(b"\0" * 80).decode()
    for text in (f"{key_id}:{damaged}", f"{key_id}:not base64", f"{key_id}:{token[:-9]}"):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE tiktok_tiktokapp SET client_secret = %s", [text])
        with pytest.raises(Undecryptable):
            _ = TikTokApp.objects.get().client_secret


def test_refreshing_and_deferring_a_row_decrypt_nothing_and_lose_nothing() -> None:
    app = TikTokAppFactory.create(secret=CANARY)
    app.refresh_from_db()
    deferred = TikTokApp.objects.defer("client_secret").get()

    assert app.client_secret == deferred.client_secret == Secret(CANARY)
