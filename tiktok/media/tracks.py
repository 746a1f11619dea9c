"""The tracks of a video: the picture track, the length of picture and sound, and the frame rate.

Part of the probe's child, so it imports neither Django nor settings. Every answer depends on the file alone: nothing
here stops after a time, since a slow disk would then change it.
"""

import errno
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import av
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from tiktok.media.containers import Refusal, fragments_are_cut, is_fragmented, matroska_is_cut

DEMUXERS: Final = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"
NOT_THE_VIDEO: Final = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
FRAME_RATE_SANE: Final = 1000
EVEN_S: Final = Fraction(2, 1000)  # stamps rounded to a millisecond are even
NEVER_ZEROS: Final = frozenset({"h264", "hevc", "vp8", "vp9", "av1"})  # a frame of these has other bytes than zeros
INDEX_MOST: Final = 4_000_000  # frames of ten hours at 100 fps; edit lists can make many more of a small file
LOOKED_AT_BYTES: Final = 4096
LOOKED_AT_FRAMES: Final = 32
UNKNOWN: Final = "unknown"


@dataclass(slots=True)
class Seen:
    """Measurements of one track in its own unit of time: its begin, its end, and the stamps of its frames."""

    unit: Fraction
    start: int = 0
    end: int = 0
    stamps: "array[int]" = field(default_factory=lambda: array("q"))

    @classmethod
    def of(cls, track: Stream) -> "Seen":
        """Read them from the header."""
        start = track.start_time or 0
        return cls(track.time_base or Fraction(1), start, start + (track.duration or 0))

    def add(self, stamp: int, length: int) -> None:
        """Add one more frame."""
        self.start = min(self.start, stamp) if self.stamps else stamp
        self.end = max(self.end, stamp + length) if self.stamps else stamp + length
        self.stamps.append(stamp)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether FFmpeg or Python met the memory limit."""
    return isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM


def open_video(path: str) -> InputContainer:
    """Open with the demuxers of MP4, MOV and Matroska alone, and no protocol but the file itself."""
    options = {"format_whitelist": DEMUXERS, "protocol_whitelist": "file", "enable_drefs": "0"}
    try:
        return av.open(f"file:{path}", "r", container_options=options, metadata_errors="replace")
    except (av.error.FFmpegError, ValueError) as error:
        raise Refusal("too_heavy" if is_out_of_memory(error) else "incomplete") from error


def video_of(container: InputContainer) -> VideoStream:
    """Return the track that players show: no cover picture, not much shorter than the others, enabled, the largest.

    Raises Refusal when there is none.
    """
    tracks = [track for track in container.streams.video if not track.disposition & NOT_THE_VIDEO]
    if not tracks:
        raise Refusal("no_picture" if container.streams.audio else "incomplete")
    tracks = [track for track in tracks if track.frames != 1] or tracks
    longest = max(_said_length(track) for track in tracks)
    tracks = [track for track in tracks if _said_length(track) >= longest / 2]
    tracks = [track for track in tracks if track.disposition & Disposition.default] or tracks
    return max(tracks, key=_pixels)


def _said_length(track: Stream) -> Fraction:
    return (track.duration or 0) * (track.time_base or Fraction(0))


def _pixels(track: VideoStream) -> int:
    return (track.codec_context.width * track.codec_context.height) if track.codec_context else 0


def codec_of(track: Stream) -> str:
    """Return the codec's name, not the decoder's; UNKNOWN if FFmpeg has none."""
    return track.codec_context.codec.canonical_name if track.codec_context else UNKNOWN


def sides_of(video: VideoStream) -> dict[str, int | None]:
    """Return width and height of the coded picture in pixels; None if the codec is unknown."""
    coded = video.codec_context
    return {"width": coded.width, "height": coded.height} if coded else {"width": None, "height": None}


def measure(path: str, family: str, container: InputContainer, video: VideoStream) -> dict[str, Any]:
    """Return length and frame rate. Raises Refusal when the file ends before the video does.

    The index of an MP4 has both without reading the video. Matroska and fragmented MP4 have no such index: all their
    packets are read.
    """
    size = Path(path).stat().st_size
    with Path(path).open("rb", buffering=0) as file:
        if family == "mov" and not is_fragmented(file, size):
            seen = _seen_in_index(file, size, container, video)
        elif fragments_are_cut(file, size) if family == "mov" else matroska_is_cut(file, size):
            raise Refusal("incomplete")
        else:
            seen = _seen_in_packets(container, video)
    picture = seen[video.index]
    return {"duration_s": _length(list(seen.values())), "fps": frame_rate(video.average_rate, picture)}


def _played(container: InputContainer, video: VideoStream) -> list[Stream]:
    return [video, *container.streams.audio]


def _seen_in_index(file: BinaryIO, size: int, container: InputContainer, video: VideoStream) -> dict[int, Seen]:
    for track in container.streams:
        if len(track.index_entries) > INDEX_MOST:
            raise Refusal("too_heavy")
        if any(entry.pos + entry.size > size for entry in track.index_entries):
            raise Refusal("incomplete")
    if not len(video.index_entries) or (codec_of(video) in NEVER_ZEROS and _has_hole(file, video)):
        raise Refusal("incomplete")
    seen = {track.index: Seen.of(track) for track in _played(container, video)}
    # Also of the frames that an edit list hides: the index is in the order of decoding, where these lie between others.
    seen[video.index].stamps = array("q", (entry.timestamp for entry in video.index_entries))
    return seen


def _has_hole(file: BinaryIO, video: VideoStream) -> bool:
    """Return whether a frame, the last one included, is all zeros: bytes that a download or a copy omitted."""
    entries = video.index_entries
    step = max(1, len(entries) // LOOKED_AT_FRAMES)
    for at in range(len(entries) - 1, -1, -step):
        file.seek(entries[at].pos)
        if entries[at].size and _is_empty(file.read(min(entries[at].size, LOOKED_AT_BYTES))):
            return True
    return False


def _is_empty(content: bytes | memoryview) -> bool:
    return not any(content)


def _seen_in_packets(container: InputContainer, video: VideoStream) -> dict[int, Seen]:
    tracks = _played(container, video)
    seen = {track.index: Seen(track.time_base or Fraction(1)) for track in tracks}
    never_zeros = codec_of(video) in NEVER_ZEROS
    for packet in packets(container, tracks):
        is_video = packet.stream.index == video.index
        is_hole = is_video and never_zeros and _is_empty(memoryview(packet)[:LOOKED_AT_BYTES])
        if packet.is_corrupt or is_hole:
            raise Refusal("incomplete")
        stamp = packet.pts if packet.pts is not None else packet.dts or 0
        seen[packet.stream.index].add(stamp, packet.duration or 0)
    _lengthen_last_frame(seen[video.index])
    return seen


def _lengthen_last_frame(picture: Seen) -> None:
    """Extend the last frame by the average length, since WebM does not state how long a frame is shown."""
    if len(picture.stamps) > 1 and picture.end == max(picture.stamps):
        picture.end += round((picture.end - picture.start) / (len(picture.stamps) - 1))


def packets(container: InputContainer, tracks: list[Stream]) -> "Iterator[av.Packet[Any]]":
    """Yield the packets of these tracks to the file's end. Raises Refusal if they cannot be read."""
    try:
        for packet in container.demux(tracks):
            if (packet.dts is not None or packet.pts is not None) and packet.size:
                yield packet
    except av.error.FFmpegError as error:
        raise Refusal("too_heavy" if is_out_of_memory(error) else "incomplete") from error


