"""Additions to requests and urllib3, kept in one place.

- whether anything of a request was sent: only then is its outcome in doubt;
- breaking off uploads from another thread, however long the connection or the answer takes;
- a separate time-out for sending: urllib3 sends under the connect time-out, which counts for a whole
  block of 256 KB and would cut slow connections off;
- no addresses in urllib3's log: an upload URL is a credential.
"""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

USER_AGENT = "Clipdesk"
_HIDDEN = "(hidden)"


class _Wire(threading.local):
    """The request that this thread is making; a thread makes one at a time."""

    is_connecting = False
    is_sent = False
    may_break_off = False
    send_timeout_s: float = 20.0

    def start(self, send_timeout_s: float) -> None:
        self.is_connecting = self.is_sent = False
        self.send_timeout_s = send_timeout_s


wire = _Wire()


class _Uploads:
    """The connections on which threads send, or wait for the answer to what they have sent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[int, HTTPConnection] = {}

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch a call that may be broken off."""
        wire.may_break_off = True
        try:
            yield
        finally:
            wire.may_break_off = False
            with self._lock:
                self._open.pop(threading.get_ident(), None)

    def add(self, connection: HTTPConnection) -> None:
        with self._lock:
            self._open[threading.get_ident()] = connection

    def break_off(self) -> None:
        """Close all of them; each waiting thread sees its connection break at once."""
        with self._lock:
            for connection in self._open.values():
                if (sock := connection.sock) is None:
                    continue  # TikTok closes it after the answer that is being read
                with suppress(OSError):  # it has just ended by itself
                    # Not SSLSocket's own, which takes its TLS away from the thread that is using it.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)


uploads = _Uploads()


class _WatchedHTTPConnection(HTTPConnection):
    def connect(self) -> None:
        wire.is_connecting = True
        super().connect()

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        if wire.may_break_off:
            uploads.add(self)
        self.sock.settimeout(wire.send_timeout_s)
        wire.is_sent = True
        super().send(data)


class _WatchedHTTPSConnection(_WatchedHTTPConnection, HTTPSConnection):
    pass


class _WatchedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _WatchedHTTPConnection


class _WatchedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPSConnection


class _WatchedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _WatchedHTTPPool, "https": _WatchedHTTPSPool}


def new_session() -> requests.Session:
    """Return a session that takes nothing from the environment (proxies, .netrc) and keeps no cookies."""
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers = requests.structures.CaseInsensitiveDict(
        {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
    )
    for scheme in ("http://", "https://"):
        session.mount(scheme, _WatchedAdapter(max_retries=0))
    return session


def hide_addresses(record: logging.LogRecord) -> bool:
    """Remove paths, queries and addresses from a record of urllib3; the record itself stays."""
    if isinstance(record.args, tuple):
        record.args = tuple(_HIDDEN if _is_address(arg) else arg for arg in record.args)
    record.exc_info = None
    return True


def _is_address(arg: object) -> bool:
    return isinstance(arg, str) and (arg.startswith("/") or "?" in arg or arg.count("/") > 2)


for _name in ("urllib3.connectionpool", "urllib3.connection", "urllib3.response"):
    logging.getLogger(_name).addFilter(hide_addresses)
