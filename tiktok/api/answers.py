"""Convert the bytes of an answer to values or a TikTokError; no raw body gets into an exception."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import quote, quote_plus

from .errors import ErrorKind, TikTokError, TikTokUnavailable, UnreadableAnswer, rule_for
from .limits import RATE_WINDOW_S
from .secret import Secret

Scrub = Callable[[str], str]

_INT64 = range(-(2**63), 2**63)
_DIGITS = re.compile(r"-?[0-9]{1,19}")
_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LOG_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_ADDRESS = re.compile(r"\w+://\S+")
_TOKEN = re.compile(r"\b(?:act|rft|clt)[.%]\S+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_MESSAGE_MAX_CHARS = 300
_HOLD_MAX_S = 3600


@dataclass(frozen=True, slots=True)
class Answer:
    """A raw answer; ``scrub`` knows the secrets that were sent."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    scrub: Scrub = field(repr=False)
    may_repeat: bool

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def scrubber(secrets: Iterable[Secret]) -> Scrub:
    """Return a function that removes these secrets, and anything like a token or an address, from a text."""
    plain = {clean_text(secret.reveal()) for secret in secrets if secret}
    shapes = plain | {quote(text, safe="") for text in plain} | {quote_plus(text) for text in plain}
    longest_first = sorted(shapes, key=len, reverse=True)

    def scrub(text: str) -> str:
        for shape in longest_first:
            text = text.replace(shape, "***")
        text = _TOKEN.sub("***", _ADDRESS.sub("(address)", text))
        return _CONTROL.sub(" ", text)[:_MESSAGE_MAX_CHARS]

    return scrub


def clean_text(text: str) -> str:
    """Remove what a database or an encoder refuses: NUL and lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def as_int(value: object) -> int | None:
    """Return a 64-bit integer, also from digits in a text or a float without fraction; otherwise None."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if value in _INT64 else None


@dataclass(frozen=True, slots=True)
class Fields:
    """An object of an answer, read field by field; without a required field the answer is unreadable."""

    values: Mapping[str, object] = field(repr=False)
    status: int
    log_id: str
    may_repeat: bool

    def child(self, name: str) -> "Fields":
        return Fields(as_object(self.values.get(name)), self.status, self.log_id, self.may_repeat)

    def children(self, name: str) -> tuple["Fields", ...]:
        """Return a list of objects; other values in it are omitted."""
        value = self.values.get(name)
        items = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
        return tuple(Fields(item, self.status, self.log_id, self.may_repeat) for item in items)

    def text(self, name: str) -> str:
        return self.optional_text(name) or self._unreadable(name)

    def optional_text(self, name: str) -> str | None:
        value = self.values.get(name)
        return clean_text(value) or None if isinstance(value, str) else None

    def secret(self, name: str) -> Secret:
        """Return a required secret: printable ASCII without blanks, as a header or an address needs it."""
        value = self.text(name)
        if not (value.isascii() and value.isprintable()) or " " in value:
            self._unreadable(name)
        return Secret(value)

    def integer(self, name: str) -> int:
        value = self.optional_integer(name)
        return self._unreadable(name) if value is None else value

    def optional_integer(self, name: str) -> int | None:
        return as_int(self.values.get(name))

    def optional_flag(self, name: str) -> bool | None:
        value = self.values.get(name)
        return value if isinstance(value, bool) else None

    def flag(self, name: str) -> bool:
        """Return a flag; missing or null is False, as serialisers that omit false write it."""
        value = self.values.get(name)
        return value if isinstance(value, bool) else value is not None and self._unreadable(name)

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.values.get(name)
        if not isinstance(value, list):
            self._unreadable(name)
        return tuple(clean_text(item) for item in value if isinstance(item, str))

    def ids(self, name: str) -> tuple[str, ...]:
        """Return a list of 64-bit numbers as text; other values in it are omitted."""
        value = self.values.get(name)
        numbers = (as_int(item) for item in value) if isinstance(value, list) else ()
        return tuple(str(number) for number in numbers if number)

    def _unreadable(self, name: str) -> NoReturn:
        raise UnreadableAnswer(
            "unreadable-answer",
            message=f"field {name}",
            log_id=self.log_id,
            http_status=self.status,
            may_repeat=self.may_repeat,
        )


