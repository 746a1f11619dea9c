"""``make demo`` in a freshly cloned repository: from nothing to a living product, twice."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tiktok.demo.person import Person
from tiktok.demo.program import Program
from tiktok.tests.jobs_process import wait_until

ROOT = Path(__file__).resolve().parents[4]
pytestmark = [pytest.mark.embedded, pytest.mark.timeout(240)]


@contextmanager
def demo(directory: Path) -> Iterator["subprocess.Popen[str]"]:
    """A running demo; ends as by Ctrl-C."""
    command = [sys.executable, "-u", str(ROOT / "manage.py"), "demo", "--data-dir", str(directory)]
    with (directory.parent / "output").open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def welcomed(directory: Path, process: "subprocess.Popen[str]") -> dict[str, Any]:
    """Wait for the login to be printed; what the demo keeps."""
    output = directory.parent / "output"
    while "  password  " not in output.read_text():
        assert process.poll() is None, output.read_text()
        time.sleep(0.1)
    kept: dict[str, Any] = json.loads((directory / "demo.json").read_text())
    assert kept["password"] in output.read_text()
    return kept


def processes_of(directory: Path) -> list[str]:
    """Command lines of living processes whose environment names the demo's directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"DATA_DIR={directory}\0".encode() in (entry / "environ").read_bytes() + b"\0":
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def disconnect_in_tiktok(port: int, user: str) -> None:
    """The user takes the permission back; only a webhook tells of it."""
    requests.post(f"http://127.0.0.1:{port}/_sim/grants/revoke", json={"user": user}, timeout=10).raise_for_status()


def verified_prefixes(kept: dict[str, Any]) -> list[str]:
    """The prefixes from which the simulated TikTok downloads."""
    answer = requests.get(f"http://127.0.0.1:{kept['simulator_port']}/_sim/url-properties", timeout=10).json()
    return [item["value"] for item in answer["items"] if item["is_verified"]]


def count_links(posts: list[dict[str, Any]]) -> int:
    return sum(len(post["share_urls"]) for post in posts)


def test_fresh_demo_lives_and_a_second_start_keeps_everything(tmp_path: Path) -> None:
    directory = tmp_path / "demo"
    with demo(directory) as process:
        kept = welcomed(directory, process)
        program = Program(f"http://127.0.0.1:{kept['port']}", kept["api_key"])
        wait_until(lambda: count_links(program.posts()) == 4, what="TikTok has moderated the public posts")
        accounts, posts = program.accounts(), program.posts()
        assert verified_prefixes(kept) == [f"http://127.0.0.1:{kept['port']}/m/"]
        [refused] = [post for post in posts if post["state"] == "failed"]
        [planned] = [post for post in posts if post["state"] == "scheduled"]
        said = (tmp_path / "output").read_text()
    left_over = processes_of(directory)

    with demo(directory) as process:
        again = welcomed(directory, process)
        url = f"http://127.0.0.1:{again['port']}"
        assert f"{url}/m/" in verified_prefixes(again)
        Person(url).sign_in(again["email"], again["password"])
        later = Program(url, again["api_key"])
        assert (later.accounts(), [post["id"] for post in later.posts()]) == (accounts, [post["id"] for post in posts])
        disconnect_in_tiktok(again["simulator_port"], "tomas-outdoors")
        wait_until(lambda: accounts.keys() - later.accounts() == {"tomas.outdoors"}, what="the webhook was applied")

    assert len(accounts) == 4
    assert sorted(post["state"] for post in posts) == ["draft", "failed", *["published"] * 5, "scheduled"]
    assert count_links(posts) == 4
    assert refused["error"]["tiktok_code"] == "spam_risk_text"
    assert refused["error"]["message"].startswith("TikTok considers the text risky or spam")
    assert planned["timezone"] == "UTC", "the instance’s, so that its pages show one time"
    assert "Accounts" in said
    assert left_over == []
    assert "/invite/" not in (directory / "demo.log").read_text()
    assert (directory / "demo.json").stat().st_mode & 0o777 == 0o600
