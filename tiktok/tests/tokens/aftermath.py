"""The state after processes died in the middle of refreshes, and its report."""

import hashlib
from collections import Counter
from uuid import UUID

from instances.scoping import unscoped
from tiktok.api.secret import Secret
from tiktok.models import AccountStatus, TikTokAccount, TikTokCredential
from tiktok.tests.chaos import report
from tiktok.tests.simulator_process import Pair, Simulator
from tiktok.tests.tokens.verdict import Fate, Moment
from tiktok.tests.tokens.world import SEES_ALL


def verdict(moments: dict[UUID, Moment], too_late: int, simulator: Simulator) -> bool:
    """Print what became of every account; whether it was clean."""
    fates = _fates(moments, simulator)
    for moment in Moment:
        hit = [fate for fate in fates if fate.moment == moment]
        stale = sum(fate.is_stale for fate in hit)
        report.say(f"  killed {moment:24}{len(hit):5}, of these between TikTok's answer and our commit {stale:4}")
    others = [fate for fate in fates if not fate.is_stale]
    report.say(f"  the refresh had ended before the blow came: {too_late}")
    report.say(f"  killed between TikTok's answer and our commit: {len(fates) - len(others)}, these say reconnect")
    report.say(f"  all others are active: {sum(fate.is_active for fate in others)} of {len(others)}")
    report.say(f"  foreign or half pairs: {sum(not fate.is_whole for fate in fates)}")
    faults = Counter(fault for fate in fates for fault in fate.faults())
    named = ", ".join(f"{fault}: {count}" for fault, count in faults.items())
    report.say(f"NOT CLEAN: {named}" if faults else "clean")
    return not faults


def _fates(moments: dict[UUID, Moment], simulator: Simulator) -> list[Fate]:
    pairs = {pair.refresh: pair for pair in simulator.pairs()}
    with unscoped(reason=SEES_ALL):
        active = set(TikTokAccount.objects.filter(status=AccountStatus.ACTIVE).values_list("credential_id", flat=True))
    return [
        _fate(row, moments.get(row.pk), row.pk in active, pairs.get(_sha256(row.refresh_token)))
        for row in TikTokCredential.objects.all()
    ]


def _fate(row: TikTokCredential, moment: Moment | None, is_active: bool, pair: Pair | None) -> Fate:
    is_whole = pair is not None and (pair.open_id, pair.access) == (row.open_id, _sha256(row.access_token))
    is_stale = pair is not None and pair.used_at is not None
    return Fate(moment, is_active=is_active, is_stale=is_stale, is_whole=is_whole)


def _sha256(token: object) -> str:
    return hashlib.sha256(token.reveal().encode()).hexdigest() if isinstance(token, Secret) else ""
