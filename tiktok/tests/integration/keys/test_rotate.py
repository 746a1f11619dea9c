"""``rotate_keys``: every secret under the newest key, and no concurrent write is lost."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError
from django.db import connection
from pytest_django import Settings

from accounts.encrypted import EncryptedColumn
from accounts.mfa import EncryptingMFAAdapter
from instances.models import Instance
from instances.scoping import instance_scope, unscoped
from tiktok.access.tokens import usable_token
from tiktok.keys.columns import encrypted_columns, stored_key_ids
from tiktok.models import InitReceipt, Submission, TikTokApp, TikTokCredential
from tiktok.models.fields import seal
from tiktok.tests.factories import CredentialFactory, TikTokAppFactory
from tiktok.tests.fixtures_posts import link_simulated
from tiktok.tests.integration.keys.conftest import (
    COLUMNS,
    NEW,
    OLD,
    TOTP_SECRET,
    URL,
    each,
    only,
    rotate_keys,
)
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db


def column(name: str) -> EncryptedColumn:
    return next(one for one in encrypted_columns() if one.name == name)


def ciphertexts() -> list[str]:
    with unscoped(reason="test"):
        rows = [one.not_under("", after=None, limit=9, using="default") for one in encrypted_columns()]
    return [text for values in rows for _, text in values]


def reveal(instance: Instance) -> list[str]:
    """Every secret, read the way the product reads it."""
    app, credential, receipt = TikTokApp.objects.get(), TikTokCredential.objects.get(), InitReceipt.objects.get()
    with instance_scope(instance):
        url = Submission.objects.get().upload_url
    columns = (
        app.client_secret, app.old_client_secret, credential.access_token, credential.refresh_token,
        receipt.upload_url, url,
    )  # fmt: skip
    totp, codes = Authenticator.objects.order_by("-type")
    decrypt = EncryptingMFAAdapter().decrypt
    texts = [secret.reveal() for secret in columns if secret is not None]
    return [*texts, decrypt(totp.data["secret"]), decrypt(codes.data["seed"])]


def test_every_encrypted_column_of_every_table_is_known() -> None:
    assert [one.name for one in encrypted_columns()] == COLUMNS


@pytest.mark.usefixtures("stored")
def test_all_values_move_to_the_newest_key(ring: Settings, instance: Instance) -> None:
    before = reveal(instance)
    assert stored_key_ids() == each({OLD: 1})

    said = rotate_keys()

    assert stored_key_ids() == each({NEW: 1})
    ring.FIELD_ENCRYPTION_KEYS = only(NEW)
    assert reveal(instance) == before
    assert before[-2:] == [TOTP_SECRET, "seed"]
    assert URL in before
    assert Authenticator.objects.get(type="recovery_codes").data["used_mask"] == 5
    assert "tiktok_submission.upload_url           k1: 1   k2: 1\n" in said
    assert "Values re-encrypted with k2: 8.\nNothing stored needs k1 now.\n" in said


@pytest.mark.usefixtures("stored")
def test_second_run_changes_nothing(ring: Settings) -> None:
    rotate_keys()
    texts = ciphertexts()

    assert "Values re-encrypted with k2: 0." in rotate_keys()

    assert ciphertexts() == texts
    assert len(texts) == len(COLUMNS)


@pytest.mark.usefixtures("stored")
def test_rehearsal_counts_and_writes_nothing(ring: Settings) -> None:
    assert "Values to be re-encrypted with k2: 8." in rotate_keys("--dry-run")

    assert stored_key_ids() == each({OLD: 1})


def test_rotation_runs_in_batches_and_continues_a_killed_run(ring: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiktok.keys.rotate.BATCH", 2)
    ring.FIELD_ENCRYPTION_KEYS = only(OLD)
    credentials = CredentialFactory.create_batch(5, app=TikTokAppFactory.create())
    ring.FIELD_ENCRYPTION_KEYS = only(NEW, OLD)
    name = "tiktok_tiktokcredential.access_token"
    done = column(name).not_under(NEW, after=None, limit=2, using="default")
    for pk, text in done:
        assert column(name).swap(pk, text, column(name).encrypt_again(pk, text), "default")
    assert stored_key_ids()[name] == {OLD: 3, NEW: 2}

    rotate_keys()

    assert stored_key_ids()[name] == {NEW: 5}
    for credential in credentials:
        fresh = TikTokCredential.objects.get(pk=credential.pk)
        assert fresh.access_token == credential.access_token
        assert fresh.version == credential.version


def test_refresh_of_the_same_moment_wins(
    tiktok: Simulator, simulated: TikTokApp, instance: Instance, ring: Settings
) -> None:
    tokens = column("tiktok_tiktokcredential.refresh_token")
    ring.FIELD_ENCRYPTION_KEYS = only(OLD, NEW)  # a process that was not restarted yet still writes with the old key
    credential = link_simulated(tiktok, simulated, instance, "maren").credential
    [(pk, read)] = tokens.not_under(NEW, after=None, limit=9, using="default")
    ring.FIELD_ENCRYPTION_KEYS = only(NEW, OLD)
    late = tokens.encrypt_again(pk, read)
    ring.FIELD_ENCRYPTION_KEYS = only(OLD, NEW)
    usable_token(pk, refresh_now=credential.version)

    assert not tokens.swap(pk, read, late, "default")

    after = TikTokCredential.objects.get(pk=pk)
    assert after.refresh_token not in (None, credential.refresh_token)
    usable_token(pk, refresh_now=after.version)  # TikTok takes it: the new pair is whole
    assert [call.code for call in tiktok.requests("token")] == ["ok", "ok"]


@pytest.mark.usefixtures("stored")
def test_recovery_code_used_during_rotation_stays_used(ring: Settings) -> None:
    seeds = column("mfa_authenticator.data.seed")
    [(pk, read)] = seeds.not_under(NEW, after=None, limit=9, using="default")
    codes = Authenticator.objects.get(pk=pk)
    Authenticator.objects.filter(pk=pk).update(data=codes.data | {"used_mask": 7})

    assert seeds.swap(pk, read, seeds.encrypt_again(pk, read), "default")

    assert Authenticator.objects.get(pk=pk).data["used_mask"] == 7


@pytest.mark.usefixtures("stored")
def test_what_cannot_be_read_is_counted_named_and_left_alone(ring: Settings) -> None:
    owner, other = TikTokApp.objects.get(), TikTokAppFactory.create()
    ring.FIELD_ENCRYPTION_KEYS = only(OLD)
    moved = seal(TikTokApp, owner.pk, "client_secret", "app-secret")
    TikTokApp.objects.filter(pk=other.pk).update(client_secret=moved)
    ring.FIELD_ENCRYPTION_KEYS = {"k9": b"9" * 32}
    TikTokCredential.objects.update(refresh_token=seal(TikTokCredential, other.pk, "refresh_token", "lost"))
    ring.FIELD_ENCRYPTION_KEYS = only(NEW, OLD)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tiktok_initreceipt SET upload_url = 'neither key nor colon'")

    with pytest.raises(CommandError) as raised:
        rotate_keys()

    assert raised.value.returncode == 1
    said = str(raised.value)
    assert said.startswith(
        "Values that could not be read and were not changed: 3 (tiktok_initreceipt.upload_url: 1, "
        "tiktok_tiktokapp.client_secret: 1, tiktok_tiktokcredential.refresh_token: 1)"
    )
    assert moved.text not in said
    left = stored_key_ids()
    assert left["tiktok_initreceipt.upload_url"] == {"": 1}
    assert left["tiktok_tiktokapp.client_secret"] == {OLD: 1, NEW: 1}
    assert left["tiktok_tiktokcredential.refresh_token"] == {"k9": 1}
    assert left["tiktok_submission.upload_url"] == {NEW: 1}
    assert (other.pk, moved.text) in column("tiktok_tiktokapp.client_secret").not_under(
        NEW, after=None, limit=9, using="default"
    )


@pytest.mark.usefixtures("stored")
def test_concurrent_writes_with_the_old_key_are_reported(ring: Settings) -> None:
    tokens = "tiktok_tiktokcredential.access_token"

    def write_with_the_old_key(execute: Any, sql: str, *arguments: Any) -> Any:
        if sql.startswith('UPDATE "tiktok_tiktokcredential" SET "refresh_token"'):
            ring.FIELD_ENCRYPTION_KEYS = only(OLD, NEW)
            pk = TikTokCredential.objects.get().pk
            TikTokCredential.objects.update(access_token=seal(TikTokCredential, pk, "access_token", "act.late"))
            ring.FIELD_ENCRYPTION_KEYS = only(NEW, OLD)
        return execute(sql, *arguments)

    with connection.execute_wrapper(write_with_the_old_key), pytest.raises(CommandError) as raised:
        rotate_keys()

    assert raised.value.returncode == 2
    assert f"written with an older key during the run ({tokens}: 1)" in str(raised.value)
    assert "Nothing stored needs k1 now." in rotate_keys()
