"""Encryption under the deployment's key ring: ``FIELD_ENCRYPTION_KEYS``, the first key writes, all read.

A value is ``key id:Fernet token``. django_cryptography's ``Fernet`` is used and not ``FernetBytes``, which signs
with SECRET_KEY: changing that must not make stored secrets unreadable.
"""

import base64
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature
from django_cryptography.utils.crypto import Fernet, InvalidToken


class Undecryptable(Exception):
    """The stored value cannot be read: its key is gone, or it was moved to another row or damaged."""


def _fernet(key: bytes) -> Any:
    return Fernet(base64.urlsafe_b64encode(key))


def encrypt(plain: str) -> str:
    """Encrypt with the newest key."""
    key_id, key = next(iter(settings.FIELD_ENCRYPTION_KEYS.items()))
    return f"{key_id}:{_fernet(key).encrypt(plain.encode()).decode('ascii')}"


def decrypt(text: str) -> str:
    """Decrypt with the key that encrypted it. Raises Undecryptable."""
    key_id, _, token = text.partition(":")
    if (key := settings.FIELD_ENCRYPTION_KEYS.get(key_id)) is None:
        raise Undecryptable(f"no key with id {key_id[:20]!r} in FIELD_ENCRYPTION_KEYS")
    try:
        return str(_fernet(key).decrypt(token.encode("ascii")).decode())
    except (InvalidToken, BadSignature, ValueError) as error:
        raise Undecryptable(f"a value of key {key_id!r} does not decrypt") from error


def newest_key_id() -> str:
    """Return the id of the key that encrypts."""
    return next(iter(settings.FIELD_ENCRYPTION_KEYS))
