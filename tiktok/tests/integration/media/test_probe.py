"""The probe on real videos and on files that mean harm."""

import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from django.conf import settings
from PIL import Image

from tiktok.media import probe, storage
from tiktok.media.facts import Facts, problems_of
from tiktok.media.probe import CheckLater
from tiktok.media.refusals import ContentRefused, refusal_text
from tiktok.tests.children import peak_of_probe_kb
from tiktok.tests.jobs_process import wait_until
from tiktok.tests.videos import make_large_video, make_video


def examine(path: Path, thumbnail: Path | None = None) -> Facts:
    return probe.probe(path, thumbnail or path.with_suffix(".thumbnail"), path.with_suffix(".copy"), lambda: None)


def refused(tmp_path: Path, content: bytes) -> str:
    path = tmp_path / "upload"
    path.write_bytes(content)
    with pytest.raises(ContentRefused) as refusal:
        examine(path)
    assert refusal_text(refusal.value.code)
    return refusal.value.code


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def boxes(content: bytes) -> dict[bytes, bytes]:
    found, at = {}, 0
    while at < len(content):
        size = struct.unpack(">I", content[at : at + 4])[0]
        found[content[at + 4 : at + 8]] = content[at : at + size]
        at += size
    return found


def test_good_video_has_facts_and_a_thumbnail(clip: Path, tmp_path: Path) -> None:
    facts = examine(clip, tmp_path / "thumbnail")

    assert facts == Facts("video/mp4", "h264", 360, 640, 30.0, 2000, False, True)
    assert problems_of(facts) == []
    with Image.open(tmp_path / "thumbnail") as image:
        assert (image.format, image.size) == ("JPEG", (360, 640))


@pytest.mark.parametrize(
    ("name", "codec", "content_type", "shown"),
    [
        ("a.mov", "libx264", "video/quicktime", "h264"),
        ("a.webm", "libvpx", "video/webm", "vp8"),
        ("a.mp4", "libx265", "video/mp4", "hevc"),
    ],
)
def test_container_is_recognized_by_its_content(
    tmp_path: Path, name: str, codec: str, content_type: str, shown: str
) -> None:
    path = make_video(tmp_path / name, seconds=1, codec=codec).rename(tmp_path / "video.txt")
    facts = examine(path)

    assert (facts.content_type, facts.codec, problems_of(facts)) == (content_type, shown, [])


def test_matroska_file_is_read_and_its_container_named(tmp_path: Path) -> None:
    facts = examine(make_video(tmp_path / "a.mkv", seconds=1))

    assert [problem["code"] for problem in problems_of(facts)] == ["container"]


def test_large_video_is_really_decodable(tmp_path: Path) -> None:
    path = make_large_video(tmp_path / "large.mp4")

    assert path.stat().st_size > 70_000_000
    assert examine(path) == Facts("video/mp4", "h264", 1080, 1920, 30.0, 30_000, False, True)
    with av.open(str(path)) as container:
        container.seek(29_000_000)
        assert sum(1 for _ in container.decode(video=0)) >= 30


