"""The location of files: MEDIA_ROOT/instances/<instance id>/<random>, under generated names without a suffix."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.utils.translation import gettext as _

from core.sizes import size_text
from tiktok.api.limits import VIDEO_MAX_BYTES
from tiktok.media.errors import MediaError

RESERVE_BYTES: Final = 256 * 1024**2
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def new_path(instance_id: UUID) -> str:
    """Return a path for a new file, relative to MEDIA_ROOT; its directory exists."""
    directory = instance_dir(instance_id)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return f"instances/{instance_id}/{secrets.token_hex(16)}"


def instance_dir(instance_id: UUID) -> Path:
    """Return the directory of an instance's files; it may not exist yet."""
    return absolute(f"instances/{instance_id}")


def absolute(path: str) -> Path:
    """Return the absolute path of a stored one."""
    root: Path = settings.MEDIA_ROOT
    return root / path


def inode_of(stat: os.stat_result) -> int:
    """Return the inode as a database column holds it: some file systems number with all 64 bits."""
    return stat.st_ino & (2**63 - 1)


def incoming_dir() -> Path:
    """Return the directory for form files being received; on the same file system as their final place."""
    path: Path = settings.MEDIA_ROOT / "incoming"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def remove(*paths: str) -> None:
    """Delete files; missing ones are ignored."""
    for path in filter(None, paths):
        absolute(path).unlink(missing_ok=True)


def free_bytes() -> int:
    """Return the space for uploads: the disk's free space minus a reserve for the database."""
    root: Path = settings.MEDIA_ROOT
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    return max(0, shutil.disk_usage(root).free - RESERVE_BYTES)


def require_space(needed_bytes: int) -> None:
    """Raise MediaError (507) unless that many more bytes fit."""
    if needed_bytes > (free := free_bytes()):
        raise no_space(needed_bytes, free)


def is_full(error: OSError | DatabaseError) -> bool:
    """Return whether the disk of the files or of the database is full."""
    if isinstance(error, OSError):
        return error.errno in FULL
    cause = error.__cause__
    return getattr(cause, "sqlite_errorname", "") == "SQLITE_FULL" or getattr(cause, "sqlstate", "") == "53100"


@contextmanager
def full_disk_as_fault(needed_bytes: int) -> Iterator[None]:
    """Raise MediaError (507) when the disk turns out to be full in the middle."""
    try:
        yield
    except (OSError, DatabaseError) as error:
        if not is_full(error):
            raise
        raise no_space(needed_bytes, free_bytes()) from error


def no_space(needed_bytes: int, free: int) -> MediaError:
    """Return the error of a full disk."""
    text = _("The server’s disk is too full: this needs %(needed)s, %(free)s is free. Delete media, then try again.")
    sizes = {"needed": size_text(needed_bytes), "free": size_text(free)}
    return MediaError("disk_full", text % sizes, status=507)


def require_size(size_bytes: int) -> None:
    """Raise MediaError unless TikTok takes videos of this size."""
    if size_bytes <= 0:
        raise MediaError("empty_file", _("This file is empty. Choose another one."), status=400)
    if size_bytes > VIDEO_MAX_BYTES:
        raise too_large(size_bytes)


def too_large(size_bytes: int) -> MediaError:
    """Return the error of a file over TikTok's limit."""
    text = _(
        "This file is too large: %(size)s (%(bytes)s bytes); TikTok accepts up to 4 GB (%(limit)s bytes). Shorten it,"
        " or export it with a lower bit rate."
    )
    values = {"size": size_text(size_bytes), "bytes": f"{size_bytes:,}", "limit": f"{VIDEO_MAX_BYTES:,}"}
    return MediaError("file_too_large", text % values, status=413)
