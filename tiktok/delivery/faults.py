"""Decide what happens to a post that is not, or no longer, at TikTok after a fault of a call."""

import logging
import random
from typing import Any, Final

from tiktok.access import outages, quota
from tiktok.access.status import lose_scope
from tiktok.access.throttle import GATE_JITTER_S, RateHeld
from tiktok.access.tokens import ReconnectNeeded, RefreshUnderWay
from tiktok.api.errors import ErrorKind, InvalidClient, TikTokError
from tiktok.api.limits import RATE_WINDOW_S
from tiktok.delivery import tries
from tiktok.delivery.step import DONE, Pause, Step, backoff, seconds_until
from tiktok.developer_apps.prefix.services import note_ownership_refused
from tiktok.models import AttentionReason, OutageKind, PostState, TikTokApp, TikTokOutage
from tiktok.posts.creator import MISSING_SCOPE

log = logging.getLogger(__name__)

Fault = ReconnectNeeded | RefreshUnderWay | RateHeld | TikTokError
FAULTS: Final = (ReconnectNeeded, RefreshUnderWay, RateHeld, TikTokError)

# These pass by themselves: hold and try again. All other kinds end the post, or wait for a person.
PASSING: Final = frozenset({ErrorKind.NET, ErrorKind.UNCLEAR, ErrorKind.RATE, ErrorKind.SERVER, ErrorKind.QUOTA})
# Definite refusals that say nothing against the post; they do not count against the limit of inits.
UNCOUNTED: Final = frozenset({ErrorKind.NET, ErrorKind.RATE, ErrorKind.QUOTA, ErrorKind.AUTH, ErrorKind.SCOPE})
# TikTok is away, or has a fault of its own; nothing is wrong with the post.
OUTAGE: Final = frozenset({ErrorKind.NET, ErrorKind.UNCLEAR, ErrorKind.SERVER})
WAITING_RECHECK_S: Final = 300.0
REFRESH_RETRY_S: Final = 3.0
# Only the operator can fix these.
FOR_OPERATOR: Final = frozenset({"reached_active_user_cap"})
UNAUDITED: Final = "unaudited_client_can_only_post_to_private_accounts"
UNVERIFIED_PREFIX: Final = "url_ownership_unverified"
OPTIONS_MISMATCH: Final = "privacy_level_option_mismatch"
FIELD_OF: Final = {
    OPTIONS_MISMATCH: "privacy_level",
    UNAUDITED: "privacy_level",
    "spam_risk_text": "caption",
    "file_format_check_failed": "media",
    "duration_check_failed": "media",
    "frame_rate_check_failed": "media",
    "picture_size_check_failed": "media",
    "invalid_file_upload": "media",
}


def is_passing(fault: Fault) -> bool:
    """Return whether waiting may help; also for a client secret that was changed at TikTok and not here yet."""
    if isinstance(fault, TikTokError):
        return fault.kind in PASSING or isinstance(fault, InvalidClient)
    return not isinstance(fault, ReconnectNeeded)


def needs_account(fault: Fault) -> bool:
    """Return whether only the TikTok user's consent helps."""
    if isinstance(fault, TikTokError):
        return fault.kind in (ErrorKind.AUTH, ErrorKind.SCOPE)
    return isinstance(fault, ReconnectNeeded)


def counts(fault: Fault) -> bool:
    """Return whether an init that ended with this fault counts as unanswered."""
    return isinstance(fault, TikTokError) and fault.was_sent and fault.kind not in UNCOUNTED


def told_of_init(fault: Fault) -> dict[str, Any]:
    """Return what the move back to due records of the fault: in the submission, and in the history."""
    uncounted = {} if counts(fault) else {"counts_as_unanswered": False}
    detail = refusal(fault.code, fault.log_id) if isinstance(fault, TikTokError) else None
    return {"submission": uncounted, "detail": detail}


def hold_for(step: Step, fault: Fault) -> Pause:
    """Hold the post as long as a passing fault asks for, and record why."""
    _learn(step, fault)
    if isinstance(fault, RateHeld):
        return step.hold("rate", seconds_until(fault.until), is_trouble=False)
    if isinstance(fault, RefreshUnderWay):
        return step.hold("refresh", REFRESH_RETRY_S)
    if isinstance(fault, ReconnectNeeded):
        return step.hold("reconnect_needed", WAITING_RECHECK_S)
    if fault.kind == ErrorKind.QUOTA:
        return _hold_for_quota(step, fault.code, fault.log_id)
    if fault.kind in OUTAGE and step.post.state == PostState.DUE:
        pause = min(backoff(step.post.hold_count), tries.latest_s(step.left_s()))
        return step.hold(fault.code, pause, log_id=fault.log_id, outage=_note_outage(step, fault))
    return step.hold(fault.code, _seconds(fault, step.post.hold_count), log_id=fault.log_id)


