"""A distant host on loopback whose every answer is a script: what no HTTP library would send, it sends."""

import json
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import BinaryIO, Self

_STOP = b"STOP"


class Conversation:
    """One request that came in, and the line to answer on."""

    def __init__(self, line: socket.socket, reader: BinaryIO, head: bytes) -> None:
        self.line = line
        self.head = head
        self._reader = reader

    @property
    def headers(self) -> dict[str, str]:
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def body(self, size: int | None = None) -> bytes:
        return self._reader.read(int(self.headers.get("content-length", "0")) if size is None else size)

    def say(self, raw: bytes) -> None:
        self.line.sendall(raw)

    def hang_up(self) -> None:
        self._reader.close()
        self.line.close()

    def reset(self) -> None:
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.hang_up()


Script = Callable[[Conversation], None]


def http(status: int, body: bytes = b"", **headers: str) -> bytes:
    """A whole answer; header names are written with underscores."""
    fields = {"content_length": str(len(body)), **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join([f"HTTP/1.1 {status} X", *lines, "", ""]).encode() + body


def envelope(data: object = None, *, code: str = "ok", message: str = "", status: int = 200) -> bytes:
    error = {"code": code, "message": message, "log_id": "202611210001"}
    return http(status, json.dumps({"data": data, "error": error}).encode())


def answers(*raw: bytes) -> list[Script]:
    """Scripts that read the whole request and then say these bytes."""

    def script(said: bytes) -> Script:
        def answer(talk: Conversation) -> None:
            talk.body()
            talk.say(said)

        return answer

    return [script(said) for said in raw]


class Peer:
    """Runs one script per request, in order; counts connections and keeps the heads and what scripts record."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts = list(scripts)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.connections = 0
        self.heads: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        while True:
            line, _ = self._listener.accept()
            with line, line.makefile("rb") as reader:
                if line.recv(len(_STOP), socket.MSG_PEEK) == _STOP:
                    return
                self.connections += 1
                self._converse(line, reader)

    def _converse(self, line: socket.socket, reader: BinaryIO) -> None:
        while self._scripts and line.fileno() >= 0 and (head := _read_head(reader)):
            self.heads.append(head)
            try:
                self._scripts.pop(0)(Conversation(line, reader, head))
            except OSError:  # the client hung up, as it may
                return
            if reader.closed:
                return

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop once all connections that were made before have been served."""
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            last.sendall(_STOP)
            self._thread.join(5)
        self._listener.close()
        assert not self._thread.is_alive()


def _read_head(reader: BinaryIO) -> bytes:
    head = b""
    try:
        while not head.endswith(b"\r\n\r\n"):
            line = reader.readline()
            if not line:
                return b""
            head += line
    except OSError:
        return b""
    return head
