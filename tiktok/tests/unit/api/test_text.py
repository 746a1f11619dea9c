import pytest

from tiktok.api.text import utf16_length


@pytest.mark.parametrize(("text", "units"), [("", 0), ("abc", 3), ("ü", 1), ("😀", 2), ("👩‍👧", 5), ("\ud800", 1)])
def test_length_is_counted_in_utf16_units(text: str, units: int) -> None:
    assert utf16_length(text) == units
