"""Every secret under the newest key: batch by batch, while everything else goes on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from accounts import key_ring
from accounts.encrypted import EncryptedColumn
from accounts.key_ring import Undecryptable
from instances.scoping import unscoped
from tiktok.keys.columns import present_columns

BATCH: Final = 200
# Values that somebody else wrote meanwhile are looked at again so often; with the ring in place they need no more.
PASSES: Final = 5


@dataclass(slots=True)
class Rotation:
    """What became of one column.

    ``overtaken``: how often somebody else wrote a value first, which then stands; ``left``: values that may still be
    under an older key, since that happened every time.
    """

    column: str
    renewed: int = 0
    unreadable: int = 0
    overtaken: int = 0
    left: int = 0


def rotate(using: str, *, is_rehearsal: bool = False) -> Iterator[Rotation]:
    """Encrypt anew whatever an older key wrote, column by column.

    Each value is swapped for itself alone, so what is written meanwhile stays, and one killed on the way has lost
    nothing: the next run goes on with what is left. Values that cannot be read stay as they are.
    ``is_rehearsal``: read everything, write nothing.
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
        new = column.encrypt_anew(pk, text)
    except Undecryptable:
        done.unreadable += 1
        return
    if is_rehearsal or column.swap(pk, text, new, using):
        done.renewed += 1
    else:
        done.overtaken += 1
        done.left += 1
