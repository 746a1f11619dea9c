"""Hosts of the open internet, on loopback: a fake name server, certificates, and a host that speaks TLS once."""

import datetime
import socket
import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tiktok.api.guarded import Network

PUBLIC = "93.184.215.14"


@dataclass
class World:
    """A network in which ``names`` resolve as told, one answer after the other, and connections are recorded."""

    names: list[list[str]]
    port: int = 0
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    asked: list[tuple[str, int]] = field(default_factory=list)
    reached: list[tuple[str, int]] = field(default_factory=list)

    def resolve(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        return self.names.pop(0)

    def connect(self, ip: str, port: int, timeout_s: float) -> socket.socket:
        self.reached.append((ip, port))
        return socket.create_connection(("127.0.0.1", self.port), timeout_s)

    @property
    def network(self) -> Network:
        return Network(self.resolve, self.connect, self.tls)


def make_certificate(path: Path, host: str) -> Path:
    """Write a certificate for the host, its own authority, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(made.public_bytes(pem) + private)
    return path


class TlsHost:
    """A host that speaks TLS once, notes the name it was asked for, and answers."""

    def __init__(self, certificate: Path, answer: bytes) -> None:
        self.names: list[str | None] = []
        self.heads: list[bytes] = []
        self._answer = answer
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._context.sni_callback = lambda line, name, context: self.names.append(name)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        line, _ = self._listener.accept()
        with line:
            try:
                with self._context.wrap_socket(line, server_side=True) as secured:
                    self.heads.append(secured.recv(1 << 16))
                    secured.sendall(self._answer)
            except OSError:  # the client did not like the certificate
                return

    def close(self) -> None:
        self._thread.join(5)
        self._listener.close()


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate)
