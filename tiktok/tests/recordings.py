"""Files as phones, browsers, editors and messengers write them: tracks of ready packets, muxed and patched as asked."""

import atexit
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, cast

import av
from av.audio.stream import AudioStream
from av.stream import Disposition
from av.video.stream import VideoStream
from PIL import Image

TICK: Final = Fraction(1, 120_000)  # holds 1/30, 1001/30000, 1001/24000 and 1 ms without a rest
SIDES: Final = (360, 640)
FRAMES: Final = 60
SOUND_RATE: Final = 48_000
Patch = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is coded: ``colours`` are primaries, transfer function and matrix as ISO 23001-8 numbers them."""

    codec: str = "libx264"
    sides: tuple[int, int] = SIDES
    pixels: str = "yuv420p"
    colours: tuple[int, int, int] = (1, 1, 1)
    values: tuple[int, int, int] = (90, 110, 160)


@dataclass(frozen=True, slots=True)
class Track:
    """One track: a picture (``look``) with a stamp in seconds for each frame, or sound of ``seconds``."""

    look: Look | None = None
    stamps: Sequence[Fraction] = ()
    seconds: float = 0
    codec: str = "aac"
    disposition: int = 0
    turn: int = 0
    timecode: str = ""


def steady(rate: Fraction | int, seconds: float, start: Fraction | int = 0) -> list[Fraction]:
    """Stamps at an even rate."""
    return [Fraction(start) + at / Fraction(rate) for at in range(round(seconds * rate))]


def uneven(rate: float, seconds: float, swing_ms: int = 12) -> list[Fraction]:
    """Stamps in whole milliseconds that come early and late, as a screen is recorded."""
    count = round(seconds * rate)
    return [
        Fraction(round(at * 1000 / rate) + (swing_ms * (at * 7 % 11 - 5) // 5 if at else 0), 1000)
        for at in range(count)
    ]


def picture(stamps: Sequence[Fraction], look: Look = Look(), **more: Any) -> Track:
    """A video track."""
    return Track(look, stamps, **more)


def sound(seconds: float, codec: str = "aac") -> Track:
    """A sound track, silent."""
    return Track(seconds=seconds, codec=codec)


OPTIONS: Final = {
    "libx264": {"preset": "ultrafast", "g": "30"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none:keyint=30:bframes=0"},
    "libsvtav1": {"preset": "12", "svtav1-params": "lp=1"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
}


@lru_cache(maxsize=1)
def _folder() -> Path:
    folder = TemporaryDirectory(prefix="recordings-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


@lru_cache
def _coded(look: Look) -> Path:
    """A second or two of this picture in Matroska, from which the packets are taken."""
    path = _folder() / f"{abs(hash(look))}.mkv"
    with av.open(str(path), "w") as out:
        stream = cast(VideoStream, out.add_stream(look.codec, rate=30, options=OPTIONS.get(look.codec, {})))
        stream.width, stream.height, stream.pix_fmt = *look.sides, look.pixels
        context = stream.codec_context
        context.thread_count, context.max_b_frames = 1, 0
        context.color_primaries, context.color_trc, context.colorspace = look.colours
        context.color_range = 1
        for at in range(FRAMES):
            out.mux(stream.encode(_frame(look, at)))
        out.mux(stream.encode(None))
    return path


def _frame(look: Look, at: int) -> av.VideoFrame:
    frame = av.VideoFrame(*look.sides, look.pixels)
    for number, plane in enumerate(frame.planes):
        value = look.values[number] + (at % 8 if not number and look.values[0] == 90 else 0)
        is_wide = "10" in look.pixels
        plane.update((struct.pack("<H", value) if is_wide else bytes([value])) * (plane.buffer_size // (1 + is_wide)))
    frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range = *look.colours, 1
    frame.pts, frame.time_base = at, Fraction(1, 30)
    return frame


@lru_cache
def _spoken(codec: str) -> Path:
    path = _folder() / f"sound-{codec}.mkv"
    with av.open(str(path), "w") as out:
        stream = cast(AudioStream, out.add_stream(codec, rate=SOUND_RATE))
        kind = "s16" if codec == "pcm_s16le" else "flt" if codec == "libopus" else "fltp"
        for at in range(50):
            frame = av.AudioFrame(format=kind, layout="mono", samples=960 if codec == "libopus" else 1024)
            frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, at * frame.samples, Fraction(1, SOUND_RATE)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@dataclass(slots=True)
class _Muxing:
    stream: Any
    packets: list[tuple[bytes, bool]]
    stamps: list[Fraction]
    lengths: list[Fraction] = field(default_factory=list)

    def timed(self) -> Iterator[tuple[Fraction, "av.Packet[Any]"]]:
        for at, (stamp, length) in enumerate(zip(self.stamps, self.lengths, strict=True)):
            content, is_key = self.packets[at % len(self.packets)]
            packet = av.Packet(content)
            packet.stream, packet.is_keyframe, packet.time_base = self.stream, is_key, TICK
            packet.pts = packet.dts = round(stamp / TICK)
            packet.duration = round(length / TICK)
            yield stamp, packet


def write(path: Path, *tracks: Track, container: str = "", options: dict[str, str] | None = None) -> bytes:
    """Mux the tracks in the order of their times, and give the file's bytes."""
    name = container or {".mov": "mov", ".webm": "webm", ".mkv": "matroska"}.get(path.suffix, "mp4")
    with av.open(str(path), "w", format=name, options=options or {}) as out:
        parts = [_muxing(out, track) for track in tracks]
        timed = sorted((item for part in parts for item in part.timed()), key=lambda item: item[0])
        for _, packet in timed:
            out.mux(packet)
    return path.read_bytes()


