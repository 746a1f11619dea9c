"""A key ring with the key of all fixtures behind a newer one, and a row in every encrypted column."""

import base64
import secrets
from collections.abc import Iterable, Mapping
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as django_settings
from django.core.management import call_command
from pytest_django import Settings

from accounts.mfa import EncryptingMFAAdapter
from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.models import InitReceipt, Submission, TikTokApp
from tiktok.models.fields import seal
from tiktok.tests.factories import make_account, make_media, make_post, make_submission

OLD = next(iter(django_settings.FIELD_ENCRYPTION_KEYS))
NEW = "k2"
RING: dict[str, bytes] = {NEW: bytes(range(32)), **django_settings.FIELD_ENCRYPTION_KEYS}
COLUMNS = [
    "mfa_authenticator.data.secret",
    "mfa_authenticator.data.seed",
    "tiktok_initreceipt.upload_url",
    "tiktok_submission.upload_url",
    "tiktok_tiktokapp.client_secret",
    "tiktok_tiktokapp.old_client_secret",
    "tiktok_tiktokcredential.access_token",
    "tiktok_tiktokcredential.refresh_token",
]
URL = "https://upload.tiktokapis.com/video/?token=sealed"
TOTP_SECRET = base64.b32encode(secrets.token_bytes(20)).decode()


def ring_text(keys: Mapping[str, bytes]) -> str:
    """As FIELD_ENCRYPTION_KEYS says it."""
    return ",".join(f"{key_id}:{base64.urlsafe_b64encode(key).decode()}" for key_id, key in keys.items())


def only(*key_ids: str) -> dict[str, bytes]:
    """A ring of these keys, in this order."""
    return {key_id: RING[key_id] for key_id in key_ids}


def rotate_keys(*arguments: str) -> str:
    """Return the command's output."""
    said = StringIO()
    call_command("rotate_keys", *arguments, stdout=said)
    return said.getvalue()


def each(rows: Mapping[str, int], columns: Iterable[str] = COLUMNS) -> dict[str, Mapping[str, int]]:
    """The same count for all of them."""
    return dict.fromkeys(columns, rows)


@pytest.fixture
def ring(settings: Settings) -> Settings:
    """The new key writes, the old one reads; set ``FIELD_ENCRYPTION_KEYS`` to lose one."""
    settings.FIELD_ENCRYPTION_KEYS = RING
    return settings


@pytest.fixture
def stored(instance: Instance, editor: User) -> Submission:
    """One value in each encrypted column, under the old key."""
    adapter = EncryptingMFAAdapter()
    Authenticator.objects.create(user=editor, type="totp", data={"secret": adapter.encrypt(TOTP_SECRET)})
    codes = {"seed": adapter.encrypt("seed"), "used_mask": 5}
    Authenticator.objects.create(user=editor, type="recovery_codes", data=codes)
    with instance_scope(instance):
        submission = make_submission(make_post(make_account(instance), make_media(instance)))
        Submission.objects.update(upload_url=seal(Submission, submission.pk, "upload_url", URL))
    app = submission.app
    InitReceipt.objects.create(
        submission=submission, app=app, publish_id=submission.publish_id,
        upload_url=seal(InitReceipt, submission.pk, "upload_url", URL),  # type: ignore[misc]
    )  # fmt: skip
    TikTokApp.objects.update(old_client_secret=seal(TikTokApp, app.pk, "old_client_secret", "before"))
    return submission
