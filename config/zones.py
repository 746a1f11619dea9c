"""Time zone data: the newer of the operating system's copy and the pinned tzdata package."""

import re
import zoneinfo
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

# Files that tell the version: first line "# version 2026f" on Linux, "2026f" alone on macOS and the BSDs.
VERSION_FILES: Final = ("tzdata.zi", "+VERSION")
VERSION: Final = re.compile(r"\b(\d{4})([a-z]+)\b")
# Found among the zones, but not a place: the host's own zone, which another host would read differently, and the
# placeholder of a host that has none.
NO_PLACES: Final = frozenset({"localtime", "Factory"})


@dataclass(frozen=True, slots=True)
class ZoneData:
    """The IANA version in use, and the one it was compared with; ``system`` is "" if its version is unknown."""

    version: str
    package: str
    system: str
    names: frozenset[str]

    @property
    def is_package(self) -> bool:
        """Return whether the pinned package is read, not the operating system's copy."""
        return self.version != self.system


def use_newest() -> ZoneData:
    """Let this process read the newer zone data; harmless when repeated. Every process calls it by its settings."""
    zoneinfo.reset_tzpath()
    system, package = _system_version(), _version_in(files("tzdata").joinpath("zoneinfo"))
    if _order(system) < _order(package):
        zoneinfo.reset_tzpath(to=())  # zoneinfo then reads the package
    zoneinfo.ZoneInfo.clear_cache()
    version = max(system, package, key=_order)
    return ZoneData(version, package, system, frozenset(zoneinfo.available_timezones() - NO_PLACES))


def _system_version() -> str:
    """Return the version of the directory that zoneinfo reads first; "" if there is none."""
    directory = next((Path(path) for path in zoneinfo.TZPATH if Path(path).is_dir()), None)
    return _version_in(directory) if directory else ""


def _version_in(directory: Traversable) -> str:
    """Return the version that a directory of zones states; "" if it states none."""
    first_lines = [_first_line(directory.joinpath(name)) for name in VERSION_FILES]
    found = [match.group() for line in first_lines if (match := VERSION.search(line))]
    return max(found, key=_order, default="")


def _first_line(file: Traversable) -> str:
    if not file.is_file():
        return ""
    with file.open(encoding="utf-8", errors="replace") as lines:
        return lines.readline()


def _order(version: str) -> tuple[int, int, str]:
    """Return year and letters as IANA counts them (a … z, za, zb …); anything else comes first."""
    match = VERSION.fullmatch(version)
    return (int(match[1]), len(match[2]), match[2]) if match else (0, 0, "")
