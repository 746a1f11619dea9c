"""TikTokClient: base URL, sessions, time-outs, size caps; it never logs and never follows a redirect."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import requests
from urllib3.exceptions import HTTPError

from . import addresses
from .answers import Answer, Fields, clean_text, read_envelope, scrubber
from .errors import AccessTokenInvalid, AnswerLost, ConnectionFailed, TikTokError, UnreadableAnswer
from .limits import Endpoint
from .secret import Secret
from .transport import new_session, wire

DEFAULT_BASE_URL = "https://open.tiktokapis.com"
DEFAULT_AUTHORIZE_URL = "https://www.tiktok.com/v2/auth/authorize/"
UPLOAD_HOSTS = ".tiktokapis.com"
ANSWER_MAX_BYTES = 1024 * 1024
# An answer may come in drips, each within the read time-out; all of them together may not take longer than
# this.
ANSWER_MAX_S = 60.0


class ReadableBody(Protocol):
    """A body that is read while it is sent; ``len()`` is its size in bytes."""

    def read(self, size: int = -1, /) -> bytes: ...
    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Call:
    """One request. Secrets stay wrapped until it is sent; ``may_repeat``: also if its answer is lost."""

    method: str
    url: str | Secret
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str | Secret] | None = None
    body: bytes | ReadableBody | None = field(default=None, repr=False)
    read_timeout_s: float | None = None
    may_repeat: bool = True

    def secrets(self) -> list[Secret]:
        values = (self.url, *self.headers.values(), *(self.form or {}).values())
        return [value for value in values if isinstance(value, Secret)]


class TikTokClient:
    """HTTP client for TikTok, or for the server at ``base_url``; safe to share between threads."""

    def __init__(
        self,
        base_url: str = DEFAULT_BASE_URL,
        *,
        authorize_url: str = DEFAULT_AUTHORIZE_URL,
        connect_timeout_s: float = 5.0,
        read_timeout_s: float = 20.0,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.authorize_url = authorize_url
        self.connect_timeout_s = connect_timeout_s
        self.read_timeout_s = read_timeout_s
        self._base = _own_address(self.base_url)
        _own_address(authorize_url)
        self._local = threading.local()

    @property
    def session(self) -> requests.Session:
        """Return this thread's session; its connections stay open between calls."""
        if not hasattr(self._local, "session"):
            self._local.session = new_session()
        session: requests.Session = self._local.session
        return session

    def close(self) -> None:
        """Close this thread's connections; the next call opens new ones."""
        self.session.close()

    def may_upload_to(self, url: str | Secret) -> bool:
        """Return whether bytes may go to ``url``: TikTok's hosts by https, or the host of another API base."""
        address = addresses.parse(url.reveal() if isinstance(url, Secret) else url)
        if address is None:
            return False
        if address[:3] == self._base[:3]:
            return True
        return address.scheme == "https" and address.port == 443 and address.host.endswith(UPLOAD_HOSTS)

    def call_api(
        self,
        method: str,
        endpoint: Endpoint,
        *,
        access_token: Secret,
        payload: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
        may_repeat: bool = True,
    ) -> Fields:
        """Call an endpoint that answers with an envelope; return its ``data``.

        ``may_repeat``: whether the same call does no harm if its answer is lost. Raises TikTokError.
        """
        call = Call(
            method,
            self.base_url + endpoint,
            headers={
                "Authorization": _bearer(access_token),
                "Content-Type": "application/json; charset=UTF-8",
            },
            params=params or {},
            body=None if payload is None else json.dumps(payload).encode(),
            may_repeat=may_repeat,
        )
        return read_envelope(self.exchange(call))

    def post_form(self, endpoint: Endpoint, form: Mapping[str, str | Secret], *, may_repeat: bool) -> Answer:
        """Post an OAuth form; the caller reads the flat answer."""
        headers = {"Cache-Control": "no-cache"}
        return self.exchange(Call("POST", self.base_url + endpoint, headers=headers, form=form, may_repeat=may_repeat))

    def exchange(self, call: Call) -> Answer:
        """Send and read the whole answer, at most 1 MB; any status. Raises ConnectionFailed, AnswerLost."""
        try:
            with self.send(call) as response:
                body = read_capped(response)
        except (requests.RequestException, HTTPError) as error:
            failure = transport_failure(error, may_repeat=call.may_repeat)
        else:
            return _answer(call, response, body)
        raise failure  # outside the handler: requests' exceptions carry the address and the headers

    def server_time(self) -> datetime | None:
        """Return TikTok's time from the Date header, to the second. Raises ConnectionFailed, AnswerLost."""
        date = self.exchange(Call("GET", f"{self.base_url}/")).headers.get("Date", "")
        try:
            return parsedate_to_datetime(date)
        except ValueError:
            return None

    def send(self, call: Call) -> requests.Response:
        """Send, and return once the headers have arrived. Raises what requests and urllib3 raise."""
        read_timeout_s = call.read_timeout_s or self.read_timeout_s
        wire.start(read_timeout_s)
        return self.session.request(
            call.method,
            _reveal(call.url),
            params=dict(call.params),
            headers={name: _reveal(value) for name, value in call.headers.items()},
            data=_data(call),
            timeout=(self.connect_timeout_s, read_timeout_s),
            allow_redirects=False,
            stream=True,
        )


def transport_failure(error: Exception, *, may_repeat: bool) -> TikTokError:
    """Return the error for a connection fault: if nothing was sent the call did not happen, otherwise it is unknown."""
    is_handshake = wire.is_connecting and not wire.is_sent  # its time-out is also called a ReadTimeout
    if wire.is_sent or (isinstance(error, requests.ReadTimeout) and not is_handshake):
        return AnswerLost("answer-lost", may_repeat=may_repeat)
    return ConnectionFailed("connection-failed", may_repeat=True)


def _answer(call: Call, response: requests.Response, body: bytes | None) -> Answer:
    if body is None:
        raise UnreadableAnswer("answer-too-large", http_status=response.status_code, may_repeat=call.may_repeat)
    return Answer(response.status_code, response.headers, body, scrubber(call.secrets()), call.may_repeat)


def read_capped(
    response: requests.Response, *, max_bytes: int = ANSWER_MAX_BYTES, max_s: float = ANSWER_MAX_S
) -> bytes | None:
    """Return the body, or None when too large. By ``read1``: ``read(n)`` would wait for n bytes."""
    deadline = time.monotonic() + max_s
    body = bytearray()
    while part := response.raw.read1(65536):
        body += part
        if len(body) > max_bytes:
            return None
        if time.monotonic() > deadline:
            raise requests.ReadTimeout
    return bytes(body)


def _own_address(url: str) -> addresses.Address:
    """Check an address from the settings: https, or plain http on loopback. Raises ValueError."""
    address = addresses.parse(url)
    if address is None or not (address.scheme == "https" or addresses.is_loopback_host(address.host)):
        raise ValueError(f"{url!r} is not an https address (plain http is for loopback only)")
    return address


def _bearer(access_token: Secret) -> Secret:
    """Return the header's value. A token that no header can carry would fail inside requests, which quotes it."""
    token = access_token.reveal()
    if not (token and token.isascii() and token.isprintable()) or " " in token:
        raise AccessTokenInvalid("access_token_invalid")
    return Secret(f"Bearer {token}")


def _data(call: Call) -> Any:
    if call.form is not None:
        return {name: clean_text(_reveal(value)) for name, value in call.form.items()}
    return call.body


def _reveal(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value
