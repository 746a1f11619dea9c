"""The name of a file on the page and in the API."""

import pytest

from tiktok.media.names import display_name, form_name


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("clip.mp4", "clip.mp4"),
        ("C:\\Users\\me\\clip.mp4", "clip.mp4"),
        ("../../etc/passwd", "passwd"),
        ("a\x00b\u202egpj.mp4", "a b gpj.mp4"),
        ("  much   room .mp4 ", "much room .mp4"),
        ("", "file"),
        ("\u200b\u200d", "file"),
        ("x" * 300, "x" * 255),
        ("日本語.mov", "日本語.mov"),
        ("👨\u200d👩\u200d👧\u200d👦.mp4", "👨\u200d👩\u200d👧\u200d👦.mp4"),
        ("می\u200cخواهم.mp4", "می\u200cخواهم.mp4"),
        (
            "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f.mp4",
            "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f.mp4",
        ),
        ("100%22.mp4", "100%22.mp4"),
    ],
)
def test_file_name_keeps_what_can_be_read(given: str, shown: str) -> None:
    assert display_name(given) == shown


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("say %22hi%22.mp4", 'say "hi".mp4'),
        ("two%0D%0Alines.mp4", "two\r\nlines.mp4"),
        ("%41 100% %2522.mp4", "%41 100% %2522.mp4"),
        ("Tom &amp; Jerry.mp4", "Tom &amp; Jerry.mp4"),
    ],
)
def test_form_quotes_are_undone_in_file_names(sent: str, meant: str) -> None:
    assert form_name(sent) == meant
