"""Zone data: whichever is newer, the operating system's copy or the pinned package, in every process."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env, zones
from config.tests.production import run_in_production

PINNED = files("tzdata").joinpath("zoneinfo/tzdata.zi").read_text().split()[2]
SUMMER = datetime(2027, 7, 1, 12)


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The operating system's copy, in which Vienna's clocks show UTC; afterwards all is as before."""
    data = files("tzdata").joinpath("zoneinfo/Etc/UTC").read_bytes()
    (tmp_path / "Europe").mkdir()
    for name in ("Europe/Vienna", "localtime", "Factory"):
        (tmp_path / name).write_bytes(data)
    with monkeypatch.context() as patch:
        patch.setenv("PYTHONTZPATH", str(tmp_path))
        yield tmp_path
    zones.use_newest()


def offset_in_vienna() -> timedelta | None:
    return SUMMER.replace(tzinfo=ZoneInfo("Europe/Vienna")).utcoffset()


@pytest.mark.parametrize(
    ("file", "text", "version", "is_package"),
    [
        ("tzdata.zi", "# version 2025b\nR A\n", "2025b", True),
        ("tzdata.zi", "# version 2026e\n", "2026e", True),
        ("tzdata.zi", "# version 2099a\n", "2099a", False),
        ("tzdata.zi", "# version 2099a-dirty\n", "2099a", False),
        ("tzdata.zi", "# version unknown\n", "", True),
        ("+VERSION", "2025b\n", "2025b", True),
        ("+VERSION", "2099za\n", "2099za", False),
        ("leapseconds", "# version 2099a\n", "", True),
    ],
)
def test_newer_zone_data_is_used(system: Path, file: str, text: str, version: str, is_package: bool) -> None:
    (system / file).write_text(text)

    data = zones.use_newest()

    assert (data.system, data.package, data.is_package) == (version, PINNED, is_package)
    assert data.version == (PINNED if is_package else version)
    assert offset_in_vienna() == timedelta(hours=2 if is_package else 0)


def test_zone_already_read_from_the_older_copy_is_read_again(system: Path) -> None:
    (system / "tzdata.zi").write_text("# version 2099a\n")
    zones.use_newest()
    assert offset_in_vienna() == timedelta(0)

    (system / "tzdata.zi").write_text("# version 2025b\n")
    zones.use_newest()

    assert offset_in_vienna() == timedelta(hours=2)


@pytest.mark.parametrize("version", ["2025b", "2099a"])
def test_names_that_are_no_places_are_no_zones(system: Path, version: str) -> None:
    (system / "tzdata.zi").write_text(f"# version {version}\n")

    names = zones.use_newest().names

    assert {"UTC", "Europe/Vienna", "America/Vancouver", "EST"} <= names
    assert not {"localtime", "Factory", "posixrules", "right/Europe/Vienna", ""} & names


def test_letters_after_z_count_on() -> None:
    assert sorted(["2026za", "2026b", "2025z", "", "2026z"], key=zones._order) == [
        "", "2025z", "2026b", "2026z", "2026za",
    ]  # fmt: skip


@pytest.mark.parametrize("value", ["localtime", "Factory", "right/Europe/Vienna", "europe/vienna", "../UTC"])
def test_time_zone_of_the_settings_has_to_be_known(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("TIME_ZONE", value)

    with pytest.raises(ImproperlyConfigured, match="TIME_ZONE must be an IANA time zone"):
        env.time_zone("TIME_ZONE", "UTC", zones.use_newest().names)


@pytest.mark.embedded
@pytest.mark.parametrize(
    "command",
    [
        ("python", "-W", "ignore", "-c", "import config.wsgi; {}"),
        ("python", "-c", "import config.celery; config.celery.app.loader.init_worker(); {}"),
        ("python", "manage.py", "shell", "--no-imports", "-c", "{}"),
    ],
)
def test_every_process_reads_the_newer_zone_data(system: Path, command: tuple[str, ...]) -> None:
    (system / "tzdata.zi").write_text("# version 2025b\n")
    code = "import datetime, zoneinfo; z = zoneinfo.ZoneInfo('Europe/Vienna')\n"
    code += "print(datetime.datetime(2027, 7, 1, tzinfo=z).utcoffset())"

    result = run_in_production(
        *(part.replace("; {}", "\n{}").replace("{}", code) for part in command),
        data_dir=system,
        PYTHONTZPATH=str(system),
    )

    assert (result.stdout.strip(), result.stderr) == ("2:00:00", "")
