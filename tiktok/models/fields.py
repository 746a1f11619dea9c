"""Text that is never stored unencrypted.

Values are encrypted under the deployment's key ring (accounts.key_ring). The plaintext begins with ``table.column:pk``,
which reading checks, so a value copied to another row does not decrypt.
"""

from typing import Any, Final, overload
from uuid import UUID

from django.db import models

from accounts import key_ring
from accounts.key_ring import Undecryptable
from tiktok.api.secret import Secret

__all__ = ["EncryptedTextField", "Sealed", "Undecryptable", "seal", "unseal"]


class Sealed:
    """Ciphertext as it is stored in the database."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text: Final = text

    def __repr__(self) -> str:
        return f"Sealed({self.key_id}:…)"

    @property
    def key_id(self) -> str:
        """Return the id of the key that wrote it."""
        return self.text.partition(":")[0]


def _binding(model: type[models.Model], pk: UUID, field: str) -> str:
    return f"{model._meta.db_table}.{model._meta.get_field(field).column}:{pk}\n"  # type: ignore[union-attr]


def seal(model: type[models.Model], pk: UUID, field: str, text: str | Secret) -> Sealed:
    """Encrypt ``text`` for exactly this row and column with the newest key."""
    plain = text.reveal() if isinstance(text, Secret) else text
    return Sealed(key_ring.encrypt(_binding(model, pk, field) + plain))


def unseal(model: type[models.Model], pk: UUID, field: str, sealed: Sealed) -> Secret:
    """Decrypt a value of this row and column. Raises Undecryptable."""
    plain = key_ring.decrypt(sealed.text)
    binding = _binding(model, pk, field)
    if not plain.startswith(binding):
        raise Undecryptable(f"{model.__name__}.{field} holds another row's value")
    return Secret(plain[len(binding) :])


class _SecretAttribute:
    """Attribute that returns a Secret, decrypted on access, and accepts only a Sealed or None."""

    def __init__(self, field: "EncryptedTextField") -> None:
        self.field = field

    @overload
    def __get__(self, row: None, owner: type[models.Model]) -> "_SecretAttribute": ...
    @overload
    def __get__(self, row: models.Model, owner: type[models.Model]) -> Secret | None: ...
    def __get__(self, row: models.Model | None, owner: type[models.Model]) -> Any:
        if row is None:
            return self
        sealed = self.field.sealed(row)
        return None if sealed is None else unseal(type(row), row.pk, self.field.name, sealed)

    def __set__(self, row: models.Model, value: Sealed | None) -> None:
        if value is not None and not isinstance(value, Sealed):
            raise TypeError(f"{self.field.name} takes seal(…), never bare text")
        row.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """A nullable encrypted text: Sealed in, Secret out. Excluded from dumpdata and from lookups but ``isnull``."""

    description = "Encrypted text"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"null": True, "editable": False, "serialize": False, "default": None}
        super().__init__(*args, **kwargs)

    def get_attname(self) -> str:
        """Give the ciphertext its own attribute, so that loading and refreshing a row decrypts nothing."""
        return f"{self.name}_sealed"

    def get_attname_column(self) -> tuple[str, str]:
        """Keep the field's name for the column."""
        return self.get_attname(), self.db_column or self.name

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        """Put the descriptor beside the ciphertext's attribute."""
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, name, _SecretAttribute(self))

    def sealed(self, row: models.Model) -> Sealed | None:
        """Return the ciphertext of a row without decrypting it; loads a deferred column."""
        value: Sealed | None = getattr(row, self.attname)
        return value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Save the ciphertext instead of what the attribute returns."""
        return self.sealed(model_instance)

    def value_from_object(self, obj: models.Model) -> Any:
        """Return the ciphertext, for code that copies rows."""
        return self.sealed(obj)

    def from_db_value(self, value: str | None, *_: Any) -> Sealed | None:
        """Keep the value encrypted: one bad row must not break a list."""
        return None if value is None else Sealed(value)

    def get_prep_value(self, value: Any) -> str | None:
        """Refuse unencrypted text in ``update()`` and filters."""
        if value is not None and not isinstance(value, Sealed):
            raise TypeError(f"{self.name} takes seal(…), never bare text")
        return None if value is None else value.text

    def to_python(self, value: Any) -> Any:
        return value
