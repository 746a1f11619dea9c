import copy
import json
import pickle

import pytest

from tiktok.api.secret import Secret

CANARY = "canary-4711"


@pytest.mark.parametrize(
    "shown",
    [
        repr(Secret(CANARY)),
        str(Secret(CANARY)),
        f"{Secret(CANARY)}",
        f"{Secret(CANARY):>40}",
        f"{Secret(CANARY):s}",
    ],
)
def test_secret_shows_a_mask(shown: str) -> None:
    assert shown == "Secret(***)"


def test_secret_gives_its_text_away_on_request_only() -> None:
    assert Secret(CANARY).reveal() == CANARY


def test_secrets_are_equal_by_text_and_differ_from_any_str() -> None:
    assert Secret(CANARY) == Secret(CANARY)
    assert Secret(CANARY) != Secret("other")
    assert Secret(CANARY) != CANARY
    assert Secret("ü\ud800") == Secret("ü\ud800")


def test_only_an_empty_secret_is_false() -> None:
    assert [bool(Secret("")), bool(Secret(" "))] == [False, True]


def test_secret_cannot_be_a_key() -> None:
    with pytest.raises(TypeError):
        hash(Secret(CANARY))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_secret_refuses_to_be_pickled(protocol: int) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(CANARY), protocol)


def test_secret_refuses_json() -> None:
    with pytest.raises(TypeError):
        json.dumps({"token": Secret(CANARY)})


def test_secret_may_be_copied() -> None:
    secret = Secret(CANARY)
    assert [copy.copy(secret), copy.deepcopy([secret])[0]] == [secret, secret]
