"""The machine, as the table's figures have to be read."""

import os
import platform
from pathlib import Path

from django.db import connection


def describe() -> str:
    """Cores, memory, kernel, Python, database, and how busy the machine was with other things."""
    facts = [
        f"{os.cpu_count()} cores ({_field('/proc/cpuinfo', 'model name')})",
        f"{int(_field('/proc/meminfo', 'MemTotal').split()[0]) / 1024**2:.0f} GB RAM",
        f"{platform.system()} {platform.release()}",
        f"Python {platform.python_version()}",
        _database(),
        "load {:.1f} {:.1f} {:.1f}".format(*os.getloadavg()),
    ]
    return ", ".join(facts)


def _field(path: str, name: str) -> str:
    lines = Path(path).read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "0")


def _database() -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT sqlite_version()")
            return f"SQLite {cursor.fetchone()[0]}"
        cursor.execute("SHOW server_version")
        return f"PostgreSQL {cursor.fetchone()[0].split()[0]}"
