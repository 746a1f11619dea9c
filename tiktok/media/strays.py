"""Files without a row: left by a process that was killed between file and row, or while it deleted."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from instances.models import Instance
from instances.scoping import instance_scope
from tiktok.media import incoming, storage
from tiktok.media.verdict import original_of
from tiktok.models import Media, MediaUpload

log = logging.getLogger(__name__)
# Every file in use has a row within seconds. The day is for an operator who restores a database or files by hand.
LEFT_AFTER_S: Final = 24 * 3600.0


def remove_stray_files() -> int:
    """Delete files left by forms, and files without a row a day after their last change; return how many.

    Only directories of instances that the database knows are searched, so a wrong or empty database deletes nothing.
    """
    count = incoming.remove_left()
    for instance in Instance.objects.all():
        with instance_scope(instance):
            count += _remove_of(instance)
    if count:
        log.warning("%s files without a row were removed", count)
    return count


def _remove_of(instance: Instance) -> int:
    old = {f"instances/{instance.pk}/{path.name}" for path in _old_files(storage.instance_dir(instance.pk))}
    known = _known() if old else set()
    strays = {path for path in old if original_of(path) not in known}
    storage.remove(*strays)
    return len(strays)


def _old_files(directory: Path) -> Iterator[Path]:
    before = time.time() - LEFT_AFTER_S
    for path in directory.iterdir() if directory.is_dir() else ():
        try:
            stat = path.lstat()
        except FileNotFoundError:
            continue
        if max(stat.st_mtime, stat.st_ctime) < before and path.is_file():
            yield path


def _known() -> set[str]:
    """Return paths in rows of the open instance, read after the files were listed."""
    return {
        *Media.objects.filter(deleted_at=None).values_list("path", flat=True),
        *MediaUpload.objects.values_list("path", flat=True),
    }
