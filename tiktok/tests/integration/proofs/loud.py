"""Clipdesk's processes, logging everything, and everything that they leave behind."""

import base64
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.db import connection
from django.test import Client

from accounts.models import User
from instances.tests.sign_in import sign_in_again
from tiktok.tests.canaries import Canaries, secrets_of_tiktok
from tiktok.tests.integration.proofs import processes
from tiktok.tests.integration.proofs.processes import Process, free_port, is_listening
from tiktok.tests.jobs_process import ROOT, database_url, wait_until

LOUD = {"DJANGO_SETTINGS_MODULE": "tiktok.tests.integration.proofs.loud_settings"}


class Loud:
    """Web, background work and, on PostgreSQL, a Redis whose every command is written down."""

    def __init__(self, scratch: Path, keep: Callable[[Process], Process]) -> None:
        self._scratch = scratch
        web_port, self._redis_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{web_port}"
        self.env = LOUD | {"BASE_URL": self.url, "REDIS_URL": ""}
        self._logs: list[Process] = []
        if connection.vendor == "postgresql":
            self._start_redis(keep)
        self.background, self._ready = processes.background(scratch, "DEBUG", **self.env)
        self._web = processes.web(scratch, web_port, **self.env)
        self._logs += [keep(self.background), keep(self._web)]
        self.background.start(self._ready)
        self._web.start()
        wait_until(lambda: is_listening(web_port), what="the web server listens")

    def _start_redis(self, keep: Callable[[Process], Process]) -> None:
        self.env["REDIS_URL"] = f"redis://127.0.0.1:{self._redis_port}/0"
        keep(processes.redis(self._scratch, self._redis_port)).start()
        wait_until(lambda: is_listening(self._redis_port), what="Redis listens")
        monitor = Process("monitor", self._redis_cli("MONITOR"), {"PATH": os.environ["PATH"]})
        self._logs.append(keep(monitor).start("OK"))

    def _redis_cli(self, *words: str) -> list[str]:
        return ["redis-cli", "-p", str(self._redis_port), *words]

    # Leftovers

    def logs(self) -> dict[str, str]:
        """Everything that was logged; Redis's commands among it."""
        return {process.name: process.text() for process in self._logs}

    def traces(self) -> Iterator[tuple[str, bytes]]:
        """Logs, the database as it lies on disk, what Redis holds, and what dumpdata writes."""
        for name, text in self.logs().items():
            yield f"log of {name}", text.encode()
        yield from _database()
        if self.env["REDIS_URL"]:
            dump = self._scratch / "redis.rdb"
            subprocess.run(self._redis_cli("--rdb", str(dump)), check=True, capture_output=True)
            yield "Redis", dump.read_bytes()
        yield "dumpdata", self._dumpdata()

    def _dumpdata(self) -> bytes:
        command = [sys.executable, "manage.py", "dumpdata", "--all", "--exclude", "contenttypes"]
        env = processes.own_environment(self._scratch, **self.env)
        done = subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True)
        return done.stdout + done.stderr


def _database() -> Iterator[tuple[str, bytes]]:
    if connection.vendor == "sqlite":
        name = Path(connection.settings_dict["NAME"])
        for file in sorted(name.parent.glob(f"{name.name}*")):
            # Closing it in this process would end all of SQLite's locks here: the next process to leave the database
            # would then take away its journal from under our connections.
            yield file.name, subprocess.run(["cat", str(file)], check=True, capture_output=True).stdout
        return
    command = [pg_dump(), "--no-owner", database_url()]
    yield "pg_dump", subprocess.run(command, check=True, capture_output=True).stdout


def pg_dump() -> str:
    """The newest one of this machine."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_dump"), key=lambda path: int(path.parts[-3]))
    return str(installed[-1]) if installed else str(shutil.which("pg_dump"))


class Browser:
    """A person's browser: signed in, and it follows TikTok's redirect when told so."""

    def __init__(self, url: str, user: User) -> None:
        self.url = url
        signed_in = Client()
        sign_in_again(signed_in, user)
        self._session = requests.Session()
        self._session.cookies.set("sessionid", signed_in.cookies["sessionid"].value, domain=urlsplit(url).hostname)
        self.seen: dict[str, bytes] = {}

    def get(self, path: str, **options: Any) -> requests.Response:
        """A page; what it showed is kept in ``seen``."""
        address = path if path.startswith("http") else self.url + path
        answer = self._session.get(address, timeout=30, **options)
        assert answer.status_code < 500, f"{path}: {answer.status_code}"
        self.seen[f"{urlsplit(address).path} #{len(self.seen)}"] = _whole(answer)
        return answer

    def post(self, path: str, **form: str) -> requests.Response:
        """Send a form as the page would."""
        token = {"X-CSRFToken": self._session.cookies.get("csrftoken", domain=urlsplit(self.url).hostname) or ""}
        answer = self._session.post(self.url + path, data=form, headers=token, timeout=30, allow_redirects=False)
        assert answer.status_code < 400, f"{path}: {answer.status_code} {answer.text}"
        self.seen[f"POST {path} #{len(self.seen)}"] = answer.content  # its Location leads to TikTok, with our state
        return answer


def _whole(answer: requests.Response) -> bytes:
    return str(answer.headers).encode() + str(answer.cookies).encode() + answer.content


def our_own_secrets() -> Canaries:
    """The keys that encrypt and sign."""
    keys = (base64.urlsafe_b64encode(key).decode() for key in settings.FIELD_ENCRYPTION_KEYS.values())
    return Canaries(settings.SECRET_KEY, *keys)


class Watch:
    """Notes every secret of TikTok as soon as it exists; rotated ones count, too."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self.canaries = our_own_secrets()

    def look(self) -> None:
        """Call it before tokens are replaced."""
        self.canaries.add(*secrets_of_tiktok(self._state))
