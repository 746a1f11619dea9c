"""Typed readers of environment variables that refuse to start on a missing or odd value."""

import base64
import os
import secrets
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env: Final = environ.Env()
DEFAULT_PORTS: Final = {"http": 80, "https": 443}
LOOPBACK: Final = {"127.0.0.1", "localhost", "::1"}
# Every variable that the settings have read, so that the doctor can find a misspelled one.
names: Final[set[str]] = set()
SECRET_LENGTH: Final = 50
SECRET_CHARACTERS: Final = 20  # different ones; 64 random letters and digits have about 40
KEY_BYTES: Final = 12  # different ones; 32 random bytes have about 30
EXAMPLE_WORDS: Final = ("django-insecure", "changeme", "change-me", "change_me", "placeholder", "example")
EXAMPLE_PASSWORDS: Final = frozenset({"password", "passwd", "postgres", "redis", "secret", "admin", "root", "123456"})


def text(name: str, default: str = "") -> str:
    """Return the variable without surrounding blanks; ``default`` if it is unset or empty."""
    names.add(name)
    return str(env.str(name, default="")).strip() or default


def required(name: str) -> str:
    """Return the variable, or refuse with its name."""
    if not (value := text(name)):
        raise ImproperlyConfigured(f"{name} is not set. See .env.example.")
    return value


def strong_secret(name: str) -> str:
    """Return the variable; refuse one that could be guessed: short, of few characters, repeated, or an example."""
    value = required(name)
    if len(value) < SECRET_LENGTH:
        raise ImproperlyConfigured(f"{name} must have at least {SECRET_LENGTH} characters.")
    is_repeated = value in (value * 2)[1:-1]
    if len(set(value)) < SECRET_CHARACTERS or is_repeated or _is_example(value):
        raise ImproperlyConfigured(f"{name} is easy to guess. .env.example has a command that creates a random one.")
    return value


def _is_example(value: str) -> bool:
    return any(word in value.lower() for word in EXAMPLE_WORDS)


def refuse_example_password(name: str) -> None:
    """Refuse a password in an address that everyone would try first. The message does not repeat it."""
    password = (urlsplit(text(name)).password or "").lower()
    if password in EXAMPLE_PASSWORDS or (password and _is_example(password)):
        raise ImproperlyConfigured(f"{name} has an example password. Choose a random one.")


def flag(name: str, default: bool) -> bool:
    """Return on/off, true/false, yes/no, 1/0 as a boolean; refuse anything else."""
    value = text(name).lower()
    if value in {"", "1", "true", "yes", "on", "0", "false", "no", "off"}:
        return default if not value else value in {"1", "true", "yes", "on"}
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def number(name: str, default: int, *, least: int, most: int) -> int:
    """Return a whole number within bounds."""
    value = text(name, str(default))
    if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}, not {value!r}.")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated list without blanks around the items."""
    return [item.strip() for item in text(name, default).split(",") if item.strip()]


def choice(name: str, default: str, allowed: set[str]) -> str:
    """Return one of the allowed words."""
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(sorted(allowed))}, not {value!r}.")
    return value


def time_zone(name: str, default: str, known: Collection[str]) -> str:
    """Return an IANA time zone name, one of ``known``."""
    value = text(name, default)
    if value not in known:
        raise ImproperlyConfigured(f"{name} must be an IANA time zone such as Europe/Berlin, not {value!r}.")
    return value


def url(name: str, default: str) -> str:
    """Return an http(s) address as browsers write it, without trailing slash; plain http only on loopback."""
    address = _address(name, text(name, default))
    if address.scheme == "http" and address.hostname not in LOOPBACK:
        raise ImproperlyConfigured(f"{name} must use https; plain http is allowed on loopback only.")
    return address.geturl().rstrip("/")


def site(name: str, default: str) -> str:
    """Return the address of this deployment: as ``url``, and without a path."""
    value = url(name, default)
    if path := urlsplit(value).path:
        raise ImproperlyConfigured(f"{name} must have no path, but has {path!r}: Clipdesk needs a host of its own.")
    return value


def origins(name: str, default: str) -> list[str]:
    """Return a list of origins, as in the header Origin; ``https://*.example.com`` matches many."""
    found = [_address(name, item) for item in words(name, default)]
    if wrong := next((each for each in found if each.path.strip("/")), None):
        raise ImproperlyConfigured(f"{name} must list addresses without a path, not {wrong.geturl()!r}.")
    return [f"{each.scheme}://{each.netloc}" for each in found]


