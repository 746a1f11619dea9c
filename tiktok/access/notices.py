"""Notices about accounts: a permission that ends soon, has ended, or has become less; a connect link used.

Each is written in the transaction of what it tells, once, to every instance that linked the TikTok user, and settled
when nobody has to do anything about it any more. ``tiktok.accounts.notices`` says them in words.
"""

from collections.abc import Collection
from typing import Final

from instances.models import Notice, NoticeKind
from instances.notices.write import settle_notices, write_notice
from tiktok.models import TikTokAccount

KINDS: Final = frozenset({NoticeKind.ENDED, NoticeKind.ENDING, NoticeKind.SCOPES, NoticeKind.LINKED})


def tell(account: TikTokAccount, kind: NoticeKind, **codes: str) -> None:
    """Tell the instance, in place of what was told of this kind before; its scope is open."""
    settle(account, kind)
    write_notice(
        account.instance_id, kind=kind, subject_id=account.pk, maker_id=account.linked_by_id, parts=dict(codes)
    )


def correct(account: TikTokAccount, kind: NoticeKind, **codes: str) -> None:
    """More is known about what was told: its words change, and nobody is told again."""
    Notice.objects.filter(subject_id=account.pk, kind=kind, settled_at=None).update(parts=dict(codes))


def settle(account: TikTokAccount, *kinds: NoticeKind) -> None:
    """Nobody has to do anything about these any more; without ``kinds`` about any."""
    settle_notices(account.pk, kinds or KINDS)


def tell_scopes(account: TikTokAccount, before: Collection[str], after: Collection[str]) -> None:
    """Say what is not allowed any more, with what was lost earlier; settle what is allowed again."""
    told = {
        scope
        for notice in Notice.objects.filter(subject_id=account.pk, kind=NoticeKind.SCOPES, settled_at=None)
        for scope in notice.parts["scopes"].split(",")
    }
    missing = (told | set(before)) - set(after)
    if missing == told:
        return
    settle(account, NoticeKind.SCOPES)
    if missing:
        tell(account, NoticeKind.SCOPES, scopes=",".join(sorted(missing)))
