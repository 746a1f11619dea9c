"""From a request's JSON to what the services take; every fault becomes a problem that names the field."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from core.jobs.waiting import release_connection
from core.web.problems import ApiProblem, invalid
from core.web.refusals import FieldError, UserRefusal
from tiktok.access.problems import disconnected_problem, rate_problem, refresh_problem, unavailable_problem
from tiktok.access.throttle import RateHeld
from tiktok.access.tokens import RefreshUnderWay
from tiktok.api.errors import ErrorKind, RateLimited, TikTokError
from tiktok.models import Media, Post, PostState, TikTokAccount
from tiktok.posts.creator import CreatorInfoUnavailable
from tiktok.posts.idempotency import KEY_MAX_CHARS, Idempotency
from tiktok.posts.rest.schemas import API_NAMES, TIME, PostIn
from tiktok.posts.schedule import When, from_instant, from_local
from tiktok.posts.wording.actions import calls_for

KEY_PREFIX: Final = "api:"  # the pages' keys live in the same column
TRY_LATER: Final = frozenset({ErrorKind.NET, ErrorKind.UNCLEAR, ErrorKind.RATE, ErrorKind.SERVER})


def refused(errors: Sequence[FieldError]) -> ApiProblem:
    """422 with the validator's findings, under the API's names of the fields; 409 where it is not the fields."""
    if any(error.code == "account_disconnected" for error in errors):
        return disconnected_problem()
    return invalid(*(replace(error, field=API_NAMES.get(error.field, error.field)) for error in errors))


@contextmanager
def refusals_as_problems(post: Post | None = None) -> Iterator[None]:
    """Turn refusals into problems, with the API's names of fields and the calls that the state of ``post`` allows."""
    try:
        yield
    except CreatorInfoUnavailable as error:
        raise _unavailable(error) from error
    except UserRefusal as error:
        if error.errors:
            raise refused(error.errors) from error
        if error.code != "state_conflict":
            raise
        state = str(error.further.get("state", ""))
        raise _state_conflict(error.user_message, state, post if state else None) from error


def _state_conflict(text: str, state: str, post: Post | None) -> ApiProblem:
    """409 with the calls that this state allows, in words and as a list."""
    if post is None:
        return ApiProblem(409, "state_conflict", text, state=state)
    calls = calls_for(post)
    if calls:
        can = _("Possible now: %(calls)s.") % {"calls": ", ".join(calls)}
    elif state == PostState.PUBLISHED:
        can = _("It is already published. Create a new post instead.")
    else:
        can = _("Wait until its state changes.")
    return ApiProblem(409, "state_conflict", f"{text} {can}", state=state, possible=calls)


def _unavailable(error: CreatorInfoUnavailable) -> ApiProblem:
    """429 or 503, with a time, when it is worth trying again; 409 when something has to happen first."""
    cause = error.__cause__
    if isinstance(cause, RateHeld | RateLimited):
        return rate_problem(error.retry_at, tiktok_code=error.tiktok_code, log_id=error.log_id)
    if isinstance(cause, RefreshUnderWay):
        return refresh_problem()
    if isinstance(cause, TikTokError) and cause.kind in TRY_LATER:
        return unavailable_problem(cause.code, log_id=cause.log_id)
    detail = error.user_message if error.needs_reconnect or error.is_cap else error.what
    code = error.code.replace("-", "_")
    return ApiProblem(409, code, detail, tiktok_code=error.tiktok_code, log_id=error.log_id)


def idempotency_of(key: str | None, payload: PostIn) -> Idempotency:
    """The request's key with what it asks for. Raises ApiProblem 400 without one."""
    key = (key or "").strip()
    if not key:
        text = _("Send an Idempotency-Key header: a new one for every post, the same one when you try again.")
        raise ApiProblem(400, "idempotency_key_missing", text)
    if len(KEY_PREFIX + key) > KEY_MAX_CHARS or not key.isprintable():
        text = _("An Idempotency-Key has at most %(limit)d printable characters.")
        raise ApiProblem(400, "idempotency_key_invalid", text % {"limit": KEY_MAX_CHARS - len(KEY_PREFIX)})
    return Idempotency.of(KEY_PREFIX + key, payload.model_dump(mode="json", exclude_unset=True))


