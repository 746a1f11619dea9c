"""URL properties: how a prefix is verified, and what it then covers."""

import pytest

from tiktok.tests.integration.simulator.talk import Talk
from tiktok.tests.media_server import MediaServer
from tiktok.tests.simulator_process import ControlError, Simulator


def test_prefix_is_verified_by_the_file_at_it(talk: Talk, tiktok: Simulator, token: str, media: MediaServer) -> None:
    tiktok.remove_prefix(media.prefix)
    offered = tiktok.add_prefix(media.prefix)
    before = talk.pull(token, media.url("clip.mp4")).code
    media.add(offered.file_name, offered.file_content.encode() + b"\n")
    verified = tiktok.verify_prefix(media.prefix)

    assert (offered.is_verified, before) == (False, "url_ownership_unverified")
    assert verified.is_verified
    assert talk.pull(token, media.url("clip.mp4")).code == "ok"


def test_file_keeps_its_name_until_the_prefix_is_verified(tiktok: Simulator, media: MediaServer) -> None:
    tiktok.remove_prefix(media.prefix)

    assert tiktok.add_prefix(media.prefix) == tiktok.add_prefix(media.prefix)
    assert [found.value for found in tiktok.url_properties()] == [media.prefix]


@pytest.mark.parametrize(
    ("statuses", "content", "fault"),
    [([404], b"", "answers 404"), ([302], b"", "answers 302"), ([], b"something else", "has other content")],
)
def test_missing_or_wrong_file_is_named(
    tiktok: Simulator, media: MediaServer, statuses: list[int], content: bytes, fault: str
) -> None:
    tiktok.remove_prefix(media.prefix)
    media.add(tiktok.add_prefix(media.prefix).file_name, content).statuses = statuses

    with pytest.raises(ControlError, match=fault):
        tiktok.verify_prefix(media.prefix)
    assert [found.is_verified for found in tiktok.url_properties()] == [False]


def test_server_that_is_gone_is_named(tiktok: Simulator) -> None:
    tiktok.add_prefix("http://127.0.0.1:1/m/")

    with pytest.raises(ControlError, match="cannot be reached"):
        tiktok.verify_prefix("http://127.0.0.1:1/m/")


@pytest.mark.parametrize("prefix", ["http://clips.example/m/", "https://clips.example/m", "https://10.0.0.7/m/"])
def test_impossible_prefix_is_refused(tiktok: Simulator, prefix: str) -> None:
    with pytest.raises(ControlError, match="a prefix is"):
        tiktok.add_prefix(prefix)


def test_loopback_is_no_prefix_without_the_option() -> None:
    strict = Simulator(loopback=False).start()
    with pytest.raises(ControlError, match="https"):
        strict.trust_prefix("http://127.0.0.1:8001/m/")

    strict.stop()


def test_domain_cannot_be_checked_here(tiktok: Simulator) -> None:
    with pytest.raises(ControlError, match="no DNS"):
        tiktok.post("url-properties", domain="clips.example")


def test_unknown_property_cannot_be_verified(tiktok: Simulator) -> None:
    with pytest.raises(ControlError, match="has no prefix"):
        tiktok.verify_prefix("https://clips.example/m/")
