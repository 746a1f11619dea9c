"""The probe's child process: ``python -m tiktok.media.probe_child PATH THUMBNAIL PARENT`` prints one JSON object.

It reads a stranger's file with FFmpeg, so it runs alone, under limits, without the parent's environment, and the
parent believes nothing it says. Imports neither Django nor settings.

The limits depend on the file alone: CPU time and memory, never the time of day, which a busy machine stretches. So the
same file gets the same answer whatever else runs. PARENT is the process that asks; the child ends with it.
"""

import av  # first: the limits below would not let it load

# isort: split
import ctypes
import errno
import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

# Enough for the headers of any video that TikTok takes; the picture adds what its size needs, up to the limit.
MEMORY_BYTES: Final = 512 * 1024**2
MEMORY_MOST_BYTES: Final = 1024**3
MEMORY_BESIDE_PICTURE_BYTES: Final = 256 * 1024**2
BYTES_PER_PIXEL: Final = 24 * 3  # 24 frames of 10-bit 4:2:0
CPU_S: Final = 20
CPU_BYTES_PER_S: Final = 50_000_000  # a large file may take longer: without an index all of it is read
NICENESS: Final = 10  # one file still gets a tenth of a core on the busiest machine, and so its verdict
FILE_BYTES: Final = 8 * 1024**2
OPEN_FILES: Final = 32
DEMUXERS: Final = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"
DECODABLE_PIXELS: Final = 8192 * 4320
THUMBNAIL_SIDE: Final = 640
MP4_FIRST_BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp"})
EBML: Final = b"\x1a\x45\xdf\xa3"
QUARTER_TURNS: Final = {
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}


CRASHED: Final = 70  # exit status: the content made this program fail
PR_SET_PDEATHSIG: Final = 1
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class Refusal(Exception):
    """The content is none we take; the text is a code the parent knows."""


def end_with(parent: int) -> None:
    """Have the kernel end this process when its parent ends (Linux); at once if that has happened already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def step_back() -> None:
    """Leave the processor to everything else. Where Linux shares it out by session, niceness counts inside of one."""
    os.nice(NICENESS)
    with suppress(OSError):  # a kernel without autogroups
        Path("/proc/self/autogroup").write_text(str(NICENESS))


def limit(size: int) -> None:
    """Give up rights that reading a video of ``size`` bytes does not need."""
    step_back()
    cpu_s = CPU_S + size // CPU_BYTES_PER_S
    for what, soft, hard in (
        (resource.RLIMIT_AS, MEMORY_BYTES, MEMORY_MOST_BYTES),
        (resource.RLIMIT_CPU, cpu_s, cpu_s + 5),
        (resource.RLIMIT_FSIZE, FILE_BYTES, FILE_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(what, (soft, hard))


def allow_picture(pixels: int) -> None:
    """Raise the memory limit to what decoding a picture of that size needs."""
    needed = MEMORY_BESIDE_PICTURE_BYTES + pixels * BYTES_PER_PIXEL
    if needed > MEMORY_BYTES:
        resource.setrlimit(resource.RLIMIT_AS, (min(needed, MEMORY_MOST_BYTES), MEMORY_MOST_BYTES))


def is_out_of_memory(error: BaseException) -> bool:
    """Whether FFmpeg or Python met the memory limit."""
    return isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM


def family(head: bytes) -> str:
    """Which family of containers the first bytes belong to."""
    if head[:4] == EBML:
        return "matroska"
    if head[4:8] in MP4_FIRST_BOXES:
        return "mov"
    raise Refusal("not_video")


def brand(head: bytes, kind: str) -> str:
    """MP4's major brand, or Matroska's document type."""
    if kind == "mov":
        return head[8:12].decode("latin-1") if head[4:8] == b"ftyp" else "qt  "
    at = head.find(b"\x42\x82")
    length = head[at + 2] & 0x7F if at > 0 else 0
    return head[at + 3 : at + 3 + length].decode("latin-1") if 0 < length < 16 else ""


def open_video(path: str) -> InputContainer:
    """Open with the demuxers of MP4, MOV and Matroska alone, and no protocol but the file itself."""
    options = {"format_whitelist": DEMUXERS, "protocol_whitelist": "file", "enable_drefs": "0"}
    try:
        container = av.open(f"file:{path}", "r", container_options=options, metadata_errors="replace")
    except (av.error.FFmpegError, ValueError) as error:
        raise Refusal("too_heavy" if is_out_of_memory(error) else "incomplete") from error
    if not container.streams.video:
        raise Refusal("no_picture" if container.streams.audio else "incomplete")
    return container


def rate(value: Fraction | None) -> float | None:
    """A frame rate as a number; None for FFmpeg's ways of saying that it does not know."""
    return float(value) if value and value.denominator and 0 < value <= 1000 else None


def facts(container: InputContainer, stream: VideoStream) -> dict[str, Any]:
    """What the headers say."""
    duration = container.duration / 1_000_000 if container.duration and container.duration > 0 else None
    audio = container.streams.audio
    return {
        "codec": stream.codec_context.name,
        "width": stream.codec_context.width,
        "height": stream.codec_context.height,
        "fps": rate(stream.average_rate),
        "fps_real": rate(stream.base_rate),
        "duration_s": duration,
        "audio": audio[0].codec_context.name if audio and audio[0].codec_context else "",
    }


