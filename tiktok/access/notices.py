"""Notifications about accounts: an authorization expires, has ended or was reduced; a connect link was used.

Each is written once, in the transaction of its cause, to every instance that linked the TikTok user, and resolved when
nothing has to be done about it. ``tiktok.accounts.notices`` has the texts.
"""

from collections.abc import Collection
from typing import Final

from instances.models import Notice, NoticeKind
from instances.notices.write import resolve_notices, write_notice
from tiktok.models import TikTokAccount

KINDS: Final = frozenset({NoticeKind.ENDED, NoticeKind.ENDING, NoticeKind.SCOPES, NoticeKind.LINKED})


def notify(account: TikTokAccount, kind: NoticeKind, **codes: str) -> None:
    """Notify the instance, replacing its notification of this kind; its scope is open."""
    resolve(account, kind)
    write_notice(
        account.instance_id, kind=kind, subject_id=account.pk, maker_id=account.linked_by_id, parts=dict(codes)
    )


def correct(account: TikTokAccount, kind: NoticeKind, **codes: str) -> None:
    """Update the codes of a notification that was written, without notifying again."""
    Notice.objects.filter(subject_id=account.pk, kind=kind, resolved_at=None).update(parts=dict(codes))


def resolve(account: TikTokAccount, *kinds: NoticeKind) -> None:
    """Resolve notifications of these kinds; without ``kinds`` of any kind."""
    resolve_notices(account.pk, kinds or KINDS)


def notify_scopes(account: TikTokAccount, before: Collection[str], after: Collection[str]) -> None:
    """Notify about scopes that were lost, together with earlier losses; resolve those that are granted again."""
    told = {
        scope
        for notice in Notice.objects.filter(subject_id=account.pk, kind=NoticeKind.SCOPES, resolved_at=None)
        for scope in notice.parts["scopes"].split(",")
    }
    missing = (told | set(before)) - set(after)
    if missing == told:
        return
    resolve(account, NoticeKind.SCOPES)
    if missing:
        notify(account, NoticeKind.SCOPES, scopes=",".join(sorted(missing)))
