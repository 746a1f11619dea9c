"""All encrypted columns of all tables, found through the models."""

from collections.abc import Mapping
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models import F

from accounts.encrypted import EncryptedColumn
from accounts.key_ring import Undecryptable
from accounts.mfa_columns import two_factor_columns
from instances.scoping import unscoped
from tiktok.models.fields import EncryptedTextField, Sealed, seal, unseal

# One value may be damaged; this many of a column are not.
SAMPLE: Final = 3


class FieldColumn(EncryptedColumn):
    """The column of an EncryptedTextField, whose values are bound to their row."""

    def __init__(self, model: type[models.Model], field: EncryptedTextField) -> None:
        super().__init__(model, column=field.get_attname_column()[1], text=F(field.name))
        self._field: Final = field.name

    def encrypt_again(self, pk: Any, text: str) -> str:
        """Encrypt a value with the newest key. Raises Undecryptable, also for another row's value."""
        return seal(self.model, pk, self._field, unseal(self.model, pk, self._field, Sealed(text))).text

    def swap(self, pk: Any, old: str, new: str, using: str) -> bool:
        """Replace the value in one statement: a refresh at the same moment is either seen or comes after, and wins."""
        same = self.model._default_manager.using(using).filter(**{"pk": pk, self._field: Sealed(old)})
        return bool(same.update(**{self._field: Sealed(new)}))


def encrypted_columns() -> list[EncryptedColumn]:
    """Return all columns by name. Those of content need an open scope, or none."""
    ours = [
        FieldColumn(model, field)
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, EncryptedTextField)
    ]
    return sorted([*ours, *two_factor_columns()], key=lambda column: column.name)


def present_columns(using: str) -> list[EncryptedColumn]:
    """Return the columns that this database has; some are missing before its migrations have run."""
    connection = connections[using]
    found = encrypted_columns()
    with connection.cursor() as cursor:
        tables = {column.model._meta.db_table for column in found} & set(connection.introspection.table_names(cursor))
        names = {
            (table, info.name)
            for table in tables
            for info in connection.introspection.get_table_description(cursor, table)
        }
    return [column for column in found if (column.model._meta.db_table, column.column) in names]


def stored_key_ids(using: str = DEFAULT_DB_ALIAS) -> dict[str, dict[str, int]]:
    """Return the number of rows per key id, by table.column, counted in SQL: nothing is decrypted.

    A column that the database does not have yet is omitted; one without values has an empty count.
    """
    with unscoped(reason="secrets are counted per key over all instances"):
        return {column.name: column.rows_per_key(using) for column in present_columns(using)}


def wrong_keys(stored: Mapping[str, Mapping[str, int]], using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Return ids of the ring under which values are stored, if none of a few that were tried can be read."""
    with unscoped(reason="whether a key of the ring reads what bears its id"):
        columns = present_columns(using)
        used = {key_id for rows in stored.values() for key_id in rows} & settings.FIELD_ENCRYPTION_KEYS.keys()
        return [key_id for key_id in sorted(used) if not any(_reads(column, key_id, using) for column in columns)]


def _reads(column: EncryptedColumn, key_id: str, using: str) -> bool:
    for pk, text in column.some_under(key_id, limit=SAMPLE, using=using):
        try:
            column.encrypt_again(pk, text)
        except Undecryptable:
            continue
        return True
    return False


def missing_keys(stored: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Return the rows per table.column, by key id, that cannot be read without their key."""
    missing: dict[str, dict[str, int]] = {}
    for column, rows in stored.items():
        for key_id in rows.keys() - settings.FIELD_ENCRYPTION_KEYS.keys():
            missing.setdefault(key_id, {})[column] = rows[key_id]
    return missing
