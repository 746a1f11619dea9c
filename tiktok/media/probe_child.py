"""The probe's child process: ``python -m tiktok.media.probe_child PATH THUMBNAIL COPY PARENT`` prints one JSON object.

It reads an untrusted file with FFmpeg or Pillow, so it runs alone, under limits, without the parent's environment, and
the parent trusts none of its output. Of a photo it writes the TikTok copy too. Imports neither Django nor settings.

The limits depend on the file alone: CPU time and memory, never the time of day, which a busy machine stretches. So the
same file gets the same answer on a busy machine. PARENT is the process that asks; the child ends with it.
"""

import av  # first: the limits below would not let it load
import av.subtitles.stream  # only loaded when a file is opened, too late in one that takes all the memory

# isort: split
import ctypes
import errno
import json
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final

from tiktok.media import photo
from tiktok.media.containers import HEAD_BYTES, PHOTOS, Refusal, kind_of
from tiktok.media.thumbnail import write_thumbnail
from tiktok.media.tiktok_copy import COPY_BYTES
from tiktok.media.tracks import UNKNOWN, codec_of, frame_at, measure, open_video, sides_of, video_of

# Enough for the headers of any video that TikTok takes; the picture adds what its size needs, up to the limit.
MEMORY_BYTES: Final = 512 * 1024**2
MEMORY_MOST_BYTES: Final = 1024**3
MEMORY_BESIDE_PICTURE_BYTES: Final = 256 * 1024**2
BYTES_PER_PIXEL: Final = 24 * 3  # 24 frames of 10-bit 4:2:0
CPU_S: Final = 20
CPU_BYTES_PER_S: Final = 50_000_000  # a large file may take longer: without an index all of it is read
NICENESS: Final = 10  # one file still gets a tenth of a core on the busiest machine, and so its verdict
FILE_BYTES: Final = COPY_BYTES
OPEN_FILES: Final = 32
DECODABLE_PIXELS: Final = 8192 * 4320
CRASHED: Final = 70  # exit status: the content made this program fail
PR_SET_PDEATHSIG: Final = 1
# Errors of a full or failing disk, which say nothing about the file.
DISK_FAULTS: Final = {
    errno.ENOSPC: "disk_full", errno.EDQUOT: "disk_full", errno.EIO: "disk_failed", errno.ESTALE: "disk_failed",
}  # fmt: skip


def end_with(parent: int) -> None:
    """Have the kernel end this process when its parent ends (Linux); at once if that has happened already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def step_back() -> None:
    """Leave the processor to everything else. Where Linux schedules by session, niceness counts only inside of one."""
    os.nice(NICENESS)
    with suppress(OSError):  # a kernel without autogroups
        Path("/proc/self/autogroup").write_text(str(NICENESS))


def limit(size: int) -> None:
    """Give up rights that reading a file of ``size`` bytes does not need."""
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
    """Raise the memory limit to what decoding a frame of that size needs."""
    _allow(MEMORY_BESIDE_PICTURE_BYTES + pixels * BYTES_PER_PIXEL)


def allow_photo(size: int) -> None:
    """Raise the memory limit to what decoding a photo needs. Raises Refusal when that is more than it can be."""
    needed = MEMORY_BESIDE_PICTURE_BYTES + size
    if needed > MEMORY_MOST_BYTES:
        raise Refusal("too_many_pixels")
    _allow(needed)


def _allow(needed: int) -> None:
    if needed > MEMORY_BYTES:
        resource.setrlimit(resource.RLIMIT_AS, (min(needed, MEMORY_MOST_BYTES), MEMORY_MOST_BYTES))


def probe(path: str, thumbnail: str, copy: str) -> dict[str, Any]:
    """Return everything known about the file. Raises Refusal."""
    with Path(path).open("rb") as file:
        kind = kind_of(file.read(HEAD_BYTES))
    if kind.family in PHOTOS:
        return photo.examine(path, kind.family, thumbnail, copy, allow_photo)
    with open_video(path) as container:
        video, audio = video_of(container), container.streams.audio
        index = video.index  # not there any more when the container is closed
        found = {
            "family": kind.family,
            "brands": kind.brands,
            "codec": codec_of(video),
            "audio": codec_of(audio[0]) if audio else "",
            **sides_of(video),
            **measure(path, kind.family, container, video),
        }
    return found | picture(path, index, found, thumbnail)


def picture(path: str, index: int, found: dict[str, Any], thumbnail: str) -> dict[str, Any]:
    """Return the rotation of the picture; write the thumbnail unless the picture cannot or must not be decoded."""
    if found["codec"] == UNKNOWN or found["width"] * found["height"] > DECODABLE_PIXELS:
        return {"is_decodable": None, "rotation": 0}
    allow_picture(found["width"] * found["height"])
    frame = frame_at(path, index, min(1.0, (found["duration_s"] or 0) / 10)) or frame_at(path, index, None)
    if frame is None:
        return {"is_decodable": False, "rotation": 0}
    write_thumbnail(frame, thumbnail)
    return {"is_decodable": True, "rotation": frame.rotation % 360}


def exit_as_crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """For an error that nothing expects: an exit status of its own, so that it differs from a failed start."""
    os._exit(CRASHED)


def main(path: str, thumbnail: str, copy: str, out: IO[str]) -> None:
    """Print the facts, the code of the refusal, or why there is no verdict."""
    limit(Path(path).stat().st_size)
    av.logging.set_level(av.logging.PANIC)
    answer: dict[str, Any]
    try:
        answer = probe(path, thumbnail, copy)
    except Refusal as refusal:
        answer = {"refused": str(refusal)}
    except MemoryError:
        answer = {"refused": "too_heavy"}
    except OSError as error:
        if error.errno not in DISK_FAULTS:
            raise
        answer = {"later": DISK_FAULTS[error.errno]}
    json.dump(answer, out)
    out.flush()


if __name__ == "__main__":
    end_with(int(sys.argv[4]))
    sys.excepthook = exit_as_crashed
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.stdout)
