"""Recordings by Chromium's own recorder are examined correctly: frame rate, length with sound, picture."""

import base64
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser

from tiktok.media import probe
from tiktok.media.facts import problems_of

LENGTH_S: Final = 2.0
RECORD: Final = """async ({ type, slice, stillAfter, seconds }) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 360, height: 640 });
  const pen = canvas.getContext("2d");
  let drawn = 0;
  const paint = () => { pen.fillStyle = `hsl(${drawn++ * 9} 60% 50%)`; pen.fillRect(0, 0, 360, 640); };
  paint();
  const audio = new AudioContext();
  const sound = audio.createMediaStreamDestination();
  const tone = audio.createOscillator();
  tone.connect(sound);
  tone.start();
  await audio.resume();
  const stream = new MediaStream([...canvas.captureStream(30).getTracks(), ...sound.stream.getTracks()]);
  const recorder = new MediaRecorder(stream, { mimeType: type });
  const parts = [];
  recorder.ondataavailable = (event) => parts.push(event.data);
  const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
  recorder.start(slice);
  const began = performance.now();
  const timer = setInterval(() => { if (performance.now() - began < stillAfter * 1000) paint(); }, 33);
  await new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });
  recorder.stop();
  clearInterval(timer);
  await stopped;
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return { content: btoa(text), elapsed: (performance.now() - began) / 1000, drawn };
}"""
TYPES: Final = {
    "video/webm;codecs=vp8,opus": ("video/webm", "vp8"),
    "video/webm;codecs=vp9,opus": ("video/webm", "vp9"),
    "video/webm;codecs=avc1,opus": ("video/x-matroska", "h264"),
    "video/mp4;codecs=avc1.42E01E,opus": ("video/mp4", "h264"),
    "video/mp4;codecs=vp9,opus": ("video/mp4", "vp9"),
}


@pytest.mark.parametrize(
    ("still_after", "slice_ms"), [(LENGTH_S, None), (LENGTH_S / 4, 300)], ids=["moving", "still, in slices"]
)
@pytest.mark.parametrize("kind", TYPES)
def test_a_browsers_recording_is_examined_as_what_it_is(
    browser: Browser, tmp_path: Path, kind: str, still_after: float, slice_ms: int | None
) -> None:
    page = browser.new_page()
    asked = {"type": kind, "slice": slice_ms, "stillAfter": still_after, "seconds": LENGTH_S}
    recorded = page.evaluate(RECORD, asked)
    page.close()
    path = tmp_path / "recording"
    path.write_bytes(base64.b64decode(recorded["content"]))

    facts = probe.probe(path, tmp_path / "thumbnail", tmp_path / "copy", lambda: None)

    assert (facts.content_type, facts.codec) == TYPES[kind]
    assert (facts.width, facts.height, facts.is_decodable) == (360, 640, True)
    assert facts.duration_ms == pytest.approx(LENGTH_S * 1000, abs=700)
    assert facts.fps is not None
    assert facts.fps <= 60.05
    drawn_too_slowly = facts.fps < 22.95  # a busy machine
    assert [problem["code"] for problem in problems_of(facts)] == [
        *(["container"] if facts.content_type == "video/x-matroska" else []),
        *(["frame_rate"] if drawn_too_slowly else []),
    ]
