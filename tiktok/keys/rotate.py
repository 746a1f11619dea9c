"""Re-encrypt every secret with the newest key, batch by batch, while everything else keeps running."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from accounts import key_ring
from accounts.encrypted import EncryptedColumn
from accounts.key_ring import Undecryptable
from instances.scoping import unscoped
from tiktok.keys.columns import present_columns

BATCH: Final = 200
# How often values are read again that another process wrote first; with the ring in place more is not needed.
PASSES: Final = 5


@dataclass(slots=True)
class Rotation:
    """The result for one column.

    ``overtaken``: how often another process wrote a value first, which then stays; ``left``: values that may still be
    under an older key, since that happened every time.
    """

    column: str
    renewed: int = 0
    unreadable: int = 0
    overtaken: int = 0
    left: int = 0


def rotate(using: str, *, is_rehearsal: bool = False) -> Iterator[Rotation]:
    """Re-encrypt the values of older keys, column by column.

    Each value is replaced only if unchanged, so concurrent writes win, and a killed run has lost nothing: the next one
    continues with the rest. Values that cannot be read stay as they are. ``is_rehearsal``: read everything, write
    nothing.
    """
    for column in present_columns(using):
        with unscoped(reason="secrets of all instances are encrypted anew"):
            done = _rotate_column(column, using, is_rehearsal=is_rehearsal)
        yield done


def _rotate_column(column: EncryptedColumn, using: str, *, is_rehearsal: bool) -> Rotation:
    done = Rotation(column.name)
    for _ in range(1 if is_rehearsal else PASSES):
        done.unreadable = done.left = 0
        for pk, text in _older(column, using):
            _renew(column, pk, text, using, done, is_rehearsal=is_rehearsal)
        if not done.left:
            break
    return done


def _older(column: EncryptedColumn, using: str) -> Iterator[tuple[Any, str]]:
    newest, last = key_ring.newest_key_id(), None
    while batch := column.not_under(newest, after=last, limit=BATCH, using=using):
        yield from batch
        last = batch[-1][0]


def _renew(column: EncryptedColumn, pk: Any, text: str, using: str, done: Rotation, *, is_rehearsal: bool) -> None:
    try:
        new = column.encrypt_again(pk, text)
    except Undecryptable:
        done.unreadable += 1
        return
    if is_rehearsal or column.swap(pk, text, new, using):
        done.renewed += 1
    else:
        done.overtaken += 1
        done.left += 1
