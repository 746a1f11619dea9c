"""Sizes are decimal, as TikTok counts them."""

import pytest

from core.sizes import size_text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (1, "1 byte"),
        (0, "0 bytes"),
        (139_200, "139 kB"),
        (999_600, "1.0 MB"),
        (302_900_000, "302.9 MB"),
        (4_000_000_000, "4.00 GB"),
    ],
)
def test_size_is_written_in_decimal_units(size: int, text: str) -> None:
    assert size_text(size) == text.replace(" ", "\xa0")
