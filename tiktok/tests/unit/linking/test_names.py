"""Which names can stand on one line."""

import pytest

from tiktok.linking.names import is_visible, on_one_line


@pytest.mark.parametrize("name", ["", "Süd & Söhne", "👩\u200d🍳 Maren", "می\u200cخواهم", "\U0001fae9", "!"])
def test_what_people_can_read_is_taken(name: str) -> None:
    assert is_visible(name)
    assert on_one_line(name) == name


@pytest.mark.parametrize("odd", list("\n\r\t\0\x07\x85\u2028\u2029\u202e\u2066\ud800"))
def test_what_breaks_or_turns_the_line_is_not(odd: str) -> None:
    assert not is_visible(f"Bakery{odd}https://elsewhere.example")
    assert on_one_line(f" Bakery {odd} https://elsewhere.example{odd}") == "Bakery https://elsewhere.example"
