"""Files as phones, browsers, editors and messengers really write them, and as they break: each gets its verdict."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from av.stream import Disposition

from tiktok.media import probe
from tiktok.media.facts import Facts, problems_of
from tiktok.media.refusals import ContentRefused
from tiktok.tests.recordings import (
    Look,
    Patch,
    box,
    branded,
    cut,
    disabled_first,
    image,
    picture,
    replaced,
    sound,
    steady,
    trimmed,
    uneven,
    with_document_type,
    with_matrix,
    with_tags_first,
    without,
    without_lengths,
    write,
    write_reordered,
    zeroed,
)

FILM, TV, SPORT = Fraction(24_000, 1001), Fraction(30_000, 1001), Fraction(60_000, 1001)
HEVC, AV1, VP8, VP9 = Look("libx265"), Look("libsvtav1"), Look("libvpx"), Look("libvpx-vp9")
HLG = Look("libx265", pixels="yuv420p10le", colours=(9, 18, 9), values=(300, 500, 560))
PQ = Look("libx265", pixels="yuv420p10le", colours=(9, 16, 9), values=(300, 500, 560))
PRORES = Look("prores_ks", pixels="yuv422p10le", values=(300, 500, 560))
PREVIEW = Look("mjpeg", (180, 320), "yuvj420p")
SQUARE, SMALL, PROXY = Look(sides=(400, 400)), Look(sides=(240, 426)), Look(sides=(360, 480))
COVER = picture(steady(1, 1), PREVIEW, disposition=Disposition.attached_pic)
FASTSTART, FRAGMENTS = {"movflags": "faststart"}, {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
LIVE = {"live": "1"}
STILL_SCREEN = uneven(28, 1.5)


@dataclass(frozen=True, slots=True)
class Case:
    """A file, and what is true of it: a refusal, or its facts and the codes of its problems."""

    make: Callable[[Path], bytes]
    patches: tuple[Patch, ...] = ()
    refusal: str = ""
    problems: tuple[str, ...] = ()
    content_type: str = "video/mp4"
    codec: str = "h264"
    sides: tuple[int, int] | tuple[None, None] = (360, 640)
    fps: float | None = 30.0
    length_ms: int | None = 2005


def tracks(*given: Any, options: dict[str, str] | None = None, container: str = "") -> Callable[[Path], bytes]:
    return lambda path: write(path, *given, options=options, container=container)


def content(given: bytes) -> Callable[[Path], bytes]:
    return lambda path: given


def made(kind: str) -> Callable[[Path], bytes]:
    return lambda path: image(kind)


usual = tracks(picture(steady(30, 2)), sound(2))
faststart = tracks(picture(steady(30, 2)), sound(2), options=FASTSTART)
fragmented = tracks(picture(steady(30, 2)), sound(2), options=FRAGMENTS)
finished_webm = tracks(picture(steady(30, 2), VP8), sound(2, "libopus"))
live_webm = tracks(picture(uneven(30, 2), VP8), sound(2, "libopus"), options=LIVE)
quicktime = partial(Case, content_type="video/quicktime")
webm = partial(Case, content_type="video/webm", codec="vp8", length_ms=2000)
broken = partial(Case, refusal="incomplete")

CASES: Final[dict[str, Case]] = {
    # Phones
    "iphone-h264.mov": quicktime(tracks(picture(steady(30, 2), turn=-90), sound(2)), sides=(640, 360)),
    "iphone-hevc.mov": quicktime(tracks(picture(steady(30, 2), HEVC), sound(2)), codec="hevc"),
    "iphone-hdr-hlg.mov": quicktime(tracks(picture(steady(30, 2), HLG), sound(2)), codec="hevc"),
    "iphone-ntsc.mov": quicktime(tracks(picture(steady(TV, 2), HEVC), sound(2)), codec="hevc", fps=29.97),
    "iphone-4k60-rate.mov": quicktime(tracks(picture(steady(SPORT, 2)), sound(2)), fps=59.94),
    "iphone-variable-rate.mov": quicktime(tracks(picture(uneven(29.4, 4)), sound(4)), fps=29.397, length_ms=4011),
    "iphone-slow-motion.mov": quicktime(tracks(picture(steady(240, 2)), sound(2)), fps=240.0, problems=("frame_rate",)),
    "iphone-slow-motion-slowed.mov": quicktime(
        tracks(picture([*steady(60, 1), *steady(30, 2, start=1)]), sound(3)), fps=40.0, length_ms=3008
    ),
    "iphone-trimmed.mov": quicktime(usual, (trimmed(500, 1000),), length_ms=1000),
    "android-reordered-trimmed.mp4": Case(write_reordered, (trimmed(700, 500),), length_ms=500),
    "iphone-prores.mov": quicktime(
        tracks(picture(steady(30, 2), PRORES)), codec="prores", length_ms=2000, problems=("codec",)
    ),
    "android-index-last.mp4": Case(usual),
    "android-turned.mp4": Case(tracks(picture(steady(30, 2), turn=90), sound(2)), sides=(640, 360)),
    "android-hdr10.mp4": Case(tracks(picture(steady(30, 2), PQ), sound(2)), codec="hevc"),
    "android-front-mirrored.mp4": Case(usual, (with_matrix(-1, 0, 0, 1),)),
    "android-3gp-brand.mp4": Case(usual, (branded(b"3gp5", b"isom", b"mp41"),)),
    "old-phone.3gp": Case(usual, (branded(b"3gp5", b"3gp4"),), problems=("container",), content_type="video/3gpp"),
    "samsung-mp42.mp4": Case(usual, (branded(b"mp42", b"isom", b"mp42"),)),
    "drone-with-preview.mp4": Case(tracks(picture(steady(30, 2)), COVER), length_ms=2000),
    "action-camera-50.mp4": Case(tracks(picture(steady(50, 2), HEVC), sound(2)), codec="hevc", fps=50.0),
    # Messengers
    "whatsapp.mp4": Case(faststart, (branded(b"mp42", b"mp41", b"isom"),)),
    "whatsapp-long-tail.mp4": Case(tracks(picture(steady(30, 2)), sound(2.2), options=FASTSTART), length_ms=2197),
    "whatsapp-low-rate.mp4": Case(tracks(picture(steady(15, 2)), sound(2)), fps=15.0, problems=("frame_rate",)),
    "telegram-silent.mp4": Case(tracks(picture(steady(30, 2)), options=FASTSTART), length_ms=2000),
    "telegram-round-note.mp4": Case(tracks(picture(steady(30, 2), SQUARE), sound(2)), sides=(400, 400)),
    "messenger-shrunk.mp4": Case(
        tracks(picture(steady(30, 2), SMALL), sound(2)), sides=(240, 426), problems=("too_small",)
    ),
    # Editors
    "premiere-timecode.mov": quicktime(tracks(picture(steady(TV, 2), timecode="01:00:00:00"), sound(2)), fps=29.97),
    "davinci-pcm.mov": quicktime(
        tracks(picture(steady(FILM, 2), timecode="01:00:00:00"), sound(2, "pcm_s16le")), fps=23.976
    ),
    "capcut-three-minutes.mp4": Case(tracks(picture(steady(30, 180)), sound(180.03)), length_ms=180_032),
    "final-cut-25.mov": quicktime(tracks(picture(steady(25, 2), HEVC), sound(2)), codec="hevc", fps=25.0),
    "mastered-24.mp4": Case(tracks(picture(steady(24, 2)), sound(2)), fps=24.0),
    "cinema-12.mp4": Case(tracks(picture(steady(12, 2)), sound(2)), fps=12.0, problems=("frame_rate",)),
    "two-languages.mp4": Case(tracks(picture(steady(30, 2)), sound(2), sound(3)), length_ms=3008),
    "proxy-beside-video.mov": quicktime(tracks(picture(steady(30, 2)), picture(steady(30, 2), PROXY), sound(2))),
    "disabled-track-first.mov": quicktime(
        tracks(picture(steady(30, 2), PROXY), picture(steady(30, 2))), (disabled_first,), length_ms=2000
    ),
    "still-before-video.mp4": Case(tracks(picture(steady(30, 1)[:1], SQUARE), picture(steady(30, 2)), sound(2))),
    "sound-goes-on.mp4": Case(tracks(picture(steady(30, 3)), sound(10)), length_ms=10_005),
    "sound-starts-late.mp4": Case(tracks(picture(steady(30, 4)), sound(1)), length_ms=4000),
    "one-still-and-sound.mp4": Case(
        tracks(picture(steady(30, 5)[:1]), sound(5)), fps=1.0, length_ms=4992, problems=("frame_rate",)
    ),
    "tagged-cover-first.mp4": Case(tracks(picture(steady(30, 2)), sound(2), COVER), (with_tags_first,)),
    "tagged-cover-last.mp4": Case(tracks(picture(steady(30, 2)), sound(2), COVER)),
    "m4a-brand-with-video.mp4": Case(usual, (branded(b"M4A ", b"mp42", b"isom"),)),
    "vp9-in-mp4.mp4": Case(tracks(picture(steady(30, 2), VP9), sound(2)), codec="vp9"),
    "av1.mp4": Case(tracks(picture(steady(30, 2), AV1), sound(2)), codec="av1", problems=("codec",)),
    "mpeg4.mp4": Case(
        tracks(picture(steady(30, 2), Look("mpeg4"))), codec="mpeg4", length_ms=2000, problems=("codec",)
    ),
    # Recorders
    "obs-fragmented.mp4": Case(fragmented),
    "obs-fragmented-two-sounds.mp4": Case(
        tracks(picture(steady(60, 2)), sound(2), sound(2), options=FRAGMENTS), fps=60.0
    ),
    "dash.mp4": Case(tracks(picture(steady(30, 2)), sound(2), options={"movflags": "dash+global_sidx"})),
    "obs.mkv": Case(usual, problems=("container",), content_type="video/x-matroska"),
    "obs-renamed.webm": Case(
        tracks(picture(steady(30, 2)), sound(2), container="matroska"),
        problems=("container",),
        content_type="video/x-matroska",
    ),
    "quicktime-screen.mov": quicktime(tracks(picture(uneven(60, 3, 4)), sound(3)), fps=60.0, length_ms=3009),
    "game-bar-still-end.mp4": Case(
        tracks(picture([*uneven(30, 2), Fraction(6)]), sound(6)), fps=10.0, length_ms=10_031, problems=("frame_rate",)
    ),
    # Browsers
    "chromium-vp8.webm": webm(live_webm),
    "chromium-vp9.webm": webm(
        tracks(picture(uneven(28, 3), VP9), sound(3, "libopus"), options=LIVE), codec="vp9", fps=28.0, length_ms=3000
    ),
    "chromium-h264.webm": webm(
        tracks(picture(uneven(30, 2)), sound(2, "libopus"), options=LIVE, container="matroska"),
        (with_document_type(b"webm"),),
        codec="h264",
    ),
    "chromium-vp8-silent.webm": webm(
        tracks(picture(uneven(30.35, 6.6), VP8), options=LIVE), fps=30.331, length_ms=6562
    ),
    "chromium-still-screen.webm": webm(
        tracks(picture(STILL_SCREEN, VP8), sound(7, "libopus"), options=LIVE), fps=28.0, length_ms=7000
    ),
    "chromium-still-screen.mp4": Case(
        tracks(picture(STILL_SCREEN), sound(7), options=FRAGMENTS), fps=28.0, length_ms=6997
    ),
    "chromium-12-fps.webm": webm(
        tracks(picture(uneven(12, 8), VP8), options=LIVE), fps=12.0, length_ms=7952, problems=("frame_rate",)
    ),
    "firefox-finished.webm": webm(finished_webm),
    "finished-sound-goes-on.webm": webm(tracks(picture(steady(30, 2), VP8), sound(9, "libopus")), length_ms=9000),
    # No video, or not one that TikTok takes
    "unknown-codec.mp4": Case(
        usual, (replaced(b"avc1", b"zzzz"),), codec="unknown", sides=(None, None), problems=("codec",)
    ),
    "unknown-codec.webm": webm(
        finished_webm, (replaced(b"V_VP8", b"V_ZZZ"),), codec="unknown", sides=(None, None), problems=("codec",)
    ),
    "frames-without-length.mp4": Case(
        tracks(picture(steady(30, 2))), (without_lengths,), fps=None, length_ms=2000, problems=("frame_rate",)
    ),
    "song.m4a": Case(tracks(sound(2), container="ipod"), refusal="no_picture"),
    "song-with-cover.m4a": Case(tracks(sound(2), COVER), (with_tags_first, branded(b"M4A ")), refusal="no_picture"),
    "song.webm": Case(tracks(sound(2, "libopus")), refusal="no_picture"),
    "photo.heic": Case(content(box(b"ftyp", b"heic\0\0\0\0mif1heic") + bytes(400)), refusal="incomplete"),
    "photo.avif": Case(made("avif"), refusal="avif"),
    "animation.gif": Case(made("gif"), refusal="gif"),
    "photo-named.mp4": Case(made("avif"), refusal="avif"),
    "broadcast-named.mp4": Case(tracks(picture(steady(30, 2)), container="mpegts"), refusal="unknown_format"),
    "avi-named.mp4": Case(tracks(picture(steady(30, 2), Look("mpeg4")), container="avi"), refusal="unknown_format"),
    "text-named.mp4": Case(content(b"not a video\n" * 99), refusal="unknown_format"),
    "empty.mp4": Case(content(b""), refusal="unknown_format"),
    # Broken
    "cut-40.mp4": broken(faststart, (cut(0.4),)),
    "cut-97.mp4": broken(faststart, (cut(0.97),)),
    "cut-sound-goes-on.mp4": broken(tracks(picture(steady(30, 3)), sound(10), options=FASTSTART), (cut(0.97),)),
    "without-index.mov": broken(usual, (without(b"moov"),)),
    "cut-index-last.mov": broken(usual, (cut(0.9),)),
    "cut-fragment.mp4": broken(fragmented, (cut(0.9),)),
    "cut-before-fragment-ends.mp4": broken(fragmented, (without(b"mfra"), cut(0.6))),
    "cut-33.webm": broken(finished_webm, (cut(0.33),)),
    "cut-95.webm": broken(finished_webm, (cut(0.95),)),
    "cut-recording.webm": broken(live_webm, (cut(0.701),)),
    "cut-recording-end.webm": broken(live_webm, (lambda whole: whole[:-3],)),
    "half-downloaded.mp4": broken(faststart, (zeroed(0.6, 1),)),
    "hole-in-middle.mp4": broken(faststart, (zeroed(0.4, 0.7),)),
    "half-downloaded.mov": broken(usual, (zeroed(0.6, 1),)),
    "half-downloaded.webm": broken(finished_webm, (zeroed(0.6, 1),)),
    "half-downloaded-recording.webm": broken(live_webm, (zeroed(0.6, 1),)),
    "patched-index.mp4": broken(usual, (replaced(b"stbl", b"xxxx"),)),
}


def verdict(name: str, path: Path) -> tuple[str | Facts, list[str]]:
    """The refusal's code, or the facts and the codes of the problems."""
    case = CASES[name]
    written = case.make(path)
    for patch in case.patches:
        written = patch(written)
    path.write_bytes(written)
    try:
        facts = probe.probe(path, path.with_suffix(".thumbnail"), path.with_suffix(".copy"), lambda: None)
    except ContentRefused as refused:
        return refused.code, []
    return facts, [problem["code"] for problem in problems_of(facts)]


@pytest.mark.parametrize("name", CASES)
def test_file_gets_its_true_verdict(tmp_path: Path, name: str) -> None:
    case = CASES[name]

    found, problems = verdict(name, tmp_path / name)

    if isinstance(found, str) or case.refusal:
        assert found == case.refusal
        return
    assert (found.content_type, found.codec, found.fps, problems) == (
        case.content_type, case.codec, case.fps, list(case.problems),
    )  # fmt: skip
    assert (found.width, found.height) == case.sides
    assert found.duration_ms == pytest.approx(case.length_ms, abs=2)