def write_reordered(path: Path) -> bytes:
    """Two seconds of H.264 at 30 fps whose frames are not coded in the order in which they are shown."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=30, options={"preset": "veryfast", "g": "60"})
        stream.width, stream.height, stream.pix_fmt = *SIDES, "yuv420p"
        stream.codec_context.max_b_frames, stream.codec_context.thread_count = 3, 1
        for at in range(FRAMES):
            out.mux(stream.encode(_frame(Look(), at)))
        out.mux(stream.encode(None))
    return path.read_bytes()


def _muxing(out: Any, track: Track) -> _Muxing:
    with av.open(str(_coded(track.look) if track.look else _spoken(track.codec))) as source:
        origin = source.streams[0]
        packets = [(bytes(packet), packet.is_keyframe) for packet in source.demux(origin) if packet.size]
        stream = out.add_stream_from_template(origin, opaque=True)
    stream.time_base = TICK if track.look else Fraction(1, SOUND_RATE)
    if track.disposition:
        stream.disposition = Disposition(track.disposition)
    if track.turn:
        stream.set_display_rotation(track.turn)
    if track.timecode:
        stream.metadata["timecode"] = track.timecode
    stamps = list(track.stamps) or _sound_stamps(track)
    gaps = [later - sooner for sooner, later in pairwise(stamps)]
    last = gaps[-1] if gaps else Fraction(track.seconds or 1).limit_denominator(1000)
    return _Muxing(stream, packets, stamps, [*gaps, last])


def _sound_stamps(track: Track) -> list[Fraction]:
    step = Fraction(960 if track.codec == "libopus" else 1024, SOUND_RATE)
    return [at * step for at in range(max(1, round(track.seconds / step)))]


# Patches of MP4.


def box(kind: bytes, content: bytes) -> bytes:
    """A box of MP4."""
    return struct.pack(">I", 8 + len(content)) + kind + content


def boxes(content: bytes) -> list[tuple[bytes, bytes]]:
    """Name and whole bytes of each box, in their order."""
    found, at = [], 0
    while at + 8 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        found.append((content[at + 4 : at + 8], content[at : at + size]))
        at += size
    return found


def branded(major: bytes, *compatible: bytes) -> Patch:
    """With another ftyp of the same length."""

    def patch(content: bytes) -> bytes:
        size = int.from_bytes(content[:4], "big")
        codes = b"".join(compatible).ljust(size - 16, b"\0")
        return content[:8] + major + content[12:16] + codes[: size - 16] + content[size:]

    return patch


def with_matrix(a: int, b: int, c: int, d: int) -> Patch:
    """With this matrix on the first track: each number is -1, 0 or 1."""

    def patch(content: bytes) -> bytes:
        at = content.index(b"tkhd") + 4 + 40
        values = [number << 16 for number in (a, b)] + [0] + [number << 16 for number in (c, d)] + [0, 0, 0, 1 << 30]
        return content[:at] + struct.pack(">9i", *values) + content[at + 36 :]

    return patch


def with_tags_first(content: bytes) -> bytes:
    """The tags before the tracks, as taggers put them where there were none. The index must be the last box."""
    parts = dict(boxes(content))
    inner = boxes(parts[b"moov"][8:])
    inner.sort(key=lambda part: (b"mvhd", b"udta").index(part[0]) if part[0] in (b"mvhd", b"udta") else 2)
    assert boxes(content)[-1][0] == b"moov"
    return content[: -len(parts[b"moov"])] + box(b"moov", b"".join(whole for _, whole in inner))


def trimmed(start_ms: int, length_ms: int) -> Patch:
    """With an edit list on every track that shows only a part, as a phone trims. The index must be the last box."""

    def patch(content: bytes) -> bytes:
        parts = boxes(content)
        assert parts[-1][0] == b"moov"
        inner = b"".join(_trim(whole) if name == b"trak" else whole for name, whole in boxes(parts[-1][1][8:]))
        return content[: -len(parts[-1][1])] + box(b"moov", inner)

    def _trim(trak: bytes) -> bytes:
        inner = [(name, whole) for name, whole in boxes(trak[8:]) if name != b"edts"]
        scale_at = trak.index(b"mdhd") + 4 + 12
        scale = int.from_bytes(trak[scale_at : scale_at + 4], "big")
        edit = struct.pack(">IIIiI", 0, 1, length_ms, start_ms * scale // 1000, 1 << 16)
        edts = (b"edts", box(b"edts", box(b"elst", edit)))
        return box(b"trak", b"".join(whole for _, whole in (inner[0], edts, *inner[1:])))

    return patch


def disabled_first(content: bytes) -> bytes:
    """With the first track switched off."""
    at = content.index(b"tkhd") + 4
    return content[: at + 3] + b"\0" + content[at + 4 :]


def with_document_type(name: bytes) -> Patch:
    """A Matroska file that calls itself something shorter."""
    return replaced(b"\x42\x82\x88matroska", b"\x42\x82\x88" + name.ljust(8, b"\0"))


def without_lengths(content: bytes) -> bytes:
    """An MP4 whose frames all last no time. Each track has one entry that says how long its frames last."""
    at = content.index(b"stts") + 16
    return content[:at] + bytes(4) + content[at + 4 :]


def replaced(old: bytes, new: bytes) -> Patch:
    """With other bytes of the same length, everywhere."""
    assert len(old) == len(new)
    return lambda content: content.replace(old, new)


def cut(share: float) -> Patch:
    """Its beginning only."""
    return lambda content: content[: int(len(content) * share)]


def zeroed(start: float, end: float) -> Patch:
    """With zeros in place of a part, as a download leaves them that had room reserved."""

    def patch(content: bytes) -> bytes:
        first, last = int(len(content) * start), int(len(content) * end)
        return content[:first] + bytes(last - first) + content[last:]

    return patch


def without(*names: bytes) -> Patch:
    """Without these outermost boxes."""
    return lambda content: b"".join(whole for name, whole in boxes(content) if name not in names)


def image(kind: str) -> bytes:
    """An image of 360 × 640, in one of Pillow's formats."""
    path = _folder() / f"image.{kind}"
    Image.new("RGB", SIDES, "teal").save(path, kind.upper())
    return path.read_bytes()
