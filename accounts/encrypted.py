"""The columns that hold ciphertext of the key ring: counted per key by the database, encrypted again one by one."""

from abc import ABC, abstractmethod
from typing import Any, Final

from django.db import models
from django.db.models import Count, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Greatest, StrIndex, Substr


class EncryptedColumn(ABC):
    """A column, or a key of a JSON column, that holds ciphertext. ``name`` is table.column."""

    def __init__(self, model: type[models.Model], *, column: str, key: str = "", text: Combinable) -> None:
        self.model: Final = model
        self.column: Final = column
        self._text: Final = text
        self.name: Final = ".".join(filter(None, [model._meta.db_table, column, key]))

    def rows_per_key(self, using: str) -> dict[str, int]:
        """Rows per key id, without reading one; "" counts values that name no key."""
        counted = self._values(using).values("sealed_by").annotate(rows=Count("pk")).order_by("sealed_by")
        return dict(counted.values_list("sealed_by", "rows"))

    def not_under(self, key_id: str, *, after: Any, limit: int, using: str) -> list[tuple[Any, str]]:
        """Return the next rows, by primary key, that another key encrypted: (primary key, ciphertext)."""
        rows = self._values(using).exclude(sealed_by=key_id).order_by("pk")
        later = rows if after is None else rows.filter(pk__gt=after)
        return list(later.values_list("pk", "sealed_text")[:limit])

    def some_under(self, key_id: str, *, limit: int, using: str) -> list[tuple[Any, str]]:
        """Return a few rows that this key encrypted: (primary key, ciphertext)."""
        rows = self._values(using).filter(sealed_by=key_id).order_by("pk")
        return list(rows.values_list("pk", "sealed_text")[:limit])

    def _values(self, using: str) -> "models.QuerySet[Any]":
        # Substr counts from one; a value without a colon gives the empty text.
        length = Greatest(StrIndex("sealed_text", Value(":")) - 1, 0)
        rows = self.model._default_manager.using(using).annotate(sealed_text=Cast(self._text, TextField()))
        found = rows.filter(sealed_text__isnull=False)
        keyed: models.QuerySet[Any] = found.annotate(sealed_by=Substr("sealed_text", 1, length))
        return keyed

    @abstractmethod
    def encrypt_again(self, pk: Any, text: str) -> str:
        """The same secret under the newest key. Raises Undecryptable."""

    @abstractmethod
    def swap(self, pk: Any, old: str, new: str, using: str) -> bool:
        """Replace ``old`` by ``new``; return False if the value has changed since it was read."""
