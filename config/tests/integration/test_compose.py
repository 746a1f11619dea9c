"""docker-compose.yml, Dockerfile and .env.example agree with each other and with what the code reads."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from config.tests.production import PROPER, ROOT, free_port, run_in_production, started_in_production, until

COMPOSE: Final[dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]
DOCKERFILE: Final = (ROOT / "Dockerfile").read_text()
OURS: Final = [name for name, service in SERVICES.items() if service["image"] == "clipdesk"]
# Variables of the composition itself, which no Python reads.
COMPOSITION: Final = {"POSTGRES_PASSWORD", "OWNER_PASSWORD", "APP_PASSWORD", "REDIS_PASSWORD", "HTTPS_PORT"}
# Variables that the image or production decides, or that do not concern a service.
NOT_IN_SERVICES: Final = {"ALLOWED_HOSTS", "DEBUG", "MEDIA_ROOT", "MIGRATION_DATABASE_URL"}
READERS: Final = r"env\.[a-z_]+\(\s*\"([A-Z_]+)\""


def explained_variables() -> dict[str, str]:
    """The variables of .env.example with the comment above each."""
    found: dict[str, str] = {}
    comment = ""
    for line in (ROOT / ".env.example").read_text().splitlines():
        if line.startswith("#"):
            comment += line
        elif line:
            found[line.partition("=")[0]] = comment
        else:
            comment = ""
    return found


def variables_that_settings_read() -> set[str]:
    sources = [ROOT / "config" / "settings" / name for name in ("base.py", "production.py")]
    return {name for source in sources for name in re.findall(READERS, source.read_text())}


def variables_in(text: str) -> set[str]:
    return set(re.findall(r"\$\{([A-Z_]+)", text))


def test_every_variable_that_is_read_is_explained_and_no_other() -> None:
    explained = explained_variables()

    assert set(explained) == variables_that_settings_read() | COMPOSITION
    assert [name for name, comment in explained.items() if not comment] == []


def test_composition_uses_only_explained_variables() -> None:
    used = variables_in((ROOT / "docker-compose.yml").read_text())
    caddy = set(re.findall(r"\{\$([A-Z_]+)", (ROOT / "deploy" / "Caddyfile").read_text()))

    assert used - set(explained_variables()) == set()
    assert caddy - set(SERVICES["caddy"]["environment"]) == set()


def test_database_script_uses_only_what_the_composition_gives() -> None:
    script = (ROOT / "deploy" / "postgres" / "10-roles.sh").read_text()

    assert set(re.findall(r"\$([A-Z_]+)", script)) <= set(SERVICES["postgres"]["environment"])


@pytest.mark.parametrize("name", OURS)
def test_our_services_get_what_production_requires(name: str) -> None:
    assert set(PROPER) - {"MIGRATION_DATABASE_URL"} - set(SERVICES[name]["environment"]) == set()


def test_web_and_worker_get_every_variable_that_the_settings_read() -> None:
    read = variables_that_settings_read() - NOT_IN_SERVICES

    assert [set(SERVICES[name]["environment"]) ^ read for name in ("web", "worker")] == [set(), set()]


def readers_of(variable: str) -> set[str]:
    """The services whose definition names a variable of .env."""
    return {name for name, service in SERVICES.items() if variable in variables_in(yaml.safe_dump(service, width=1000))}


@pytest.mark.parametrize(
    ("password", "services"),
    [
        ("POSTGRES_PASSWORD", {"postgres"}),
        ("OWNER_PASSWORD", {"postgres", "migrate"}),
        ("APP_PASSWORD", {"postgres", "migrate", "web", "worker", "beat"}),
        ("REDIS_PASSWORD", {"redis", "migrate", "web", "worker", "beat"}),
        ("FIELD_ENCRYPTION_KEYS", {"migrate", "web", "worker", "beat"}),
        ("SECRET_KEY", {"migrate", "web", "worker", "beat"}),
        ("TIKTOK_CLIENT_SECRET", {"migrate", "web", "worker"}),
        ("EMAIL_URL", {"web", "worker"}),
    ],
)
def test_only_services_that_need_a_secret_get_it(password: str, services: set[str]) -> None:
    assert readers_of(password) == services


def test_no_service_gets_the_whole_env_file() -> None:
    assert [name for name, service in SERVICES.items() if "env_file" in service] == []


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_locked_down(name: str) -> None:
    service = SERVICES[name]

    assert (service["read_only"], service["cap_drop"], service["security_opt"]) == (
        True,
        ["ALL"],
        ["no-new-privileges:true"],
    )
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "caddy" else [])
    assert service["mem_limit"]


def test_network_joins_only_services_that_talk() -> None:
    joined: dict[str, set[str]] = {network: set() for network in COMPOSE["networks"]}
    for name, service in SERVICES.items():
        if service.get("profiles") != ["dev"]:
            for network in service["networks"]:
                joined[network].add(name)

    assert {name: set(name.split("-")) for name in joined if "-" in name} | {
        "front": {"caddy", "web"},
        "outside": {"worker"},
    } == joined
    assert {name for name, network in COMPOSE["networks"].items() if not network} == {"front", "outside"}


def lay_out_image(app: Path) -> None:
    """Copy, move and remove in ``app`` what the Dockerfile does; .dockerignore leaves the tests out."""
    build = DOCKERFILE.split("\nFROM ")[1]
    for line in re.findall(r"^COPY (.+)$", build, re.MULTILINE):
        *sources, target = line.split()
        for source in sources:
            if (ROOT / source).is_dir():
                ignored = shutil.ignore_patterns("tests", "conftest.py", "__pycache__")
                shutil.copytree(ROOT / source, app / target, ignore=ignored)
            else:
                shutil.copy(ROOT / source, app / target)
    (app.parent / "simulator" / "tiktok").mkdir(parents=True)
    shutil.copy(app / "tiktok" / "__init__.py", app.parent / "simulator" / "tiktok")
    shutil.move(app / "tiktok" / "simulator", app.parent / "simulator" / "tiktok" / "simulator")
    for removed in re.findall(r"rm -r (.+)$", build, re.MULTILINE)[0].split():
        shutil.rmtree(app / removed) if (app / removed).is_dir() else (app / removed).unlink()


def test_image_holds_what_runs_and_nothing_else(tmp_path: Path) -> None:
    app, data = tmp_path / "app", tmp_path / "data"
    app.mkdir()
    data.mkdir()
    lay_out_image(app)

    left_over = {path.name for path in app.rglob("*")} & {
        "tests",
        "conftest.py",
        "demo",
        "demo.py",
        "simulator",
        ".git",
    }
    assert left_over == set()
    assert {"**/tests", "conftest.py"} <= set((ROOT / ".dockerignore").read_text().splitlines())
    start = "import os, runpy, sys; os.chdir(sys.argv.pop(1)); sys.path[0] = os.getcwd(); runpy.run_"
    product = start + "path('manage.py', run_name='__main__')"
    simulator = start + "module('tiktok.simulator', run_name='__main__', alter_sys=True)"
    for command in ([product, app, "check"], [simulator, app.parent / "simulator", "--help"]):
        result = run_in_production("python", "-c", *map(str, command), data_dir=data)
        assert result.returncode == 0, result.stderr


def test_every_file_that_is_mounted_exists_and_every_volume_is_declared() -> None:
    sources = [mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])]

    assert [source for source in sources if source.startswith("./") and not (ROOT / source).exists()] == []
    assert {source for source in sources if not source.startswith("./")} == set(COMPOSE["volumes"])


def test_only_caddy_is_reached_from_outside() -> None:
    outside = {
        name: service["ports"]
        for name, service in SERVICES.items()
        if any(not port.startswith("127.0.0.1:") for port in service.get("ports", []))
    }

    assert list(outside) == ["caddy"]


def test_profile_dev_adds_the_simulator_and_a_mail_catcher() -> None:
    dev = {name for name, service in SERVICES.items() if service.get("profiles") == ["dev"]}

    assert dev == {"simulator", "simulator-for-web", "simulator-for-worker", "mail"}


@pytest.mark.parametrize("command", [SERVICES["web"]["command"], yaml.safe_load(DOCKERFILE.rpartition("\nCMD ")[2])])
def test_web_command_serves_with_production_settings(command: list[str], tmp_path: Path) -> None:
    port = free_port()
    here = [part.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for part in command]
    check = f"import sys; from core.serving.healthcheck import main; sys.exit(main({port}))"

    def answers() -> bool:
        return run_in_production("python", "-c", check, data_dir=tmp_path).returncode == 0

    with started_in_production(*here, data_dir=tmp_path):
        assert until(answers), (tmp_path / "python.log").read_text()


def test_celery_finds_the_application_that_the_commands_name(tmp_path: Path) -> None:
    apps = {tuple(SERVICES[name]["command"][:3]) for name in ("worker", "beat")}

    assert apps == {("celery", "--app", "config.celery")}
    assert run_in_production(*apps.pop(), "report", data_dir=tmp_path).returncode == 0


def test_migrate_command_names_a_database_that_production_has(tmp_path: Path) -> None:
    shell, flag, script = SERVICES["migrate"]["command"]
    commands = [part.split() for part in script.split("&&")]

    assert (shell, flag) == ("sh", "-c")
    for command in commands:
        assert run_in_production(*command, "--help", data_dir=tmp_path).returncode == 0
    plan = "from django.conf import settings; print(settings.DATABASES['migration']['USER'])"
    result = run_in_production("python", "manage.py", "shell", "-v", "0", "-c", plan, data_dir=tmp_path)
    assert result.stdout.strip() == "clipdesk_owner", result.stderr


def test_simulator_understands_its_command(tmp_path: Path) -> None:
    result = run_in_production(*SERVICES["simulator"]["command"], "--help", data_dir=tmp_path)

    assert result.returncode == 0, result.stderr


def test_image_health_check_fails_without_an_answer(tmp_path: Path) -> None:
    command = yaml.safe_load(DOCKERFILE.split("HEALTHCHECK")[1].split("CMD ")[1].splitlines()[0])

    result = run_in_production(*command[:-1], command[-1], data_dir=tmp_path)

    assert command == ["python", "-m", "core.serving.healthcheck"]
    assert result.returncode == 1, result.stderr


def test_image_runs_unprivileged_and_copies_existing_files() -> None:
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)
    copied = re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE)

    assert users[-1] == "clipdesk"
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert "--require-hashes" in DOCKERFILE


def test_shell_scripts_are_valid() -> None:
    scripts = [*ROOT.glob("scripts/*.sh"), *ROOT.glob("deploy/**/*.sh"), ROOT / ".ci" / "run"]

    for script in scripts:
        assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0, script
    assert len(scripts) >= 4
