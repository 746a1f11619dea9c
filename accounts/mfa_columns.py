"""The two-factor secrets that accounts.mfa encrypts, among allauth's rows."""

from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models.fields.json import KeyTextTransform

from accounts import key_ring
from accounts.encrypted import EncryptedColumn


class TwoFactorColumn(EncryptedColumn):
    """A key of an authenticator's JSON, which also holds what is not secret."""

    def __init__(self, key: str) -> None:
        super().__init__(Authenticator, column="data", key=key, text=KeyTextTransform(key, "data"))
        self._key: Final = key

    def encrypt_again(self, pk: Any, text: str) -> str:
        """Two-factor secrets are not bound to their row."""
        return key_ring.encrypt(key_ring.decrypt(text))

    def swap(self, pk: Any, old: str, new: str, using: str) -> bool:
        """Under the row's lock, since recovery codes are used up in the same JSON."""
        with transaction.atomic(using=using):
            row = Authenticator.objects.using(using).select_for_update().filter(pk=pk).first()
            if row is None or row.data.get(self._key) != old:
                return False
            row.data[self._key] = new
            row.save(using=using, update_fields=["data"])
        return True


def two_factor_columns() -> list[EncryptedColumn]:
    """Return the columns of authenticator keys and of recovery code seeds."""
    return [TwoFactorColumn("secret"), TwoFactorColumn("seed")]
