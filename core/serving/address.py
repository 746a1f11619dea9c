"""The address that the product listens on, such as ``127.0.0.1:8000``: parse, refuse and probe it."""

import ipaddress
import socket
from dataclasses import dataclass
from typing import Self


class BadAddress(ValueError):
    """The value is not HOST:PORT, or cannot be listened on; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address (or localhost) and a port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``127.0.0.1:8000``, ``[::1]:8000`` or ``localhost:8000``; raises BadAddress."""
        host, _, port = text.rpartition(":")
        host = host.removeprefix("[").removesuffix("]").replace("localhost", "127.0.0.1")
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise BadAddress(f"--bind takes ADDRESS:PORT such as 127.0.0.1:8000, not {text!r}.") from None
        if not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
            raise BadAddress(f"--bind needs a port from 1 to 65535, not {port!r}.")
        return cls(host, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self}"

    @property
    def is_loopback(self) -> bool:
        """Return whether only this machine can reach it."""
        return ipaddress.ip_address(self.host).is_loopback

    def is_free(self) -> bool:
        """Return whether the address can be listened on now."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        try:
            socket.create_server((self.host, self.port), family=family).close()
        except OSError:
            return False
        return True

    def answers(self) -> bool:
        """Return whether a server listens there."""
        try:
            socket.create_connection((self.host, self.port), timeout=1).close()
        except OSError:
            return False
        return True


def free_port(wanted: int = 0) -> int:
    """Return ``wanted`` if it is free on 127.0.0.1, another port otherwise."""
    if wanted and Address("127.0.0.1", wanted).is_free():
        return wanted
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
