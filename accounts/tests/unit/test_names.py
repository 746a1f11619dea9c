"""Names that fit on one line."""

import pytest
from django.core.exceptions import ValidationError

from accounts.names import check_name, is_visible, name_in_mail, on_one_line


@pytest.mark.parametrize("name", ["", "Süd & Söhne", "👩\u200d🍳 Maren", "می\u200cخواهم", "\U0001fae9", "!"])
def test_what_people_can_read_is_taken(name: str) -> None:
    assert is_visible(name)
    assert on_one_line(name) == name


@pytest.mark.parametrize("odd", list("\n\r\t\0\x07\x85\u2028\u2029\u202e\u2066\ud800"))
def test_what_breaks_or_turns_the_line_is_not(odd: str) -> None:
    assert not is_visible(f"Bakery{odd}https://elsewhere.example")
    assert on_one_line(f" Bakery {odd} https://elsewhere.example{odd}") == "Bakery https://elsewhere.example"


@pytest.mark.parametrize("name", ["Maren Ost", "J.R. Müller", "Aurora.io", "@maren", "Süd & Söhne GmbH. Berlin", "2.0"])
def test_names_of_people_and_brands_are_accepted(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name", ["https://evil.example", "x HTTP://evil", "www.evil.example", "me@evil.example", "evil.example/x", "a\nb"]
)
def test_names_with_addresses_or_breaks_are_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        check_name(name)


@pytest.mark.parametrize(
    ("name", "in_mail"),
    [
        ("Maren Ost", "Maren Ost"),
        ("J.R. Müller", "J.R. Müller"),
        ("@client.one", "@client.one"),
        ("Go to https://evil.example/login", "Go to evil example/login"),
        ("mail help@evil.example", "mail help evil example"),
        ("evil\uff0eexample", "evil example"),
        ("evil.\u200bexample", "evil \u200bexample"),
        ("http://192.0.2.7/x", "192 0 2 7/x"),
        ("Shop” says: “pay", "Shop' says: 'pay"),
        ("One\r\n\r\nTwo", "One Two"),
        ("x" * 61, "x" * 59 + "…"),
    ],
)
def test_name_in_a_mail_is_one_short_line_without_links(name: str, in_mail: str) -> None:
    assert name_in_mail(name) == in_mail