def as_object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def read_envelope(answer: Answer) -> Fields:
    """Return ``data`` of ``{"data": …, "error": {"code": "ok", …}}``; raises unless 2xx and ok."""
    payload = _load(answer.body)
    error = as_object(payload.get("error"))
    code = _word(error.get("code"))
    if code == "ok" and answer.is_success:
        return Fields(as_object(payload.get("data")), answer.status, log_id_of(answer, error), answer.may_repeat)
    if answer.status >= 500 or code in ("", "ok"):
        raise _undecided(answer, code, error)
    raise refusal(answer, code, error, text_field="message")


def read_flat(answer: Answer) -> Fields:
    """Return an OAuth answer: flat fields, or ``error`` as a text with any status (docs/tiktok.md, section 3)."""
    payload = _load(answer.body)
    code = _word(payload.get("error"))
    if code:
        raise refusal(answer, code, payload, text_field="error_description")
    return Fields(payload, answer.status, log_id_of(answer, payload), answer.may_repeat)


def undecided(answer: Answer) -> TikTokError:
    """Return the error for an answer that is neither yes nor no."""
    return _undecided(answer, "", {})


def _undecided(answer: Answer, code: str, source: Mapping[str, object]) -> TikTokError:
    is_fault = answer.status >= 500
    error = TikTokUnavailable if is_fault else UnreadableAnswer
    fallback = f"http-{answer.status}" if is_fault else "unreadable-answer"
    return error(
        _safe_code(answer, code) if is_fault and code not in ("", "ok") else fallback,
        log_id=log_id_of(answer, source),
        http_status=answer.status,
        may_repeat=answer.may_repeat,
        hold_s=_hold(answer, RATE_WINDOW_S) if answer.status == 429 else None,
    )


def refusal(answer: Answer, code: str, source: Mapping[str, object], *, text_field: str) -> TikTokError:
    """Return the error that the table has for ``code``."""
    rule = rule_for(code, answer.status)
    is_rate = rule.error.kind is ErrorKind.RATE
    message = source.get(text_field)
    return rule.error(
        _safe_code(answer, code),
        message=answer.scrub(clean_text(message)) if isinstance(message, str) else "",
        log_id=log_id_of(answer, source),
        http_status=answer.status,
        may_repeat=rule.may_repeat and (is_rate or answer.may_repeat),
        hold_s=_hold(answer, rule.hold_s) if is_rate else rule.hold_s,
    )


def log_id_of(answer: Answer, source: Mapping[str, object]) -> str:
    """Return TikTok's support id; the pages call it both ``log_id`` and ``logid``."""
    for value in (source.get("log_id"), source.get("logid"), answer.headers.get("X-Tt-Logid")):
        word = answer.scrub(_word(value))
        if _LOG_ID.fullmatch(word):
            return word
    return ""


def _load(body: bytes) -> Mapping[str, object]:
    try:
        return as_object(json.loads(body))
    except (ValueError, RecursionError):  # ValueError also for bad UTF-8 and numbers of thousands of digits
        return {}


def _word(value: object) -> str:
    if isinstance(value, str):
        return value
    number = as_int(value)
    return "" if number is None else str(number)


def _safe_code(answer: Answer, code: str) -> str:
    word = answer.scrub(code)
    return word if _CODE.fullmatch(word) else "unreadable-code"


def _hold(answer: Answer, least_s: int | None) -> int:
    """Return the rule's wait, or a longer one from a Retry-After in seconds (not documented by TikTok)."""
    asked = as_int(answer.headers.get("Retry-After")) or 0
    return max(least_s or 0, min(asked, _HOLD_MAX_S))