def hosts(name: str, default: str) -> list[str]:
    """Return a list of host names as browsers send them, without port; ``.example.com`` and ``*`` as in Django."""
    found = words(name, default)
    try:
        return [item[: item.startswith(".")] + _host_without_port(item.removeprefix(".")) for item in found]
    except ValueError:
        raise ImproperlyConfigured(f"{name} must list host names such as clip.example.com, without https://.") from None


def _address(name: str, value: str) -> SplitResult:
    """Return the parts of an http(s) address, host and port written as browsers do."""
    refusal = ImproperlyConfigured(f"{name} must be an address such as https://clip.example.com, not {value!r}.")
    try:
        parts = urlsplit(value)
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:
        raise refusal from None
    if parts.username is not None:
        raise ImproperlyConfigured(f"{name} must have neither user name nor password.")  # which is not repeated
    if parts.scheme not in DEFAULT_PORTS or parts.query or parts.fragment:
        raise refusal
    shown = f"[{host}]" if ":" in host else host
    return parts._replace(netloc=shown if port in (None, DEFAULT_PORTS[parts.scheme]) else f"{shown}:{port}")


def _host_without_port(name: str) -> str:
    if ":" in name and not name.endswith("]"):
        raise ValueError(name)
    return _host(name)


def _host(name: str) -> str:
    """Return it in lower case, non-ASCII letters as in the DNS, without a final dot. Raises ValueError."""
    host = name.lower().removesuffix(".").encode("idna").decode("ascii")
    if not host or "/" in host or " " in host:
        raise ValueError(name)
    return host


def directory(name: str, default: Path) -> Path:
    """Return a directory of ours, created if it is missing (0700)."""
    path = Path(text(name, str(default))).resolve()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"{name}: the directory {path} cannot be created ({error.strerror}).") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"{name}: the user that runs Clipdesk cannot write to {path}.")
    return path


def stored_secret(data_dir: Path, name: str) -> str:
    """Return a secret that the embedded product creates on first start in ``DATA_DIR`` (0700, file 0600)."""
    path = data_dir / "secrets" / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _store(path, secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()


def _store(path: Path, secret: str) -> None:
    """Write a file at once: another process may read at any moment. An existing file stays."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(fresh, path)
    fresh.unlink()


def stored_key_ring(data_dir: Path) -> str:
    """Return a key ring with one key derived from a stored random secret."""
    seed = stored_secret(data_dir, "field_encryption").encode()
    return "k1:" + base64.urlsafe_b64encode(seed[:32]).decode()


def key_ring(name: str, value: str) -> dict[str, bytes]:
    """Parse ``id:base64url(32 bytes)[,…]``, newest first, into an ordered mapping."""
    ring: dict[str, bytes] = {}
    for item in value.split(","):
        key_id, _, encoded = item.strip().partition(":")
        try:
            key = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        except ValueError:
            key = b""
        if not key_id or not key_id.isalnum() or len(key) != 32 or key_id in ring:
            raise ImproperlyConfigured(
                f"{name} must be id:base64url(32 bytes), several separated by commas, newest first."
            )
        if not ring and len(set(key)) < KEY_BYTES:
            # Older keys only read what was written before, until rotate_keys has run.
            raise ImproperlyConfigured(f"{name} starts with a key that is easy to guess. Put a random one in front.")
        ring[key_id] = key
    return ring


def database(name: str, value: str) -> dict[str, Any]:
    """Return Django's settings of a SQLite or PostgreSQL database. Messages do not repeat its password."""
    refusal = ImproperlyConfigured(f"{name} must be postgres://user:password@host:5432/name or sqlite:///path.")
    if not value.startswith(("sqlite:///", "postgres://", "postgresql://")):
        raise refusal
    try:
        found: dict[str, Any] = env.db_url_config(value)
    except ValueError:
        raise refusal from None
    return found


def mail(name: str, value: str) -> dict[str, Any]:
    """Return Django's settings of an email server. Messages do not repeat its password."""
    try:
        found: dict[str, Any] = env.email_url_config(value)
    except (ValueError, ImproperlyConfigured) as error:
        raise ImproperlyConfigured(f"{name} must look like smtp+tls://user:password@host:587.") from error
    return found


def postgresql_url(name: str) -> str:
    """Return the address of a PostgreSQL database; refuse any other."""
    if not (value := required(name)).startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured(f"{name} must name a PostgreSQL database in production.")
    return value
