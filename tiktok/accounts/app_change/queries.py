"""Which accounts of an instance are the same TikTok user's through two apps.

TikTok gives a user another ``open_id`` in each app. ``union_id`` is the same in all apps of one developer; where it is
missing or differs, the same name at TikTok makes it probable and no more.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, Self
from uuid import UUID

from tiktok.accounts.notices import waiting_posts
from tiktok.accounts.queries import accounts
from tiktok.developer_apps.choice import label_apps
from tiktok.models import AccountStatus, AppEnvironment, TikTokAccount

MOST_SHOWN: Final = 10  # at once; the next ones follow when these are answered
COLUMNS: Final = (
    "pk", "linked_at", "status", "username", "display_name", "kept_apart",
    "credential__union_id", "credential__app_id", "credential__app__environment",
)  # fmt: skip


class Profile(NamedTuple):
    """An account as far as it is compared; in the order of ``COLUMNS``."""

    pk: UUID
    linked_at: datetime
    status: str
    username: str
    display_name: str
    kept_apart: list[str]
    union_id: str
    app_id: UUID
    environment: str

    @classmethod
    def of(cls, account: TikTokAccount) -> Self:
        """Read from a row with its credential and app."""
        credential = account.credential
        return cls(
            account.pk, account.linked_at, account.status, account.username, account.display_name, account.kept_apart,
            credential.union_id, credential.app_id, credential.app.environment,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """Shall ``old`` move to the link of ``new``? ``waiting``: how many posts of ``old`` are planned or wait."""

    old: TikTokAccount
    new: TikTokAccount
    is_certain: bool
    waiting: int
    old_app: str
    new_app: str


def certainty(old: Profile, new: Profile) -> bool | None:
    """Return whether both are surely the same TikTok user's, or only probably; None if there is no question.

    The later link must work, the earlier one not be on its way out. Nothing moves from production to a sandbox.
    """
    is_step_back = new.environment == AppEnvironment.SANDBOX != old.environment
    is_later = (old.linked_at, old.pk) < (new.linked_at, new.pk)
    is_ready = new.status == AccountStatus.ACTIVE and old.status != AccountStatus.DISCONNECTING
    is_answered = str(old.pk) in new.kept_apart or str(new.pk) in old.kept_apart
    if old.app_id == new.app_id or is_step_back or not is_later or not is_ready or is_answered:
        return None
    if old.union_id and old.union_id == new.union_id:
        return True
    return False if _has_same_name(old, new) else None


def _has_same_name(one: Profile, other: Profile) -> bool:
    """Compare usernames; display names only where TikTok does not tell both usernames."""
    if one.username and other.username:
        return one.username.casefold() == other.username.casefold()
    return bool(one.display_name) and one.display_name == other.display_name


def open_questions(new_id: UUID | None = None) -> list[Question]:
    """Return what the open instance's managers have not answered yet, the earliest link first; of one new link or all.

    One statement; two more where there is something to ask.
    """
    every = [Profile(*row) for row in TikTokAccount.objects.order_by("linked_at", "pk").values_list(*COLUMNS)]
    asked = [pair for pair in _pairs(every) if new_id in (None, pair[1])][:MOST_SHOWN]
    if not asked:
        return []
    wanted = {pk for old_id, found_id, _ in asked for pk in (old_id, found_id)}
    rows = {row.pk: row for row in accounts().filter(pk__in=wanted).annotate(waiting=waiting_posts())}
    return [_question(rows[old_id], rows[found_id], is_certain) for old_id, found_id, is_certain in asked]


def _pairs(every: Sequence[Profile]) -> Iterator[tuple[UUID, UUID, bool]]:
    """Yield each new link once, with the link that it most likely continues."""
    earlier: defaultdict[tuple[str, str], list[Profile]] = defaultdict(list)
    for new in every:
        near = {old.pk: old for mark in _marks(new) for old in earlier[mark]}
        found = [(old, is_certain) for old in near.values() if (is_certain := certainty(old, new)) is not None]
        if found:
            old, is_certain = max(found, key=lambda pair: (pair[1], pair[0].linked_at))
            yield old.pk, new.pk, is_certain
        for mark in _marks(new):
            earlier[mark].append(new)


def _marks(profile: Profile) -> Iterable[tuple[str, str]]:
    """Yield what the same TikTok user's accounts may have in common."""
    known = {
        "union_id": profile.union_id, "username": profile.username.casefold(), "display_name": profile.display_name,
    }  # fmt: skip
    return ((name, value) for name, value in known.items() if value)


def _question(old: TikTokAccount, new: TikTokAccount, is_certain: bool) -> Question:
    labels = label_apps([old.credential.app, new.credential.app])
    waiting: int = old.waiting  # type: ignore[attr-defined]
    return Question(old, new, is_certain, waiting, labels[old.credential.app_id], labels[new.credential.app_id])