_running: "WeakValueDictionary[tuple[UUID, str], _Turn]" = WeakValueDictionary()
_running_lock: Final = threading.Lock()


class _Turn:
    """The lock that equal requests share, so that one runs at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


@contextmanager
def one_at_a_time(instance_id: UUID, key: str) -> Iterator[None]:
    """Let equal requests of this process wait for the first, so that it alone asks TikTok.

    The database decides which one makes the post; this only spares the account's rate of creator_info.
    """
    with _running_lock:
        turn = _running.setdefault((instance_id, key), _Turn())
    if not turn.lock.acquire(blocking=False):
        release_connection()
        turn.lock.acquire()
    try:
        yield
    finally:
        turn.lock.release()


def find_content(account_id: UUID, media_ids: Sequence[UUID]) -> tuple[TikTokAccount, list[Media]]:
    """Account and files of this instance. Raises ApiProblem 422: another instance's are as unknown as any."""
    account = TikTokAccount.objects.select_related("credential__app", "instance__tenant").filter(pk=account_id).first()
    files, errors = _find_files(media_ids)
    if account is None:
        errors = [FieldError("account_id", "not_found", _("This instance has no such account.")), *errors]
    if account is None or errors:
        raise invalid(*errors)
    return account, files


def find_files(media_ids: Sequence[UUID]) -> list[Media]:
    """The files in their order, for each id one. Raises ApiProblem 422."""
    files, errors = _find_files(media_ids)
    if errors:
        raise invalid(*errors)
    return files


def _find_files(media_ids: Sequence[UUID]) -> tuple[list[Media], list[FieldError]]:
    found = Media.objects.in_bulk(media_ids)
    errors = [
        FieldError("media_ids", "not_found", _("This instance has no such media."), {"position": position})
        for position, media_id in enumerate(media_ids)
        if media_id not in found
    ]
    return [found[media_id] for media_id in media_ids if media_id in found], errors


def refuse_time_of_draft(payload: PostIn) -> None:
    """Raise ApiProblem 422 for a time that a draft would silently forget."""
    text = _("A draft has no publish_at. Send it when you publish the draft.")
    sent = [name for name in ("publish_at", "timezone") if getattr(payload, name) is not None]
    if sent:
        raise invalid(*(FieldError(name, "draft_has_no_time", text) for name in sent))


def when_of(publish_at: str | None, timezone: str | None, *, default_zone: str) -> When | None:
    """The time that was asked for; None means now. Raises TimeRefused and ApiProblem 422."""
    if publish_at is None:
        if timezone is not None:
            raise invalid(FieldError("timezone", "time_missing", _("timezone has no effect without publish_at.")))
        return None
    at = _read_time(publish_at)
    if at.tzinfo is not None:
        return _with_offset(at, timezone, default_zone)
    if timezone is None:
        text = _("publish_at has no offset. Add one, or send timezone as well.")
        raise invalid(FieldError("timezone", "time_zone_missing", text))
    return from_local(at, timezone)


def _read_time(text: str) -> datetime:
    if TIME.fullmatch(text):
        try:
            return datetime.fromisoformat(text.upper())
        except ValueError:
            pass
    example = _("Send a time such as 2026-11-21T18:00:00+01:00 (RFC 3339).")
    raise invalid(FieldError("publish_at", "not_a_time", example))


def _with_offset(at: datetime, timezone: str | None, default_zone: str) -> When:
    when = from_instant(at, default_zone if timezone is None else timezone)
    if timezone is not None and at.utcoffset() != when.at.astimezone(ZoneInfo(timezone)).utcoffset():
        text = _("The offset of publish_at is not the one that %(zone)s has at that time.") % {"zone": timezone}
        raise invalid(*(FieldError(name, "offset_mismatch", text) for name in ("publish_at", "timezone")))
    return when
