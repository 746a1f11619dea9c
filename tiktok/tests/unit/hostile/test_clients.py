"""The requests of the hostile clients, and their addresses."""

import hashlib
import json
from collections import Counter
from pathlib import Path

import av
import pytest

from tiktok.tests.hostile.attack import half_sent_source
from tiktok.tests.hostile.bombs import (
    EDITS,
    SAMPLES,
    UNKNOWN_KEYS,
    NotAnMp4,
    PaddedVideo,
    box,
    boxes,
    edit_list_bomb,
    json_bomb,
)
from tiktok.tests.hostile.caddy import NoUpstream, local_caddyfile
from tiktok.tests.hostile.machine import Running, split_memory
from tiktok.tests.hostile.uploads import pause_s
from tiktok.tests.hostile.wire import NONE, Target, head, parsed
from tiktok.tests.jobs_process import ROOT
from tiktok.tests.videos import make_video


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_video(tmp_path_factory.mktemp("video") / "clip.mp4").read_bytes()


def test_edit_list_bomb_is_small_and_announces_many_samples_and_edits(video: bytes) -> None:
    bomb = edit_list_bomb(video)

    assert len(bomb) < 250_000
    assert bomb.count(b"elst") == bomb.count(b"stsz") == 1
    at = bomb.index(b"elst")
    assert int.from_bytes(bomb[at + 8 : at + 12]) == EDITS
    at = bomb.index(b"stsz")
    assert int.from_bytes(bomb[at + 12 : at + 16]) == SAMPLES
    assert [kind for kind, _ in boxes(bomb)] == [b"ftyp", b"mdat", b"moov"]


def test_padded_video_has_its_size_and_still_plays(video: bytes, tmp_path: Path) -> None:
    padded = PaddedVideo(video, len(video) + 10_000, number=7)
    content = padded.read(0, padded.size_bytes)
    (tmp_path / "padded.mp4").write_bytes(content)

    assert len(content) == padded.size_bytes
    assert padded.sha256() == hashlib.sha256(content).hexdigest()
    with av.open(str(tmp_path / "padded.mp4")) as container:
        assert len(list(container.decode(video=0))) == 60


def test_padded_videos_differ_and_read_the_same_in_pieces(video: bytes) -> None:
    first, second = (PaddedVideo(video, len(video) + 500, number) for number in (1, 2))
    pieces = [first.read(at, 1000) for at in range(0, first.size_bytes, 1000)]

    assert first.sha256() != second.sha256()
    assert b"".join(pieces) == first.read(0, first.size_bytes)


def test_video_does_not_fit_into_less_than_its_own_bytes(video: bytes) -> None:
    with pytest.raises(ValueError, match="do not hold"):
        PaddedVideo(video, len(video), number=1)


@pytest.mark.parametrize("content", [b"\0\0\0", b"\0\0\0\x04free", b"\0\0\0\x20free"])
def test_bytes_that_are_no_boxes_are_refused(content: bytes) -> None:
    with pytest.raises(NotAnMp4):
        list(boxes(content))


def test_box_is_read_as_it_was_written() -> None:
    assert list(boxes(box(b"free", b"ab", b"c") + box(b"mdat"))) == [(b"free", b"abc"), (b"mdat", b"")]


def test_json_bomb_has_two_megabytes_of_unknown_keys() -> None:
    bomb = json_bomb()

    assert 2_000_000 < len(bomb) < 2_500_000
    assert len(json.loads(bomb)) == UNKNOWN_KEYS


def test_four_in_ten_half_sent_requests_share_one_address() -> None:
    sources = Counter(half_sent_source(number, 1000) for number in range(1000))

    assert sources.pop("127.0.9.9") == 400
    assert set(sources.values()) == {50}


def test_caddyfile_of_the_deployment_is_brought_to_loopback() -> None:
    text = local_caddyfile((ROOT / "deploy" / "Caddyfile").read_text(), "127.0.0.1:9")

    assert "reverse_proxy 127.0.0.1:9" in text
    assert "web:8000" not in text
    assert text.count("default_bind 127.0.0.1") == 1


def test_global_options_of_a_caddyfile_are_kept() -> None:
    text = local_caddyfile("# About it.\n{\n\tgrace_period 5s\n}\nsite {\n\treverse_proxy web:8000\n}\n", "127.0.0.1:9")

    assert text.startswith("# About it.\n{\n\tadmin off\n")
    assert "\tdefault_bind 127.0.0.1\n\tgrace_period 5s\n}\nsite {" in text


def test_caddyfile_without_the_web_service_is_refused() -> None:
    with pytest.raises(NoUpstream):
        local_caddyfile("site {\n\trespond ok\n}\n", "127.0.0.1:9")


def test_answer_is_parsed_and_an_empty_one_is_none() -> None:
    answer = parsed(b"HTTP/1.1 204 No Content\r\nUpload-Offset: 12\r\n\r\nrest")

    assert (answer.status, answer.headers["upload-offset"], answer.body) == (204, "12", b"rest")
    assert parsed(b"") == NONE


def test_request_names_the_target() -> None:
    target = Target.of("https://localhost:8443")

    assert target == Target(8443, "localhost", is_tls=True)
    assert head(target, "GET", "/", {}) == b"GET / HTTP/1.1\r\nHost: localhost:8443\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(("header", "seconds"), [("3", 3), ("900", 10), ("soon", 2), ("", 2)])
def test_client_waits_as_long_as_the_server_asks_within_reason(header: str, seconds: float) -> None:
    assert pause_s({"retry-after": header}) == seconds


def test_memory_of_a_tree_is_split_by_what_its_processes_do() -> None:
    found = {
        1: Running(1, 0, "python manage.py up --bind x", 1),
        2: Running(2, 1, "python manage.py jobs", 2),
        3: Running(3, 1, "python manage.py serve", 4),
        4: Running(4, 3, "python -m tiktok.media.probe_child a b", 8),
        5: Running(5, 2, "python -m tiktok.media.probe_child c d", 16),
        6: Running(6, 0, "something else", 32),
    }

    assert split_memory(1, found) == (4, 2, 24)