HOSTILE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "unknown_format"),
    "text": (b"just text, whatever its name says\n" * 50, "unknown_format"),
    "an HLS playlist": (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", "unknown_format"),
    "a concat script": (b"ffconcat version 1.0\nfile /etc/passwd\n", "unknown_format"),
    "an SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>', "svg"),
    "a ZIP": (b"PK\x03\x04" + bytes(400), "unknown_format"),
    "a GIF": (b"GIF89a" + bytes(400), "gif"),
    "an MP4's first bytes": (box(b"ftyp", b"isom\0\0\2\0isomiso2"), "incomplete"),
    "boxes of nonsense": (box(b"ftyp", b"isom\0\0\2\0isom") + box(b"moov", b"\xff" * 4000), "incomplete"),
    "a box that claims more than there is": (
        box(b"ftyp", b"isom\0\0\2\0isom") + struct.pack(">I", 0x7FFFFFFF) + b"moov" + bytes(64), "incomplete",
    ),
    "Matroska without tracks": (b"\x1a\x45\xdf\xa3\x84\x42\x82\x81w" + bytes(200), "incomplete"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_refused_by_its_content(tmp_path: Path, name: str) -> None:
    content, code = HOSTILE[name]

    assert refused(tmp_path, content) == code


def test_header_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    bomb = zlib.compress(bytes(1 << 27), 9)
    packed = box(b"dcom", b"zlib") + box(b"cmvd", struct.pack(">I", (1 << 31) - 10) + bomb)

    assert refused(tmp_path, box(b"ftyp", b"qt  \0\0\0\0qt  ") + box(b"moov", box(b"cmov", packed))) in {
        "incomplete",
        "too_heavy",
    }


def test_video_without_its_index_is_refused(clip: Path, tmp_path: Path) -> None:
    parts = boxes(clip.read_bytes())

    assert refused(tmp_path, parts[b"ftyp"] + parts[b"mdat"]) == "incomplete"


@pytest.mark.parametrize("share", [0.4, 0.7, 0.97])
def test_video_that_was_cut_off_is_refused(clip: Path, tmp_path: Path, share: float) -> None:
    content = clip.read_bytes()

    assert refused(tmp_path, content[: int(len(content) * share)]) == "incomplete"


def test_webm_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    content = make_video(tmp_path / "a.webm", seconds=4, codec="libvpx").read_bytes()

    assert refused(tmp_path, content[: len(content) // 3]) == "incomplete"


def test_huge_dimensions_are_never_decoded(tmp_path: Path) -> None:
    content = make_video(tmp_path / "a.webm", seconds=1, codec="libvpx").read_bytes()
    vp8_key_frame, matroska_width, matroska_height = b"\x9d\x01\x2a", b"\xb0\x82", b"\xba\x82"
    for old, new in (
        (vp8_key_frame + struct.pack("<HH", 360, 640), vp8_key_frame + struct.pack("<HH", 16383, 16383)),
        (matroska_width + struct.pack(">H", 360), matroska_width + struct.pack(">H", 16383)),
        (matroska_height + struct.pack(">H", 640), matroska_height + struct.pack(">H", 16383)),
    ):
        assert content.count(old) == 1
        content = content.replace(old, new)
    path = tmp_path / "upload"
    path.write_bytes(content)

    facts = examine(path, tmp_path / "thumbnail")

    assert (facts.width, facts.height, facts.is_decodable) == (16383, 16383, None)
    assert "too_big" in [problem["code"] for problem in problems_of(facts)]
    assert not (tmp_path / "thumbnail").exists()


def test_file_with_sound_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=48_000)
        frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        frame.sample_rate = 48_000
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))

    assert refused(tmp_path, path.read_bytes()) == "no_picture"


def test_child_that_hangs_is_ended_without_a_verdict(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "WALL_S", -clip.stat().st_size)

    with pytest.raises(CheckLater):
        examine(clip, tmp_path / "thumbnail")


def script(tmp_path: Path, *lines: str) -> str:
    """A program in place of the interpreter."""
    path = tmp_path / "child"
    path.write_text("\n".join(["#!/bin/sh", *lines]))
    path.chmod(0o700)
    return str(path)


@pytest.mark.parametrize("line", ["kill -KILL $$", "kill -TERM $$", "exit 1"])
def test_child_that_was_ended_from_outside_is_no_verdict(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setattr(sys, "executable", script(tmp_path, line))

    with pytest.raises(CheckLater):
        examine(clip)


@pytest.mark.parametrize(
    ("line", "code"),
    [("kill -XCPU $$", "too_heavy"), ("kill -SEGV $$", "unreadable"), (f"exit {probe.CRASHED}", "unreadable")],
)
def test_child_that_fails_by_the_content_refuses_it(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, code: str
) -> None:
    monkeypatch.setattr(sys, "executable", script(tmp_path, line))

    with pytest.raises(ContentRefused, match=code):
        examine(clip)


def test_slow_machine_changes_no_verdict(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the child for longer than any limit, then continue it."""
    slow = script(tmp_path, f'sleep 0.3; exec {sys.executable} "$@"')
    monkeypatch.setattr(sys, "executable", slow)
    monkeypatch.setattr(probe, "TICK_S", 0.1)

    assert examine(clip, tmp_path / "thumbnail").width == 360


def test_full_disk_under_the_thumbnail_is_no_verdict(clip: Path) -> None:
    with pytest.raises(CheckLater, match="disk_full"):
        examine(clip, Path("/dev/full"))


def test_child_ends_with_the_process_that_asks(clip: Path, tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, sys.executable, str(clip), str(tmp_path / "thumbnail")],
        stdout=subprocess.PIPE, text=True, cwd=settings.BASE_DIR,
    )  # fmt: skip
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    wait_until(lambda: not Path(f"/proc/{child}").exists() or is_zombie(child), what="the child has ended")


def test_child_comes_after_everything_else() -> None:
    code = (
        "import os, pathlib; from tiktok.media import probe_child as child; child.step_back();"
        "print(os.nice(0), pathlib.Path('/proc/self/autogroup').read_text())"
    )
    if not Path("/proc/self/autogroup").exists():
        pytest.skip("this kernel does not share the processor out by session")

    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=settings.BASE_DIR,
        start_new_session=True,
    ).stdout.split()  # fmt: skip

    assert (said[0], said[-2:]) == ("10", ["nice", "10"])


# It starts a child that waits forever in its last step, and says which process that is.
PARENT = """
import os, subprocess, sys
code = (
    "import sys, time; from tiktok.media import probe_child as child; child.end_with(int(sys.argv[1]));"
    "print('ready', flush=True); time.sleep(600)"
)
child = subprocess.Popen([sys.argv[1], "-c", code, str(os.getpid())], stdout=subprocess.PIPE, start_new_session=True)
child.stdout.readline()
print(child.pid, flush=True)
child.wait()
"""


def is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def bomb(clip: Path, samples: int, edits: int) -> bytes:
    """A small MP4 whose index unpacks to gigabytes: so many samples, shown by so many edits."""
    parts = boxes(clip.read_bytes())
    moov = parts[b"moov"]
    trak_at = moov.index(b"trak") - 4
    trak = moov[trak_at : trak_at + struct.unpack(">I", moov[trak_at : trak_at + 4])[0]]
    inner = boxes(trak[8:])
    edit = struct.pack(">IiI", 13_000, 0, 1 << 16)
    inner[b"edts"] = box(b"edts", box(b"elst", struct.pack(">II", 0, edits) + edit * edits))
    media = {name: content for name, content in inner.items() if name != b"edts"}
    mdia = boxes(media[b"mdia"][8:])
    minf = boxes(mdia[b"minf"][8:])
    stbl = boxes(minf[b"stbl"][8:])
    stbl[b"stts"] = box(b"stts", struct.pack(">IIII", 0, 1, samples, 1))
    stbl[b"stsz"] = box(b"stsz", struct.pack(">III", 0, 1, samples))
    stbl[b"stsc"] = box(b"stsc", struct.pack(">IIIII", 0, 1, 1, samples, 1))
    stbl[b"stco"] = box(b"stco", struct.pack(">III", 0, 1, 48))
    for extra in (b"stss", b"ctts", b"sgpd", b"sbgp"):
        stbl.pop(extra, None)
    minf[b"stbl"] = box(b"stbl", b"".join(stbl.values()))
    mdia[b"minf"] = box(b"minf", b"".join(minf.values()))
    media[b"mdia"] = box(b"mdia", b"".join(mdia.values()))
    whole = box(b"trak", media[b"tkhd"] + inner[b"edts"] + media[b"mdia"])
    others = b"".join(content for name, content in boxes(moov[8:]).items() if name == b"mvhd")
    return parts[b"ftyp"] + box(b"mdat", bytes(samples)) + box(b"moov", others + whole)


def test_edit_list_bomb_is_refused_within_its_memory(clip: Path, tmp_path: Path) -> None:
    content = bomb(clip, samples=200_000, edits=10_000)
    assert len(content) < 500_000

    assert {refused(tmp_path, content) for _ in range(2)} == {"too_heavy"}
    assert peak_of_probe_kb(tmp_path / "upload") < 620_000


def test_video_with_one_key_frame_is_examined_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "one.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=30, options={"preset": "ultrafast", "g": "1000", "keyint_min": "1000"})
        stream.width, stream.height = 360, 640
        for _ in range(300):
            out.mux(stream.encode(av.VideoFrame(360, 640, "yuv420p")))
        out.mux(stream.encode(None))

    facts = examine(path, tmp_path / "thumbnail")
    assert (facts.duration_ms, facts.is_decodable) == (10_000, True)


@pytest.mark.parametrize(
    "said", [b"", b"[]", b"{", b'{"codec": 1}', b'{"refused": "x"}', b"\xff\xfe", b"[" * 9000], ids=repr
)
def test_child_that_was_taken_over_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: bytes, fake_child: Callable[[bytes], str]
) -> None:
    monkeypatch.setattr(sys, "executable", fake_child(said))

    assert refused(tmp_path, b"anything") == "unknown_format"


@pytest.fixture
def fake_child(tmp_path: Path) -> Callable[[bytes], str]:
    """A program with a given output, in place of the interpreter."""

    def write(said: bytes) -> str:
        (tmp_path / "said").write_bytes(said)
        return script(tmp_path, f"cat {tmp_path}/said")

    return write


def test_child_gets_none_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clip: Path) -> None:
    monkeypatch.setenv("SECRET_KEY", "canary-key")
    monkeypatch.setattr(sys, "executable", script(tmp_path, f"env > {tmp_path}/environment"))

    with pytest.raises(ContentRefused):
        examine(clip, tmp_path / "thumbnail")
    assert "canary-key" not in (tmp_path / "environment").read_text()


def test_fingerprint_is_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    prints = probe.fingerprint(path, lambda: None)

    assert prints.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert (prints.size_bytes, prints.inode) == (3, path.stat().st_ino)


def test_inode_of_64_bits_fits_its_column(tmp_path: Path) -> None:
    mode, _inode, *rest = tmp_path.stat()
    numbered = os.stat_result((mode, 2**64 - 5, *rest))
    assert storage.inode_of(numbered) == 2**63 - 5
