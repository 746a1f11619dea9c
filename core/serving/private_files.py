"""The data directory belongs to the user that runs Clipdesk alone."""

import os
import stat
from pathlib import Path
from typing import Final

OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def close_to_others(data_dir: Path) -> None:
    """Take the rights of other users from what this process makes, from the directory, and from SQLite's files in it.

    SQLite gives its -wal and -shm the mode of the database. A directory that many share (/tmp) stays as it is.
    """
    os.umask(0o077)
    for path in (data_dir, *data_dir.glob("*.sqlite3*")):
        facts = path.stat()
        if facts.st_uid == os.geteuid() and facts.st_mode & OTHERS and not facts.st_mode & stat.S_ISVTX:
            path.chmod(stat.S_IMODE(facts.st_mode) & ~OTHERS)
