"""Permissions of the data directory: only the user that runs Clipdesk has access."""

import os
import stat
from pathlib import Path
from typing import Final

OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def close_to_others(data_dir: Path) -> None:
    """Remove other users' rights from new files of this process, the directory, and SQLite's files in it.

    SQLite gives its -wal and -shm the mode of the database. A shared directory (/tmp) stays unchanged.
    """
    os.umask(0o077)
    for path in (data_dir, *data_dir.glob("*.sqlite3*")):
        facts = path.stat()
        if facts.st_uid == os.geteuid() and facts.st_mode & OTHERS and not facts.st_mode & stat.S_ISVTX:
            path.chmod(stat.S_IMODE(facts.st_mode) & ~OTHERS)
