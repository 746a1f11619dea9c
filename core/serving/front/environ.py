"""Convert an ASGI scope to a WSGI environment (PEP 3333)."""

import sys
from collections.abc import Iterable
from typing import Any, BinaryIO, Final
from urllib.parse import unquote_to_bytes

from core.serving.front.files import OpenFile

Scope = dict[str, Any]
Environ = dict[str, Any]
# Header names that WSGI keeps without HTTP_; the length is set by the code that received the body.
PLAIN: Final = {"CONTENT_TYPE", "CONTENT_LENGTH"}
DROPPED: Final = {"CONTENT_LENGTH", "TRANSFER_ENCODING"}


def environ_of(scope: Scope) -> Environ:
    """Build the environment without a body."""
    server, client = scope.get("server") or ("", None), scope.get("client") or ("", 0)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or ""),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "wsgi.file_wrapper": OpenFile,
    }
    _add_headers(environ, scope["headers"])
    return environ


def kind_of(environ: Environ) -> str:
    """Return the body's media type, without parameters, in lower case."""
    return str(environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()


def _add_headers(environ: Environ, headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Add the headers except names with an underscore, which could pass for others (X_Forwarded_For)."""
    for name, value in headers:
        if b"_" in name:
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        if key in DROPPED:
            continue
        key = key if key in PLAIN else f"HTTP_{key}"
        text = value.decode("latin-1")
        separator = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{separator}{text}" if key in environ else text


def with_body(environ: Environ, source: BinaryIO, length: int | None) -> Environ:
    """Return a copy of the environment with this body; None means an unknown length."""
    described = {} if length is None else {"CONTENT_LENGTH": str(length)}
    return environ | described | {"wsgi.input": source}