def first_frame(container: InputContainer, stream: VideoStream, at_s: float) -> VideoFrame | None:
    """The first frame at or after the key frame before ``at_s``; None when nothing can be decoded."""
    stream.codec_context.thread_count = 1
    try:
        container.seek(int(at_s * av.time_base))
        return next(iter(container.decode(stream)), None)
    except av.error.FFmpegError as error:
        if is_out_of_memory(error):
            raise Refusal("too_heavy") from error
        return None


def write_thumbnail(frame: VideoFrame, path: str) -> None:
    """A JPEG of the frame, upright, its longer side at most THUMBNAIL_SIDE."""
    scale = min(1.0, THUMBNAIL_SIDE / max(frame.width, frame.height))
    width, height = max(2, round(frame.width * scale)), max(2, round(frame.height * scale))
    image: Image.Image = frame.reformat(width=width, height=height, format="rgb24").to_image()  # type: ignore[no-untyped-call]
    turn = QUARTER_TURNS.get(frame.rotation % 360)
    (image.transpose(turn) if turn is not None else image).save(path, "JPEG", quality=82)


def past_the_end(container: InputContainer, size: int) -> bool:
    """Whether the index speaks of bytes that the file does not have."""
    for stream in container.streams:
        entries = stream.index_entries
        for entry in (entries[at] for at in range(max(0, len(entries) - 4), len(entries))):
            if entry.pos + entry.size > size:
                return True
    return False


def packets(container: InputContainer, stream: VideoStream) -> "Iterator[av.Packet[VideoStream]]":
    """The stream's packets until its end or a fault."""
    try:
        for packet in container.demux(stream):
            if packet.dts is not None or packet.pts is not None:
                yield packet
    except av.error.FFmpegError as error:
        if is_out_of_memory(error):
            raise Refusal("too_heavy") from error


def last_moment(container: InputContainer, stream: VideoStream, from_s: float) -> tuple[float, bool]:
    """Seconds at which the last packet ends, reading on from ``from_s``; and whether one was cut short.

    It reads on from any frame, not from the key frame before: a video with one key frame is not read whole.
    """
    if stream.time_base is None:
        return 0.0, False
    try:
        container.seek(int(from_s * av.time_base), any_frame=True)
    except av.error.FFmpegError:
        return 0.0, False
    end, corrupt, start = 0, False, stream.start_time or 0
    for packet in packets(container, stream):
        moment = packet.pts if packet.pts is not None else packet.dts or 0
        end = max(end, moment - start + (packet.duration or 0))
        corrupt = corrupt or packet.is_corrupt
    return float(end * stream.time_base), corrupt


def is_cut_short(container: InputContainer, stream: VideoStream, duration_s: float | None, size: int) -> bool:
    """Whether the file ends before the video does."""
    if past_the_end(container, size):
        return True
    if not duration_s:
        return False
    end, corrupt = last_moment(container, stream, max(0.0, duration_s - 2))
    return corrupt or end < 0.5 * duration_s


def probe(path: str, thumbnail: str) -> dict[str, Any]:
    """All that is known about the file. Raises Refusal."""
    with Path(path).open("rb") as file:
        head = file.read(4096)
    kind = family(head)
    with open_video(path) as container:
        stream = container.streams.video[0]
        found = facts(container, stream) | {"family": kind, "brand": brand(head, kind)}
        if is_cut_short(container, stream, found["duration_s"], Path(path).stat().st_size):
            raise Refusal("incomplete")
        if not found["duration_s"]:
            found["duration_s"] = last_moment(container, stream, 0)[0] or None
        return found | picture(container, stream, found, thumbnail)


def picture(container: InputContainer, stream: VideoStream, found: dict[str, Any], thumbnail: str) -> dict[str, Any]:
    """Which way the picture is turned; writes the thumbnail unless the picture is too large to decode here."""
    if found["width"] * found["height"] > DECODABLE_PIXELS:
        return {"is_decodable": None, "rotation": 0}
    allow_picture(found["width"] * found["height"])
    frame = first_frame(container, stream, min(1.0, (found["duration_s"] or 0) / 10))
    if frame is None:
        return {"is_decodable": False, "rotation": 0}
    write_thumbnail(frame, thumbnail)
    return {"is_decodable": True, "rotation": frame.rotation % 360}


def exit_as_crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """For an error that nothing expects: an exit status of its own, so that it differs from a failed start."""
    os._exit(CRASHED)


def main(path: str, thumbnail: str, out: IO[str]) -> None:
    """Print the facts, the code of the refusal, or that the disk is full."""
    limit(Path(path).stat().st_size)
    av.logging.set_level(av.logging.PANIC)
    answer: dict[str, Any]
    try:
        answer = probe(path, thumbnail)
    except Refusal as refusal:
        answer = {"refused": str(refusal)}
    except MemoryError:
        answer = {"refused": "too_heavy"}
    except OSError as error:
        if error.errno not in FULL:
            raise
        answer = {"later": "disk_full"}
    json.dump(answer, out)
    out.flush()


if __name__ == "__main__":
    end_with(int(sys.argv[3]))
    sys.excepthook = exit_as_crashed
    main(sys.argv[1], sys.argv[2], sys.stdout)
