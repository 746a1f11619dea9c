"""Rules for labels."""

import pytest
from django.core.exceptions import ValidationError

from tiktok.accounts.labels import clean_labels, count_labels


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ([], []),
        (["  Bakery ", "", "  "], ["Bakery"]),
        (["two  words\t here"], ["two words here"]),
        (["VIP", "vip", "Vip"], ["VIP"]),
        (["straße", "STRASSE"], ["straße"]),
        (["é", "e\u0301"], ["é"]),
        (["b", "a"], ["b", "a"]),
        ([f"{n}" for n in range(10)] + ["9"], [f"{n}" for n in range(10)]),
        (["x" * 30], ["x" * 30]),
    ],
)
def test_labels_are_trimmed_and_deduplicated(typed: list[str], kept: list[str]) -> None:
    assert clean_labels(typed) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [(["x" * 31], "long"), (["a,b"], "characters"), (["nul\0"], "characters"), ([f"{n}" for n in range(11)], "many")],
)
def test_labels_that_do_not_fit_are_refused(typed: list[str], code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        clean_labels(typed)

    assert refused.value.code == code


def test_labels_in_use_are_counted_regardless_of_case() -> None:
    assert count_labels([["Spring", "VIP"], ["vip"], []]) == [("Spring", 1), ("VIP", 2)]