def hold_after_init(step: Step, fault: Fault) -> Pause:
    """Hold the post after an unanswered init; the few that are allowed are spread over the time left."""
    if not isinstance(fault, TikTokError) or not counts(fault):
        return hold_for(step, fault)
    outage, made = _note_outage(step, fault), tries.tries_of(step.post)
    if made.are_used_up:
        return give_up(step, fault.code, log_id=fault.log_id, outage=outage)
    pause = tries.pause_after_unanswered(made, left_s=step.left_s())
    return step.hold(fault.code, pause, log_id=fault.log_id, outage=outage)


def _note_outage(step: Step, fault: TikTokError) -> TikTokOutage:
    app_id = step.credential.app_id
    return outages.note_fault(app_id, OutageKind.INIT, code=fault.code, log_id=fault.log_id)


def _learn(step: Step, fault: Fault) -> None:
    """Record what a fault says beyond this post: a lost scope, or a line for the operator's log, once per hold."""
    if not isinstance(fault, TikTokError):
        return
    credential = step.credential
    if fault.kind == ErrorKind.SCOPE:  # each time: tokens may have been renewed since the step began
        lose_scope(credential.pk, step.post.way.scope, seen_version=credential.version)
    if step.post.hold_reason == fault.code:
        return
    app = credential.app
    if fault.code == UNVERIFIED_PREFIX and not note_ownership_refused(app):
        return
    believed_audited = fault.code == UNAUDITED and app.is_audited
    if fault.kind == ErrorKind.OPERATOR or fault.code in FOR_OPERATOR or believed_audited:
        log.error("the operator is needed: TikTok answered %s to post %s of app %s", fault, step.post.pk, app.pk)


def _hold_for_quota(step: Step, code: str, log_id: str) -> Pause:
    """Hold all posts that TikTok's cap over 24 hours concerns, and show when this one tries again."""
    held = quota.record_hold(step.credential, code)
    return step.hold(code, seconds_until(held.until), log_id=log_id, is_trouble=False)


def _seconds(error: TikTokError, count: int) -> float:
    if error.kind == ErrorKind.RATE:
        after_gate = GATE_JITTER_S + random.uniform(1, 10)  # noqa: S311 - jitter
        return max(error.hold_s or 0, RATE_WINDOW_S) + after_gate
    return max(float(error.hold_s or 0), backoff(count))


def end_for(step: Step, fault: Fault, *, closes: str = "") -> Pause:
    """End or stop the post after a fault that waiting does not cure; ``closes`` its submission, if one is open."""
    if isinstance(fault, ReconnectNeeded):
        code = fault.reason if fault.reason == "scope_missing" else "reconnect_needed"
        return wait_for_account(step, code, closes=closes)
    if not isinstance(fault, TikTokError):
        raise TypeError(f"{type(fault).__name__} passes by itself")
    _learn(step, fault)
    if fault.kind in (ErrorKind.AUTH, ErrorKind.SCOPE):
        code = MISSING_SCOPE[step.post.way.scope] if fault.kind == ErrorKind.SCOPE else "reconnect_needed"
        return wait_for_account(step, code, closes=closes, tiktok_code=fault.code, log_id=fault.log_id)
    if fault.code == OPTIONS_MISMATCH:
        return step.need_attention(
            AttentionReason.OPTIONS_CHANGED, error_field="privacy_level", tiktok_code=fault.code, log_id=fault.log_id
        )
    if fault.code == UNAUDITED:
        TikTokApp.objects.filter(pk=step.credential.app_id, is_audited=None).update(is_audited=False)
    fail(step, fault.code, log_id=fault.log_id, closes=closes)
    return DONE


def wait_for_account(step: Step, code: str, *, closes: str = "", tiktok_code: str = "", log_id: str = "") -> Pause:
    """Wait until a person reconnects the account; checked now and then."""
    said: dict[str, Any] = {"error_code": code, "tiktok_code": tiktok_code, "log_id": log_id, "outage_id": None}
    step.move(PostState.WAITING_ACCOUNT, closes=closes, **said)
    return WAITING_RECHECK_S


def give_up(step: Step, code: str, *, log_id: str, outage: TikTokOutage | None = None) -> Pause:
    """Fail the post since no further init is allowed, with the code and the id of TikTok's last answer."""
    outage_id = outage.pk if outage else step.post.outage_id
    fail(step, "init_limit", tiktok_code=code, log_id=log_id, outage_id=outage_id)
    return DONE


def fail(step: Step, code: str, *, tiktok_code: str = "", log_id: str = "", closes: str = "", **changes: Any) -> None:
    """Fail the post for good; it is certainly not published."""
    step.move(
        PostState.FAILED,
        closes=closes,
        error_code=code,
        error_field=FIELD_OF.get(code, ""),
        tiktok_code=tiktok_code or code,
        log_id=log_id,
        detail=refusal(tiktok_code or code, log_id),
        **changes,
    )


def refusal(code: str, log_id: str) -> dict[str, str]:
    """Return a refusal for the history: TikTok's code, and the id that its support asks for."""
    return {"code": code, "log_id": log_id} if log_id else {"code": code}