def frame_at(path: str, index: int, at_s: float | None) -> VideoFrame | None:
    """Return the key frame before ``at_s``, or the first frame; None when nothing can be decoded.

    The file is opened again: after all packets were read, not every container can seek back.
    """
    with open_video(path) as container:
        video = cast(VideoStream, container.streams[index])
        video.codec_context.thread_count = 1
        try:
            if at_s is not None:
                container.seek(int(at_s * av.time_base))
            return next(iter(container.decode(video)), None)
        except av.error.FFmpegError as error:
            if is_out_of_memory(error):
                raise Refusal("too_heavy") from error
            return None


def _length(seen: list[Seen]) -> float | None:
    """Return seconds from the first picture or sound to the end of the last one: TikTok plays and counts both.

    Data with a stamp before zero is not played: a sound decoder needs it to begin.
    """
    played = [part for part in seen if part.end > part.start]
    if not played:
        return None
    start, end = min(part.start * part.unit for part in played), max(part.end * part.unit for part in played)
    return float(end - max(Fraction(0), start))


def frame_rate(said: Fraction | None, picture: Seen) -> float | None:
    """Return frames per second from the first frame to the last.

    If frames come evenly it is the container's value, if that is right within one frame. If not, as in screen
    recordings, it is measured, and rounded to a whole number if one is as near.
    """
    said = said if said and 0 < said <= FRAME_RATE_SANE else None
    stamps = sorted(picture.stamps)
    if len(stamps) < 2:
        return float(said) if said else None
    if stamps[-1] == stamps[0]:
        return None
    measured = (len(stamps) - 1) / ((stamps[-1] - stamps[0]) * picture.unit)
    gaps = [later - sooner for sooner, later in pairwise(stamps)]
    is_even = (max(gaps) - min(gaps)) * picture.unit <= EVEN_S
    meant = said if is_even else Fraction(round(measured))
    if meant and abs(meant - measured) <= measured / (len(stamps) - 1):
        return float(meant)
    return float(measured) if measured <= FRAME_RATE_SANE else None
